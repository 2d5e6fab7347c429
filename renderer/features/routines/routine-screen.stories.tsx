import type { Meta } from "@storybook/react-vite";
import type { RoutineRecord } from "../../../preload/contract/routines.ts";
import { databaseDown, pending, refused } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { minutesAgo } from "../../stories/clock.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import { idOf } from "../../stories/records/ids.ts";
import { aPreview, aPreviewEntry, aRevision, aRoutine } from "../../stories/records/routines.ts";
import { aFailedRun, aRun } from "../../stories/records/runs.ts";
import { aSecretDetail } from "../../stories/records/secrets.ts";
import { aReadOnlyStatus } from "../../stories/records/system.ts";
import { anAgent, aProject } from "../../stories/records/work.ts";

export default { title: "Routines/Routine" } satisfies Meta;

const place = `/routines/${idOf("routine")}`;
const around: Answers = {
  "agents.list": { agents: [anAgent(), anAgent({ id: idOf("agent", 2), name: "digest", status: "paused" })] },
  "projects.list": { projects: [aProject()] },
  "secrets.get": aSecretDetail(),
  "routines.preview": aPreview(),
  "routines.revisions": {
    revisions: [aRevision({ number: 8, current: true, changeSummary: "Quieter" })],
    nextCursor: null,
  },
};
const of = (different: Partial<RoutineRecord> = {}): Answers => ({ ...around, "routines.get": aRoutine(different) });
const withVariables: Partial<RoutineRecord> = {
  instructions:
    "Look at {{what}} since {{date}}.\nFile the rest under {{folder}}.\nBe {{brief}}, {{times}} times.\n{{note}}",
  variables: [
    { name: "what", type: "text", required: true, default: "the inbox", label: "Where to look" },
    { name: "folder", type: "select", required: true, options: ["later", "never"] },
    { name: "brief", type: "boolean", required: false },
    { name: "times", type: "number", required: true, default: 3 },
    { name: "note", type: "textarea", required: false },
  ],
};

const dirty = async ({ screen, user }: StoryPage) => {
  await user.type(await screen.findByLabelText("Title"), " and weekly");
  await screen.findByRole("button", { name: "Save revision" });
};

export const Active = panelStory({ place, answers: of() });

export const WithVariables = panelStory({ place, answers: of(withVariables) });

export const Paused = panelStory({ place, answers: of({ status: "paused" }) });

export const Draft = panelStory({
  place,
  answers: of({ status: "paused", agentId: null, agentName: null, lastRunAt: null, lastRunStatus: null }),
});

export const Archived = panelStory({ place, answers: of({ status: "archived" }) });

export const Runs = panelStory({
  place: `${place}?tab=runs`,
  answers: { ...of(), "runs.list": { runs: [aRun(), aFailedRun({ id: idOf("run", 2) })], nextCursor: null } },
});

export const Dirty = panelStory({ place, answers: of(), act: dirty });

export const SaveRefused = panelStory({
  place,
  answers: {
    ...of(),
    "routines.update": refused("invalid_input", "title: must be at most 200 characters", {
      fields: { "changes.title": "must be at most 200 characters" },
    }),
  },
  act: async (page) => {
    await dirty(page);
    await page.user.click(await page.screen.findByRole("button", { name: "Save revision" }));
    await page.screen.findByText("must be at most 200 characters");
  },
});

/** Another place saves revision 8 between the last look and the save. */
const overtaken = (): Answers => {
  let saved = false;
  const later = aRoutine({
    title: "Nightly sweep",
    priority: "high",
    latestRevisionId: idOf("revision", 8),
    latestRevisionNumber: 8,
    env: { LOG_LEVEL: { type: "plain", value: "debug" } },
    updatedAt: minutesAgo(1),
  });
  return {
    ...around,
    "routines.get": () => (saved ? later : aRoutine()),
    "routines.update": () => {
      saved = true;
      return refused("revision_stale", "The routine was not changed: revision 8 came in between.");
    },
  };
};

const overtake = async (page: StoryPage) => {
  await dirty(page);
  await page.user.click(await page.screen.findByRole("button", { name: "Save revision" }));
  await page.screen.findByRole("button", { name: "Review and merge" });
};

export const Stale = panelStory({ place, answers: overtaken(), act: overtake });

export const Merge = panelStory({
  place,
  answers: overtaken(),
  act: async (page) => {
    await overtake(page);
    await page.user.click(await page.screen.findByRole("button", { name: "Review and merge" }));
    await page.user.click(await page.screen.findByRole("button", { name: "Keep mine: Title" }));
  },
});

export const RunDialog = panelStory({
  place,
  answers: of(withVariables),
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("button", { name: /^Run now/ }));
    const start = await screen.findByRole("button", { name: "Start run" });
    await user.keyboard("typed at once");
    await screen.findByDisplayValue(/typed at once/);
    await user.click(start);
    await screen.findByText("This run needs a value here.");
  },
});

export const RunRefused = panelStory({
  place,
  answers: {
    ...of(),
    "routines.run": refused("agent_inactive", 'The run was not started: the agent "triage" is paused.', {
      next: "Set the agent to active, or name another agent for this run.",
      details: { agent: "triage" },
    }),
  },
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("button", { name: /^Run now/ }));
    await screen.findByRole("link", { name: "Open agent" });
  },
});

const preview = async ({ screen, user }: StoryPage) => {
  await user.click(await screen.findByRole("button", { name: "Preview run" }));
  await screen.findByRole("heading", { name: "Process" });
};

export const Preview = panelStory({ place, answers: of(), act: preview });

export const PreviewOfARequest = panelStory({
  place,
  answers: {
    ...of(),
    "routines.preview": aPreview({
      argv: [],
      cwd: null,
      instructionsVia: "body",
      request: {
        method: "POST",
        url: `https://n8n.example/webhook/${"8b8f9b6e-".repeat(12)}`,
        headers: [
          { name: "authorization", value: "Bearer {{env.GH_TOKEN}}" },
          { name: "content-type", value: "application/json" },
        ],
        body: '{\n  "prompt": {{instructions}},\n  "data": {{payload}}\n}',
        expectStatus: null,
      },
    }),
  },
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("button", { name: "Preview run" }));
    await screen.findByRole("heading", { name: "Request" });
  },
});

export const PreviewWithProblems = panelStory({
  place,
  answers: {
    ...of(),
    "routines.preview": aPreview({
      env: [
        aPreviewEntry({ secretStatus: "disabled", version: null, problem: "secret_inactive" }),
        aPreviewEntry({
          key: "NPM_TOKEN",
          layer: "project",
          overrides: [],
          secretKey: null,
          problem: "secret_missing",
          version: null,
        }),
      ],
      problems: [
        {
          code: "variable_missing",
          message: "The variable what is required and has no value.",
          next: "Give a value, such as --var what=VALUE, or set a default in the routine.",
        },
        {
          code: "secret_inactive",
          message: 'GH_TOKEN (routine): secret "gh-token" is disabled.',
          next: "Enable the secret: `paperclip-desktop secrets enable gh-token`",
        },
        {
          code: "secret_missing",
          message: "NPM_TOKEN (project): the secret does not exist.",
          next: "Create a secret and refer to it in the project env.",
        },
      ],
    }),
  },
  act: preview,
});

export const PreviewWithoutAgent = panelStory({
  place,
  answers: {
    ...of({ agentId: null, agentName: null, status: "paused" }),
    "routines.preview": refused("routine_without_agent", '"Nightly triage" was not started: it has no agent.'),
  },
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("button", { name: "Preview run" }));
    await screen.findByText("A run cannot be shown: the routine has no agent.");
  },
});

export const Leaving = panelStory({
  place,
  answers: of(),
  act: async (page) => {
    await dirty(page);
    await page.user.click(await page.screen.findByRole("link", { name: "Agents" }));
    await page.screen.findByText("Leave without saving?");
  },
});

export const ReadOnly = panelStory({ place, answers: { ...of(), "system.status": aReadOnlyStatus() } });

export const Loading = panelStory({ place, answers: { ...around, "routines.get": pending } });

export const Failing = panelStory({ place, answers: { ...around, "routines.get": databaseDown } });

export const Missing = panelStory({
  place,
  answers: { ...around, "routines.get": refused("routine_missing", "There is no routine of that id.") },
});
