import type { Meta } from "@storybook/react-vite";
import { databaseDown, pending, vaultLocked } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import {
  aFailedRun,
  aFailure,
  anAttentionItem,
  aReadOnlyStatus,
  aRoutine,
  aRun,
  aRunningRun,
  aStatusWithLockedVault,
  aStatusWithoutDatabase,
  idOf,
} from "../../stories/records.ts";

export default { title: "Home/Screen" } satisfies Meta;

const place = "/";
const nothing: Answers = {
  "routines.list": { routines: [aRoutine()], nextCursor: null },
  "routines.attention": { items: [], more: 0 },
  "runs.list": { runs: [], nextCursor: null },
  "runs.timeline": { routines: [], more: 0 },
  "runs.logs": { lines: [], truncated: false },
};
const hostile =
  '<img src=x onerror="document.title=1"> سجل يومي with a title that is much longer than the place for it';

export const Empty = panelStory({
  place,
  answers: { ...nothing, "routines.list": { routines: [], nextCursor: null } },
});

export const Quiet = panelStory({ place, answers: nothing });

export const Loading = panelStory({
  place,
  answers: { "routines.list": pending, "routines.attention": pending, "runs.list": pending, "runs.timeline": pending },
});

const busy: Answers = {
  ...nothing,
  "routines.attention": {
    items: [
      anAttentionItem({
        kind: "reference_broken",
        code: "secret_inactive",
        message: 'GH_TOKEN (routine): secret "gh-token" is disabled.',
        runId: null,
        since: null,
        secretId: idOf("secret"),
        secretKey: "gh-token",
      }),
      anAttentionItem({ routineId: idOf("routine", 2), title: hostile }),
      anAttentionItem({
        kind: "agent_paused",
        code: "agent_inactive",
        routineId: idOf("routine", 3),
        title: "Weekly digest",
        message: "The agent coder is paused.",
        runId: null,
        since: null,
      }),
    ],
    more: 4,
  },
  "runs.list": ({ status }) => ({
    runs: status
      ? [aRunningRun(), aRunningRun({ id: idOf("run", 2), title: hostile, status: "queued", startedAt: null })]
      : [aRun(), aFailedRun({ id: idOf("run", 3), failure: aFailure() }), aRun({ id: idOf("run", 4), title: hostile })],
    nextCursor: null,
  }),
  "runs.logs": {
    lines: [{ at: "2026-03-08T07:00:00.000Z", stream: "stdout", text: "\u001B[32mlooking\u001B[0m at 12 of 40" }],
    truncated: false,
  },
  "runs.timeline": {
    routines: [
      {
        routineId: idOf("routine"),
        title: "Nightly triage",
        status: "active",
        marks: (["succeeded", "failed", "timed_out", "interrupted", "cancelled", "held", "running"] as const).map(
          (status, index) => ({ bucket: index * 7, status, count: index + 1, runId: idOf("run", index + 1) }),
        ),
      },
      {
        routineId: idOf("routine", 2),
        title: hostile,
        status: "paused",
        marks: Array.from({ length: 48 }, (_, bucket) => ({
          bucket,
          status: "succeeded" as const,
          count: 2,
          runId: idOf("run", bucket + 1),
        })),
      },
    ],
    more: 3,
  },
};

export const Busy = panelStory({ place, answers: busy });

export const ManyRunning = panelStory({
  place,
  answers: {
    ...busy,
    "runs.list": ({ status }) => ({
      runs: Array.from({ length: 20 }, (_, index) =>
        status ? aRunningRun({ id: idOf("run", index + 1) }) : aRun({ id: idOf("run", index + 1) }),
      ),
      nextCursor: "more",
    }),
  },
});

export const LockedVault = panelStory({
  place,
  answers: {
    ...busy,
    "routines.attention": {
      items: [1, 2].flatMap((routine) =>
        ["GH_TOKEN", "NPM_TOKEN"].map((key) =>
          anAttentionItem({
            kind: "reference_broken",
            routineId: idOf("routine", routine),
            code: "vault_locked",
            message: `${key} (routine): the vault is locked.`,
            runId: null,
            runStatus: null,
            since: null,
          }),
        ),
      ),
      more: 0,
    },
    "system.status": aStatusWithLockedVault(),
    "secrets.health": vaultLocked,
  },
  act: async ({ screen }) => void (await screen.findByText("2 routines wait for it.")),
});

export const DatabaseDown = panelStory({
  place,
  answers: {
    "system.status": aStatusWithoutDatabase(),
    "routines.list": databaseDown,
    "routines.attention": databaseDown,
    "runs.list": databaseDown,
    "runs.timeline": databaseDown,
  },
});

export const LostConnection = panelStory({
  place,
  answers: busy,
  connectionThen: { kind: "lost", attempt: 5 },
});

export const ReadOnly = panelStory({ place, answers: { ...busy, "system.status": aReadOnlyStatus() } });
