import type { Meta } from "@storybook/react-vite";
import { databaseDown, pageOf, pending } from "../../stories/answers.ts";
import { hoursAgo } from "../../stories/clock.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import { idOf } from "../../stories/records/ids.ts";
import { aRoutine } from "../../stories/records/routines.ts";

export default { title: "Routines/List" } satisfies Meta;

const place = "/routines";
const STATUSES = ["active", "paused", "archived"] as const;
const ENDS = ["succeeded", "failed", "running", "timed_out", "interrupted", "cancelled"] as const;

const numbered = (index: number) =>
  aRoutine({
    id: idOf("routine", index + 1),
    title: `Routine ${index + 1}`,
    status: STATUSES[index % 3] ?? "active",
    agentId: index % 5 === 4 ? null : idOf("agent"),
    agentName: index % 5 === 4 ? null : "triage",
    lastRunStatus: ENDS[index % 6] ?? "succeeded",
    lastRunAt: hoursAgo(index + 1),
  });

export const Empty = panelStory({ place, answers: { "routines.list": { routines: [], nextCursor: null } } });

export const One = panelStory({ place, answers: { "routines.list": { routines: [aRoutine()], nextCursor: null } } });

export const Many = panelStory({
  place,
  answers: {
    "routines.list": (input) => {
      const { rows, nextCursor } = pageOf(input, 1_000, numbered);
      return { routines: rows, nextCursor };
    },
  },
});

export const HostileTitles = panelStory({
  place,
  answers: {
    "routines.list": {
      routines: [
        aRoutine({ title: "<img src=x onerror=alert(1)> <b>bold</b>" }),
        aRoutine({
          id: idOf("routine", 2),
          title: "سجل يومي — a title that is read from the right and is longer than a row",
        }),
        aRoutine({
          id: idOf("routine", 3),
          title: "without-a-place-to-break-".repeat(8),
          projectName: "project-".repeat(12),
        }),
      ],
      nextCursor: null,
    },
  },
});

export const FilteredToNothing = panelStory({
  place: "/routines?status=archived&text=digest",
  answers: { "routines.list": { routines: [], nextCursor: null } },
});

export const Loading = panelStory({ place, answers: { "routines.list": pending } });

export const Failing = panelStory({ place, answers: { "routines.list": databaseDown } });

export const LostConnection = panelStory({
  place,
  answers: { "routines.list": { routines: [aRoutine()], nextCursor: null } },
  connectionThen: { kind: "lost", attempt: 5 },
});
