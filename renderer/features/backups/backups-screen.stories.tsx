import type { Meta } from "@storybook/react-vite";
import type { BackupWork } from "../../../preload/contract/backups.ts";
import { expect } from "storybook/test";
import { pending, refused } from "../../stories/answers.ts";
import { daysAgo, hoursAgo, minutesAgo } from "../../stories/clock.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import {
  aBackup,
  BACKUPS_FOLDER,
  backupAnswers,
  backupToTheCode,
  listedBackups,
  someBackups,
} from "../../stories/records/backups.ts";
import { aStatus } from "../../stories/records/system.ts";

export default { title: "Backups/List" } satisfies Meta;

const place = "/backups";

const work: BackupWork = {
  kind: "taking",
  automatic: true,
  startedAt: minutesAgo(1),
  done: 0.42,
  bytes: 118_000_000,
  rows: 1,
  table: "heartbeat_runs",
};

const press = async ({ screen, user }: StoryPage, name: string | RegExp) =>
  user.click(await screen.findByRole("button", { name }));

export const Some = panelStory({ place, answers: backupAnswers });

export const Empty = panelStory({
  place,
  answers: {
    ...backupAnswers,
    "backups.list": listedBackups([]),
    "system.status": aStatus({
      backups: { ...aStatus().backups, newestAt: null, provenAt: null, count: 0, bytes: 0 },
    }),
  },
});

export const Many = panelStory({
  place,
  answers: {
    ...backupAnswers,
    "backups.list": listedBackups(Array.from({ length: 1_000 }, (_, index) => aBackup(hoursAgo(index + 1)))),
  },
});

export const Loading = panelStory({ place, answers: { ...backupAnswers, "backups.list": pending } });

/** As from the menu. */
export const TakenAtOnce = panelStory({
  place: `${place}?ask=now`,
  answers: backupAnswers,
  act: async ({ screen }) => void (await screen.findByText(/The database is backed up/)),
});

export const InProgress = panelStory({
  place,
  answers: { ...backupAnswers, "backups.list": listedBackups(someBackups, work), "backups.follow": [work] },
  act: async ({ screen }) => screen.findByText(/ 1 row /),
});

export const WithoutRecoveryCode = panelStory({
  place,
  answers: {
    ...backupAnswers,
    "backups.list": listedBackups(someBackups.filter((one) => one !== backupToTheCode)),
    "system.status": aStatus({
      backups: { ...aStatus().backups, full: { state: "no_code", reason: "", newestAt: daysAgo(7), nextAt: null } },
    }),
  },
});

export const Failing = panelStory({
  place,
  answers: {
    ...backupAnswers,
    "system.status": aStatus({
      backups: { ...aStatus().backups, state: "failing", reason: "The last backup or proof by interval failed." },
      problems: [
        {
          area: "backups",
          code: "disk_full",
          message:
            "The last backup by interval failed: it was not written: the disk has 12 MiB free, and 180 MiB are needed.",
          next: "Free some space there, then try again.",
        },
      ],
    }),
  },
});

const NOT_READ = `The folder of backups ${BACKUPS_FOLDER} was not read: this user has no right to it.`;

export const CannotBeShown = panelStory({
  place,
  answers: {
    ...backupAnswers,
    "backups.list": refused("instance_permissions", NOT_READ, {
      next: "Give this user the right to read and write there, or choose another --home.",
    }),
    "system.status": aStatus({
      backups: { ...aStatus().backups, state: "failing", newestAt: null, provenAt: null, count: 0, bytes: 0 },
      problems: [{ area: "backups", code: "instance_permissions", message: NOT_READ, next: null }],
    }),
  },
  act: async ({ screen }) => {
    // Told once, and no figures that nobody knows.
    await expect(await screen.findAllByText(new RegExp(NOT_READ))).toHaveLength(1);
    await expect(document.querySelector(".page-facts")).toBeNull();
  },
});

export const Retention = panelStory({
  place,
  answers: {
    ...backupAnswers,
    "backups.prune": {
      removed: false,
      freedBytes: 21_400_000,
      backups: someBackups.flatMap((one, index) =>
        one.state === "ok"
          ? [
              {
                path: one.path,
                kind: one.kind,
                takenAt: one.takenAt,
                bytes: one.bytes,
                provenAt: one.provenAt,
                keep: index === 0 ? ["newest" as const, "hourly" as const] : index === 3 ? [] : ["daily" as const],
                removedFor: index === 3 ? ("tiers" as const) : null,
              },
            ]
          : [],
      ),
    },
  },
  act: async (page) => {
    await press(page, "Retention");
    await page.screen.findByText(/Before a backup is written/);
  },
});
