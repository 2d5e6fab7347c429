import type { Meta } from "@storybook/react-vite";
import type { RunRecord } from "../../../preload/contract/runs.ts";
import { listedRunStatuses } from "../../../preload/rules/run-states.ts";
import { databaseDown, pageOf, pending } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { minutesAgo } from "../../stories/clock.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import { idOf } from "../../stories/records/ids.ts";
import { aRoutine } from "../../stories/records/routines.ts";
import { aFailedRun, aRun, aRunningRun } from "../../stories/records/runs.ts";
import { aReadOnlyStatus, aStatusWithoutDatabase } from "../../stories/records/system.ts";
import { anAgent } from "../../stories/records/work.ts";

export default { title: "Runs/List" } satisfies Meta;

function nth(number: number): RunRecord {
  const status = listedRunStatuses[number % listedRunStatuses.length] ?? "succeeded";
  const id = idOf("run", number + 1);
  const triggeredAt = minutesAgo(number * 7 + 4);
  if (status === "running") return aRunningRun({ id });
  if (status === "failed") return aFailedRun({ id, triggeredAt });
  if (status === "succeeded") return aRun({ id, triggeredAt });
  const began = ["cancelled", "timed_out", "interrupted"].includes(status);
  return aRun({
    id,
    status,
    triggeredAt,
    exitCode: null,
    attempts: began ? 1 : 0,
    startedAt: began ? triggeredAt : null,
    completedAt: began ? minutesAgo(number * 7) : null,
  });
}

const view = {
  id: idOf("run", 77),
  name: "Broken this week",
  filters: { status: ["failed" as const, "timed_out" as const], withinHours: 168, text: "exit code" },
  updatedAt: minutesAgo(90),
};

const around: Answers = {
  "runs.views": { views: [view] },
  "agents.list": { agents: [anAgent()] },
  "routines.list": { routines: [aRoutine()], nextCursor: null },
  "routines.get": aRoutine(),
};

const listOf = (count: number): Answers => ({
  ...around,
  "runs.list": (input) => {
    const { rows, nextCursor } = pageOf(input, count, nth);
    return { runs: rows, nextCursor };
  },
});

export const Many = panelStory({ place: "/runs", answers: listOf(100_000) });
export const EveryState = panelStory({ place: "/runs", answers: listOf(listedRunStatuses.length) });
export const One = panelStory({ place: "/runs", answers: listOf(1) });
export const Empty = panelStory({ place: "/runs", answers: listOf(0) });
export const NothingMatches = panelStory({
  place: `/runs?status=held&routine=${idOf("routine")}&period=week`,
  answers: listOf(0),
});
export const ThroughAView = panelStory({
  place: `/runs?view=${view.id}`,
  answers: { ...listOf(40), "runs.saveView": view, "runs.removeView": view },
});
export const SavingAView = panelStory({
  place: `/runs?view=${view.id}`,
  answers: listOf(40),
  act: async ({ user, screen }) => {
    await user.click(await screen.findByRole("button", { name: "Views" }));
    await user.click(await screen.findByRole("menuitem", { name: "Save view…" }));
    await screen.findByRole("dialog", { name: "Save view" });
  },
});
export const Loading = panelStory({ place: "/runs", answers: { ...around, "runs.list": pending } });
export const Failing = panelStory({ place: "/runs", answers: { ...around, "runs.list": databaseDown } });
export const DatabaseDown = panelStory({
  place: "/runs",
  answers: { ...around, "runs.list": databaseDown, "system.status": aStatusWithoutDatabase() },
});
export const ReadOnly = panelStory({
  place: "/runs",
  answers: { ...listOf(4), "system.status": aReadOnlyStatus() },
});
export const ConnectionLost = panelStory({
  place: "/runs",
  answers: listOf(12),
  connectionThen: { kind: "lost", attempt: 1 },
});
export const HostileTitles = panelStory({
  place: "/runs",
  answers: {
    ...around,
    "runs.list": {
      runs: [
        aRun({ title: "<img src=x onerror=alert(1)><b>bold</b>" }),
        aRun({ id: idOf("run", 2), title: "سجل يومي: تقرير المهام" }),
        aFailedRun({ id: idOf("run", 3), title: "a title that goes on ".repeat(20), agentName: "agent ".repeat(20) }),
      ],
      nextCursor: null,
    },
  },
});
