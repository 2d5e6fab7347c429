import type { Meta } from "@storybook/react-vite";
import { databaseDown, pending, refused } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import { aRoutine } from "../../stories/records/routines.ts";
import { aFailedRun, aRun, aRunDetail } from "../../stories/records/runs.ts";
import { aShellInfo } from "../../stories/records/system.ts";
import { aCompany, anAgent } from "../../stories/records/work.ts";

export default { title: "First run/Welcome" } satisfies Meta;

const place = "/welcome";
const adapter = (id: string, label: string, program: string | null, found: string | null) => ({
  id,
  kind: "process" as const,
  label,
  description: `Starts ${program ?? "any program"}.`,
  configSchema: {},
  program,
  found,
});
const adapters: Answers = {
  "agents.adapters": {
    adapters: [
      adapter("process", "Program", null, null),
      adapter("claude", "Claude Code", "claude", "/usr/local/bin/claude"),
      adapter("codex", "Codex", "codex", null),
    ],
  },
};
const noCompany: Answers = { "companies.list": { companies: [] } };
const noAgent: Answers = {
  ...adapters,
  "companies.list": { companies: [aCompany()] },
  "agents.list": { agents: [] },
  "routines.list": { routines: [], nextCursor: null },
};
const noRoutine: Answers = { ...noAgent, "agents.list": { agents: [anAgent()] } };
const ready: Answers = { ...noRoutine, "routines.list": { routines: [aRoutine()], nextCursor: null } };

export const Company = panelStory({ place, answers: noCompany });

export const CompanyRefused = panelStory({
  place,
  answers: {
    ...noCompany,
    "companies.create": refused("company_taken", "The prefix ACME is taken.", {
      fields: { issuePrefix: "is taken by another company" },
    }),
  },
  act: async ({ screen, user }) => {
    await user.type(await screen.findByLabelText("Name"), "Acme");
    await user.click(await screen.findByRole("button", { name: "Create company" }));
    await screen.findByText("is taken by another company");
  },
});

export const Opening = panelStory({ place, answers: { "companies.list": pending } });

export const DatabaseDown = panelStory({ place, answers: { "companies.list": databaseDown } });

export const Agent = panelStory({ place, answers: noAgent });

export const AgentOnAnotherSystem = panelStory({
  place,
  answers: {
    ...noAgent,
    "agents.adapters": { adapters: [adapter("process", "Program", null, null)] },
    "shell.info": aShellInfo({ platform: "win32" }),
  },
});

export const Routine = panelStory({ place, answers: noRoutine });

export const RoutineRefused = panelStory({
  place,
  answers: {
    ...noRoutine,
    "secrets.create": refused("secret_value_invalid", "The value was not stored: it is empty.", {
      fields: { value: "it is empty" },
    }),
  },
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("button", { name: "Create routine" }));
    await screen.findByText("it is empty");
  },
});

export const Run = panelStory({ place, answers: ready });

const start = async ({ screen, user }: Parameters<NonNullable<Parameters<typeof panelStory>[0]["act"]>>[0]) =>
  user.click(await screen.findByRole("button", { name: "Run it now" }));

export const RunEnded = panelStory({
  place,
  answers: {
    ...ready,
    "routines.run": aRun(),
    "runs.get": aRunDetail(),
    "runs.follow": [
      {
        type: "lines",
        attempt: 1,
        first: 0,
        lines: [
          { at: "2026-03-08T07:00:00.000Z", stream: "stdout", text: "\u001B[1mHello\u001B[0m" },
          { at: "2026-03-08T07:00:00.000Z", stream: "stdout", text: "The token in this log: ***" },
        ],
      },
    ],
  },
  act: start,
});

export const RunFailed = panelStory({
  place,
  answers: {
    ...ready,
    "routines.run": aFailedRun(),
    "runs.get": { ...aRunDetail(), ...aFailedRun() },
  },
  act: start,
});

export const RunRefused = panelStory({
  place,
  answers: {
    ...ready,
    "routines.run": refused("secret_inactive", 'TRY_TOKEN (routine): secret "try-token" is disabled.', {
      next: "Enable the secret, or refer to another one.",
    }),
  },
  act: start,
});
