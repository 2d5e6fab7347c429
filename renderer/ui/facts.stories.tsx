import type { Meta, StoryObj } from "@storybook/react-vite";
import { NOW } from "../stories/clock.ts";
import { Facts } from "./facts.tsx";
import { Mark } from "./mark.tsx";
import { SecretTag } from "./tag.tsx";
import { Time } from "./time.tsx";

export default { title: "Parts/Facts" } satisfies Meta;

export const Several: StoryObj = {
  render: () => (
    <Facts
      facts={[
        ["State", <Mark key="state" state="active" />],
        ["Token", <SecretTag key="token" secretKey="gh-token" selector="latest" version={4} />],
        ["Created", <Time key="created" instant={new Date(NOW - 86_400_000).toISOString()} />],
        ["Left out", null],
        ["Folder", `/home/operator/${"a-long-name/".repeat(20)}`],
      ]}
    />
  ),
};
