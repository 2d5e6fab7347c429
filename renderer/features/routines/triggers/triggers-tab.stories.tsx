import type { Meta } from "@storybook/react-vite";
import type {
  SchedulePreview,
  Standstill,
  TriggerRecord,
  UpcomingTime,
} from "../../../../preload/contract/triggers.ts";
import { databaseDown, pending, refused } from "../../../stories/answers.ts";
import type { Answers } from "../../../stories/answers.ts";
import { daysAgo, hoursAgo } from "../../../stories/clock.ts";
import { panelStory } from "../../../stories/panel-story.tsx";
import type { StoryPage } from "../../../stories/panel-story.tsx";
import { idOf } from "../../../stories/records/ids.ts";
import { aRoutine, aTrigger } from "../../../stories/records/routines.ts";
import { aReadOnlyStatus } from "../../../stories/records/system.ts";

export default { title: "Routines/Triggers" } satisfies Meta;

const place = `/routines/${idOf("routine")}?tab=triggers`;

const time = (at: string, different: Partial<UpcomingTime> = {}): UpcomingTime => ({
  at,
  triggerId: idOf("trigger"),
  label: null,
  zone: "Europe/Berlin",
  local: at.slice(0, 16).replace("T", " "),
  note: null,
  ...different,
});

const of = (
  triggers: readonly TriggerRecord[],
  times: readonly UpcomingTime[] = [],
  standstill: Standstill | null = null,
): Answers => ({
  "routines.get": aRoutine(),
  "triggers.list": { triggers: [...triggers] },
  "triggers.next": { times: [...times], switchedOff: 0, standstill },
});

/** Ten nights at half past two, over the night in which the clock is put forward. */
const nights: SchedulePreview = {
  outcome: "valid",
  explanation: "At 02:30, every day, Europe/Berlin",
  times: Array.from({ length: 10 }, (_, index) => {
    const day = 22 + index;
    const at = new Date(Date.UTC(2026, 2, day, day < 29 ? 1 : 0, 30)).toISOString();
    const local = `2026-03-${day} 02:30`;
    return day === 29
      ? {
          at: "2026-03-29T01:00:00.000Z",
          local: "2026-03-29 03:00",
          note: "runs once at 03:00 because 02:30 does not exist on that day",
        }
      : { at, local, note: null };
  }),
};

const several: readonly TriggerRecord[] = [
  aTrigger({ label: "mornings" }),
  aTrigger({
    id: idOf("trigger", 2),
    expression: "30 21 * * *",
    explanation: "At 21:30, every day, America/New_York",
    zone: "America/New_York",
    nextRunAt: "2026-03-09T01:30:00.000Z",
    lastFiredAt: hoursAgo(10),
    lastResult: 'failed: "Nightly triage" was not started: the agent "triage" is paused.',
  }),
  aTrigger({
    id: idOf("trigger", 3),
    kind: "once",
    label: "Before the release",
    expression: null,
    explanation: null,
    at: "2026-03-20T17:00:00.000Z",
    nextRunAt: "2026-03-20T17:00:00.000Z",
    lastFiredAt: null,
    lastResult: null,
  }),
  aTrigger({
    id: idOf("trigger", 4),
    enabled: false,
    expression: "*/15 * * * *",
    explanation: "Every 15 minutes, every day, UTC",
    zone: "UTC",
    nextRunAt: null,
    lastFiredAt: daysAgo(1),
    lastResult:
      "skipped: 12 slots were missed by more than the grace of 5 min: Paperclip Desktop was not open at that time.",
  }),
  aTrigger({
    id: idOf("trigger", 5),
    kind: "api",
    label: "deploy hook",
    expression: null,
    explanation: null,
    zone: null,
    nextRunAt: null,
    lastFiredAt: null,
    lastResult: null,
  }),
];

export const Empty = panelStory({ place, answers: of([]) });

export const Several = panelStory({
  place,
  answers: of(several, [
    time("2026-03-09T01:30:00.000Z", { triggerId: idOf("trigger", 2), zone: "America/New_York" }),
    time("2026-03-09T08:00:00.000Z", { label: "mornings" }),
    time("2026-03-29T01:00:00.000Z", {
      label: "mornings",
      note: "runs once at 03:00 because 02:30 does not exist on that day",
    }),
  ]),
});

export const PausedMany = panelStory({
  place,
  answers: {
    ...of(
      Array.from({ length: 15 }, (_, index) =>
        aTrigger({ id: idOf("trigger", index + 1), label: `Slot ${index + 1}`, nextRunAt: null }),
      ),
      [time("2026-03-09T08:00:00.000Z", { label: "mornings" })],
      "all_paused",
    ),
    "routines.get": aRoutine({ status: "paused" }),
  },
});

const add = async ({ screen, user }: StoryPage, kind: string) => {
  await user.click(await screen.findByRole("button", { name: "Add trigger" }));
  await user.click(await screen.findByRole("menuitem", { name: kind }));
  await screen.findByRole("dialog");
};

export const AddSchedule = panelStory({
  place,
  answers: { ...of([]), "triggers.preview": nights },
  act: async (page) => {
    await add(page, "Schedule…");
    await page.screen.findByText(/because 02:30 does not exist/);
  },
});

export const WrongExpression = panelStory({
  place,
  answers: {
    ...of([aTrigger({ expression: "0 25 * * mon" })]),
    "triggers.preview": {
      outcome: "invalid",
      field: "expression",
      message: '"25" is no hour; it is from 0 to 23',
      position: 2,
      length: 2,
    },
  },
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("button", { name: /^Actions of/ }));
    await user.click(await screen.findByRole("menuitem", { name: "Edit trigger" }));
    await screen.findByText(/is no hour/);
  },
});

export const AddOnce = panelStory({
  place,
  answers: {
    ...of([]),
    "triggers.create": refused("name_taken", 'The routine has a trigger "release" already.', {
      fields: { label: "is the label of another trigger" },
    }),
  },
  act: async (page) => {
    await add(page, "Once…");
    await page.user.type(await page.screen.findByLabelText(/^Label/), "release{Enter}");
    await page.screen.findByText("is the label of another trigger");
  },
});

export const ReadOnly = panelStory({
  place,
  answers: { ...of(several.slice(0, 2)), "system.status": aReadOnlyStatus() },
});

export const Loading = panelStory({
  place,
  answers: { "routines.get": aRoutine(), "triggers.list": pending, "triggers.next": pending },
});

export const Failing = panelStory({
  place,
  answers: { "routines.get": aRoutine(), "triggers.list": databaseDown, "triggers.next": databaseDown },
});
