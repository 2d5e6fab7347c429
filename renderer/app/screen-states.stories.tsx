import type { Meta } from "@storybook/react-vite";
import { partStory } from "../stories/panel-story.tsx";
import { ScreenFailed } from "./screen-states.tsx";

export default { title: "App/Screen failed" } satisfies Meta;

const nothing = () => {};

export const Failed = partStory(
  <ScreenFailed error={new Error("Cannot read properties of undefined")} reset={nothing} />,
);

export const LongReason = partStory(<ScreenFailed error={new Error("reason-".repeat(200))} reset={nothing} />);
