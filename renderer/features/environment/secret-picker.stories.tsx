import type { Meta } from "@storybook/react-vite";
import type { SecretRecord } from "../../../preload/contract/secrets.ts";
import { databaseDown } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { partStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import { idOf } from "../../stories/records/ids.ts";
import { aSecret, aSecretDetail } from "../../stories/records/secrets.ts";
import type { SecretState } from "./reference-state.ts";
import { SecretPicker } from "./secret-picker.tsx";

export default { title: "Environment/Secret picker" } satisfies Meta;

const picker = (secretId: string | null, state: SecretState | null) => (
  <SecretPicker label="Secret of GH_TOKEN" secretId={secretId} state={state} onChoose={() => {}} onCreate={() => {}} />
);
const there = (different: Partial<SecretRecord>): SecretState => ({
  kind: "there",
  secret: aSecretDetail(different),
});

const listed = (secrets: readonly SecretRecord[], archived: readonly SecretRecord[] = []): Answers => ({
  "secrets.list": ({ status }) => ({ secrets: [...(status === "archived" ? archived : secrets)], nextCursor: null }),
});

const open = async ({ screen, user }: StoryPage) => {
  await user.click(await screen.findByRole("button"));
  await screen.findByRole("listbox");
};

export const Empty = partStory(picker(null, null), { answers: listed([]), act: open });

export const Active = partStory(picker(idOf("secret"), there({})), {
  answers: listed(
    [
      aSecret(),
      aSecret({ id: idOf("secret", 2), key: "npm-publish", name: "npm-publish", status: "disabled" }),
      aSecret({ id: idOf("secret", 3), key: "stripe-key", name: "Stripe, live" }),
    ],
    [aSecret({ id: idOf("secret", 4), key: "slack-hook", name: "slack-hook", status: "archived" })],
  ),
  act: open,
});

export const Disabled = partStory(picker(idOf("secret"), there({ status: "disabled" })), { answers: listed([]) });

export const Archived = partStory(picker(idOf("secret"), there({ status: "archived" })), { answers: listed([]) });

export const Deleted = partStory(picker(idOf("secret"), there({ status: "deleted" })), { answers: listed([]) });

export const Missing = partStory(picker(idOf("secret"), { kind: "gone", reason: "secret_missing" }), {
  answers: listed([aSecret({ id: idOf("secret", 2), key: "npm-publish" })]),
  act: open,
});

export const Failing = partStory(picker(null, null), { answers: { "secrets.list": databaseDown }, act: open });
