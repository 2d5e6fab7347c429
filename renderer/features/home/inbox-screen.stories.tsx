import type { Meta } from "@storybook/react-vite";
import { expect } from "storybook/test";
import { databaseDown, pending } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { minutesAgo } from "../../stories/clock.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import { idOf } from "../../stories/records/ids.ts";
import { aHeldItem } from "../../stories/records/routines.ts";
import { aReadOnlyStatus } from "../../stories/records/system.ts";

export default { title: "Home/Inbox" } satisfies Meta;

const place = "/inbox";

export const Empty = panelStory({ place });
export const Loading = panelStory({ place, answers: { "inbox.list": pending } });
export const DatabaseDown = panelStory({ place, answers: { "inbox.list": databaseDown } });

const many: Answers = {
  "inbox.list": {
    items: Array.from({ length: 30 }, (_, index) =>
      aHeldItem({
        routineId: idOf("routine", index + 1),
        triggerId: idOf("trigger", index + 1),
        routineTitle: `Routine ${index + 1}`,
        routineStatus: index % 5 === 4 ? "archived" : "active",
        count: index === 0 ? 1_440 : index + 1,
      }),
    ),
    more: 12,
    slots: 23_456,
  },
  "inbox.slots": {
    slots: Array.from({ length: 100 }, (_, index) => ({
      at: minutesAgo(index * 60),
      local: minutesAgo(index * 60)
        .slice(0, 16)
        .replace("T", " "),
    })),
    more: true,
    unknown: null,
  },
};

export const Many = panelStory({ place, answers: many });

export const Chosen = panelStory({
  place,
  answers: {
    "inbox.list": { items: [aHeldItem(), aHeldItem({ routineId: idOf("routine", 2), count: 1 })], more: 0, slots: 3 },
    "inbox.slots": {
      slots: [
        { at: "2026-03-08T08:00:00.000Z", local: "2026-03-08 09:00" },
        { at: "2026-03-07T08:00:00.000Z", local: "2026-03-07 09:00" },
      ],
      more: false,
      unknown: null,
    },
  },
  act: async ({ screen, user }) => {
    const [details] = await screen.findAllByRole("button", { name: /^Details/ });
    if (details) await user.click(details);
    await user.click(await screen.findByText("2026-03-07 09:00"));
    await screen.findByText("Run chosen (1)");
  },
});

/** What was held by a schedule that is not known any more. */
export const NotToBeTold = panelStory({
  place,
  answers: {
    "inbox.list": { items: [aHeldItem({ count: 12 })], more: 0, slots: 12 },
    "inbox.slots": {
      slots: [],
      more: false,
      unknown: "Which 12 slots these were cannot be told any more: their schedule was changed or removed since.",
    },
  },
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("button", { name: /^Details/ }));
    await screen.findByText(/None of them can be chosen/);
    await screen.findByText(/Not all of them can be run/);
    // The exact time has the room of its words, not that of the relative one in the middle of the sentence.
    const exact = getComputedStyle(await screen.findByText("4 h ago"), "::after");
    await expect(Number.parseFloat(exact.width)).toBeGreaterThan(120);
  },
});

export const Refused = panelStory({
  place,
  answers: {
    ...many,
    "inbox.run": {
      runs: [],
      skipped: 0,
      refused: [
        {
          routineId: idOf("routine"),
          routineTitle: "Weekly digest",
          code: "routine_paused",
          message: 'Held slots of "Weekly digest" were not run: the routine is paused.',
          next: "Resume the routine first, or skip the slots.",
        },
      ],
    },
  },
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("button", { name: "Run latest of each" }));
    await screen.findByText("1 routine was left as it is");
  },
});

export const ReadOnly = panelStory({ place, answers: { ...many, "system.status": aReadOnlyStatus() } });
