import type { Meta } from "@storybook/react-vite";
import type { InlineFinding } from "../../../preload/contract/inline-secrets.ts";
import { databaseDown, pending } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { panelStory, partStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import { idOf } from "../../stories/records/ids.ts";
import { aSecret } from "../../stories/records/secrets.ts";
import { aReadOnlyStatus } from "../../stories/records/system.ts";
import { ClearValuesReview } from "./clear-values-review.tsx";

export default { title: "Secrets/Values in clear" } satisfies Meta;

const finding = (changes: Partial<InlineFinding> = {}): InlineFinding => ({
  layer: "agent",
  consumerId: idOf("agent"),
  consumerName: "coder",
  key: "GH_TOKEN",
  why: "Its name is that of a credential.",
  outcome: "new_secret",
  secretKey: "coder-gh-token",
  skipped: null,
  ...changes,
});

const some: readonly InlineFinding[] = [
  finding(),
  finding({
    key: "SENTRY_DSN",
    secretKey: "sentry",
    outcome: "existing_secret",
    why: "Its value is an address or a connection that holds a password.",
  }),
  finding({ layer: "project", consumerId: idOf("project"), consumerName: "site", outcome: "existing_secret" }),
  finding({
    layer: "routine",
    consumerId: idOf("routine"),
    consumerName: "Nightly triage",
    key: "GL_TOKEN",
    secretKey: "nightly-triage-gl-token",
    why: "Its value looks like a GitLab token.",
  }),
  finding({
    layer: "routine",
    consumerId: idOf("routine", 2),
    consumerName: "<b>نص</b> a title that is long enough to need two lines in a narrow dialog",
    key: "A_KEY_WHOSE_NAME_DOES_NOT_END_".repeat(3),
    outcome: "skipped",
    secretKey: null,
    skipped: "it has fewer than 4 characters",
  }),
];

/** What was gone from its env by the time that it was to be sealed. */
const gone = finding({
  key: "GL_TOKEN",
  outcome: "skipped",
  secretKey: null,
  skipped: "it does not stand in clear any more.",
});

const found = (findings: readonly InlineFinding[]): Answers => ({
  "inlineSecrets.preview": { applied: false, findings: [...findings], notes: [] },
  "inlineSecrets.migrate": ({ only = [] }) => ({
    applied: true,
    findings: findings
      .filter((one) => only.some(({ consumerId, key }) => consumerId === one.consumerId && key === one.key))
      .map((one) => (one.key === gone.key ? gone : one)),
    notes: [],
  }),
});

const review = <ClearValuesReview onClose={() => undefined} />;

export const Noticed = panelStory({
  place: "/secrets",
  answers: { ...found(some), "secrets.list": { secrets: [aSecret()], nextCursor: null } },
});

export const NoticedOne = panelStory({
  place: "/secrets",
  answers: { ...found([finding()]), "secrets.list": { secrets: [], nextCursor: null } },
});

export const Reviewed = panelStory({
  place: "/secrets",
  answers: { ...found(some), "secrets.list": { secrets: [aSecret()], nextCursor: null } },
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("button", { name: "Review values in clear" }));
    await screen.findByRole("dialog");
  },
});

export const Several = partStory(review, { answers: found(some) });

export const Many = partStory(review, {
  answers: found(
    Array.from({ length: 1_000 }, (_, index) =>
      finding({ key: `KEY_${index}_TOKEN`, secretKey: `coder-key-${index}-token` }),
    ),
  ),
});

export const None = partStory(review, { answers: found([]) });

export const Looking = partStory(review, { answers: { "inlineSecrets.preview": pending } });

export const Failing = partStory(review, { answers: { "inlineSecrets.preview": databaseDown } });

export const ReadOnly = partStory(review, { answers: { ...found(some), "system.status": aReadOnlyStatus() } });

const seal = async ({ screen, user }: StoryPage) => {
  await user.click(await screen.findByRole("checkbox", { name: "SENTRY_DSN of the agent coder" }));
  await user.click(await screen.findByRole("button", { name: "Seal 3 values" }));
};

export const Sealed = partStory(review, {
  answers: found(some),
  act: async (page) => {
    await seal(page);
    await page.screen.findByText(/2 values are sealed, 1 is not/);
  },
});

export const NotSealed = partStory(review, {
  answers: { ...found(some), "inlineSecrets.migrate": databaseDown },
  act: async (page) => {
    await seal(page);
    await page.screen.findByText(/The values were not all sealed/);
  },
});
