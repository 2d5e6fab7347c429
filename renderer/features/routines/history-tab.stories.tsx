import type { Meta } from "@storybook/react-vite";
import type { RoutineDiff } from "../../../preload/contract/routines.ts";
import { databaseDown, pageOf, pending, refused } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { daysAgo } from "../../stories/clock.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import { idOf } from "../../stories/records/ids.ts";
import { aPreview, aRevision, aRoutine } from "../../stories/records/routines.ts";
import { aSecretDetail } from "../../stories/records/secrets.ts";
import { anAgent, aProject } from "../../stories/records/work.ts";

export default { title: "Routines/History tab" } satisfies Meta;

const place = `/routines/${idOf("routine")}?tab=history`;
const SUMMARIES: Readonly<Record<number, string>> = {
  12: "Restored from revision 9",
  11: "<b>bold</b> سجل يومي ".repeat(12),
  9: "Ask for one paragraph only",
  4: "Read the token of the project",
};

const diff = (from: number, to: number): RoutineDiff => ({
  from,
  to,
  fields: [
    { field: "agent", from: "triage", to: null },
    { field: "priority", from: "medium", to: "high" },
    { field: "retry.onInterruption", from: false, to: true },
    {
      field: "variables.folder",
      from: null,
      to: { name: "folder", type: "select", required: true, options: ["later", "never"] },
    },
  ],
  instructions: [
    { op: "same", text: "Read the issues that came in since yesterday." },
    { op: "removed", text: "Write what needs an answer." },
    { op: "added", text: "Write what needs an answer, in one paragraph." },
  ],
  env: [
    { key: "GH_TOKEN", change: "version_changed", from: "gh-token 3", to: "gh-token latest" },
    { key: "LOG_LEVEL", change: "value_changed", from: "plain", to: "plain" },
    { key: "NPM_TOKEN", change: "added", from: null, to: "npm-publish latest" },
    { key: "OLD", change: "removed", from: `${idOf("secret", 9)} latest`, to: null },
    { key: "REGION", change: "kind_changed", from: "plain", to: "region latest" },
    { key: "SLACK", change: "secret_changed", from: "slack-old 1", to: "slack-hook 1" },
  ],
});

const revisionAt = (index: number) => {
  const number = 12 - index;
  return aRevision({
    number,
    current: number === 12,
    restoredFromNumber: number === 12 ? 9 : null,
    changeSummary: SUMMARIES[number] ?? null,
    createdAt: daysAgo(index * 3 + 1),
  });
};

const around: Answers = {
  "agents.list": { agents: [anAgent()] },
  "projects.list": { projects: [aProject()] },
  "secrets.get": aSecretDetail(),
  "routines.preview": aPreview(),
  "routines.get": aRoutine({ latestRevisionNumber: 12, latestRevisionId: idOf("revision", 12) }),
  "routines.revisions": (input) => {
    const { rows, nextCursor } = pageOf(input, 12, revisionAt);
    return { revisions: rows, nextCursor };
  },
  "routines.diff": ({ from, to }) => diff(from, to),
  "routines.restorePreview": ({ revision }) => ({ revision, diff: diff(12, revision), gone: [], warnings: [] }),
};

export const Current = panelStory({ place, answers: around });

export const AllOfThem = panelStory({
  place,
  answers: around,
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("button", { name: "Show older revisions" }));
  },
});

const chooseOld = async ({ screen, user }: StoryPage) => {
  await user.click(await screen.findByRole("button", { name: /^r9/ }));
  await screen.findByRole("heading", { name: "What changed since r9" });
};

export const DiffWithEnv = panelStory({ place, answers: around, act: chooseOld });

export const NothingDiffers = panelStory({
  place,
  answers: { ...around, "routines.diff": ({ from, to }) => ({ from, to, fields: [], instructions: [], env: [] }) },
});

export const OnlyOne = panelStory({
  place,
  answers: {
    ...around,
    "routines.get": aRoutine({ latestRevisionNumber: 1, latestRevisionId: idOf("revision", 1) }),
    "routines.revisions": { revisions: [aRevision({ number: 1, current: true })], nextCursor: null },
  },
});

export const Loading = panelStory({ place, answers: { ...around, "routines.revisions": pending } });

export const Failing = panelStory({ place, answers: { ...around, "routines.revisions": databaseDown } });

export const DiffFailing = panelStory({ place, answers: { ...around, "routines.diff": databaseDown } });

export const UnsavedChanges = panelStory({
  place: `/routines/${idOf("routine")}`,
  answers: around,
  act: async (page) => {
    await page.user.type(await page.screen.findByLabelText("Title"), " and weekly");
    await page.user.click(await page.screen.findByRole("tab", { name: "History" }));
    await chooseOld(page);
    await page.screen.findByText("Nothing can be restored while there are unsaved changes");
  },
});

const openRestore = async (page: StoryPage) => {
  await chooseOld(page);
  await page.user.click(await page.screen.findByRole("button", { name: "Restore r9…" }));
  await page.screen.findByRole("dialog");
};

export const RestoreDialog = panelStory({ place, answers: around, act: openRestore });

const withGone: Answers = {
  ...around,
  "routines.restorePreview": ({ revision }) => ({
    revision,
    diff: diff(12, revision),
    gone: [
      { key: "NPM_TOKEN", secretId: idOf("secret", 7), reason: "secret_deleted" },
      { key: "OLD", secretId: idOf("secret", 9), reason: "secret_missing" },
    ],
    warnings: [
      "The routine is paused and stays so.",
      "SLACK: the secret slack-hook is archived; a run would be refused.",
    ],
  }),
};

export const RestoreWithGoneReferences = panelStory({
  place,
  answers: withGone,
  act: async (page) => {
    await openRestore(page);
    await page.user.click(await page.screen.findByRole("checkbox", { name: /Leave out OLD/ }));
  },
});

export const RestoreRefused = panelStory({
  place,
  answers: {
    ...around,
    "routines.restore": refused("agent_missing", "Revision 9 was not restored: its agent does not exist any more.", {
      next: "Update the routine by hand, with another agent.",
    }),
  },
  act: async (page) => {
    await openRestore(page);
    await page.user.click(await page.screen.findByRole("button", { name: "Restore revision 9" }));
    await page.screen.findByText("Update the routine by hand, with another agent.");
  },
});

export const RestorePreviewFailing = panelStory({
  place,
  answers: { ...around, "routines.restorePreview": databaseDown },
  act: openRestore,
});
