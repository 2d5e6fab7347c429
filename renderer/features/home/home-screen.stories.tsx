import type { Meta } from "@storybook/react-vite";
import { expect } from "storybook/test";
import { daysAgo, hoursAgo, minutesAgo } from "../../stories/clock.ts";
import { databaseDown, pending, vaultLocked } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import { restoreHold } from "../../stories/records/backups.ts";
import { idOf } from "../../stories/records/ids.ts";
import { aHeldItem, anAttentionItem, aRoutine } from "../../stories/records/routines.ts";
import { aFailedRun, aFailure, aRun, aRunningRun } from "../../stories/records/runs.ts";
import {
  aReadOnlyStatus,
  aRestoringStatus,
  aStatus,
  aStatusWithLockedVault,
  aStatusWithoutDatabase,
} from "../../stories/records/system.ts";

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

/** In the panel's own words and with the way out beside them, not with a command. */
export const AfterRestore = panelStory({
  place,
  answers: {
    ...nothing,
    "system.status": aStatus({
      held: restoreHold,
      problems: [
        {
          area: "instance",
          code: "restore_held",
          message: "Nothing starts by itself since a restore.",
          next: "Release it: `paperclip-desktop db:restore-release`",
        },
      ],
    }),
    "restore.release": { released: true, triggers: 2, queued: 3 },
  },
  act: async ({ screen, user }) => {
    await screen.findByText("Needs you (1)");
    await user.click(await screen.findByRole("button", { name: "Release what was restored" }));
    await screen.findByText("Schedules and webhooks work again, from now on.");
  },
});

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
  "inbox.list": {
    items: [
      aHeldItem({ routineId: idOf("routine", 3) }),
      aHeldItem({
        routineId: idOf("routine", 2),
        routineTitle: hostile,
        routineStatus: "paused",
        triggerLabel: "hourly",
      }),
    ],
    more: 0,
    slots: 4,
  },
  "scheduler.outlook": {
    routines: [
      {
        routineId: idOf("routine"),
        title: "Nightly triage",
        nextRunAt: minutesAgo(-40),
        zone: "Europe/Berlin",
        ahead: [49, 53, 57],
      },
      { routineId: idOf("routine", 3), title: "Weekly digest", nextRunAt: daysAgo(-3), zone: "UTC", ahead: [] },
    ],
    more: 0,
    absences: [
      { from: hoursAgo(19), until: hoursAgo(11), why: "the machine was asleep, or its clock was put forward" },
      { from: minutesAgo(70), until: minutesAgo(65), why: "the app was closed" },
    ],
    pausedSince: null,
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

/** More routines that ran or are due than are shown: a dozen lines, and a button. */
export const ManyRoutines = panelStory({
  place,
  answers: {
    ...busy,
    "inbox.list": {
      items: Array.from({ length: 20 }, (_, index) =>
        aHeldItem({ routineId: idOf("routine", index + 1), routineTitle: `Routine ${index + 1}` }),
      ),
      more: 3,
      slots: 46,
    },
    "runs.timeline": {
      routines: Array.from({ length: 16 }, (_, index) => ({
        routineId: idOf("routine", index + 1),
        title: `Routine ${index + 1}`,
        status: "active" as const,
        marks: Array.from({ length: 48 }, (__, bucket) => ({
          bucket,
          status: (bucket + index) % 17 === 0 ? ("failed" as const) : ("succeeded" as const),
          count: 1,
          runId: idOf("run", bucket + 1),
        })),
      })),
      more: 0,
    },
    "scheduler.outlook": {
      routines: Array.from({ length: 20 }, (_, index) => ({
        routineId: idOf("routine", index + 1),
        title: `Routine ${index + 1}`,
        nextRunAt: minutesAgo(-index - 1),
        zone: "UTC",
        ahead: [48, 50, 52, 54, 56, 58],
      })),
      more: 50,
      absences: [],
      pausedSince: null,
    },
  },
  act: async ({ screen, user }) =>
    void (await user.click(await screen.findByRole("button", { name: "Show all 20 routines" }))),
});

export const Paused = panelStory({
  place,
  answers: {
    ...nothing,
    "system.status": aStatus({
      scheduler: {
        ...aStatus().scheduler,
        state: "paused",
        reason: "Schedules and webhooks are paused since 2026-03-08T10:00:00.000Z.",
        nextRunAt: null,
        pausedSince: hoursAgo(2),
      },
    }),
  },
  act: async ({ screen }) => void (await screen.findByRole("button", { name: "Resume schedules and webhooks" })),
});

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
    "inbox.list": databaseDown,
    "scheduler.outlook": databaseDown,
  },
});

export const LostConnection = panelStory({
  place,
  answers: busy,
  connectionThen: { kind: "lost", attempt: 5 },
});

/** Where it can be followed and cancelled is one press away, above and below. */
export const Restoring = panelStory({
  place,
  answers: { ...nothing, "system.status": aRestoringStatus() },
  act: async ({ screen }) => expect(await screen.findAllByRole("link", { name: "Open backups" })).toHaveLength(2),
});

export const ReadOnly = panelStory({ place, answers: { ...busy, "system.status": aReadOnlyStatus() } });
