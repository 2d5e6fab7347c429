import type { Meta } from "@storybook/react-vite";
import { refused } from "../../stories/answers.ts";
import { minutesAgo } from "../../stories/clock.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import {
  backupAnswers,
  keptState,
  listedBackups,
  manualBackup,
  restoreHold,
  restorePreview,
  sealedBackup,
  wholeFullBackup,
} from "../../stories/records/backups.ts";
import { aRestoringStatus, aStatus } from "../../stories/records/system.ts";
import { fileNameOf } from "./backup-words.ts";

export default { title: "Backups/Restore" } satisfies Meta;

const place = "/backups";
const PASSPHRASE = "correct horse battery staple";

const press = async ({ screen, user }: StoryPage, name: string | RegExp) =>
  user.click(await screen.findByRole("button", { name }));

const lookedAt = async ({ screen, user }: StoryPage) => {
  await user.click(await screen.findByRole("button", { name: "Preview restore" }));
  await screen.findByRole("button", { name: "Restore backup" });
};

const ofManual = `${place}?file=${fileNameOf(manualBackup)}`;

export const RestorePreviewed = panelStory({
  place: ofManual,
  answers: { ...backupAnswers, "restore.preview": restorePreview },
  act: lookedAt,
});

/** What opens it is typed once, for the proof and for the restore after it. */
export const RestoreOfEverythingPreviewed = panelStory({
  place: `${place}?file=${fileNameOf(sealedBackup)}`,
  answers: {
    ...backupAnswers,
    "restore.preview": ({ passphrase }) =>
      passphrase === PASSPHRASE
        ? { ...restorePreview, kind: "full", full: wholeFullBackup.full }
        : refused("backup_sealed", "The file was not opened: its passphrase was not given."),
  },
  act: async (page) => {
    await page.user.click(await page.screen.findByLabelText("Passphrase"));
    await page.user.paste(PASSPHRASE);
    await press(page, "Verify backup");
    await page.screen.findByText("Every sum is right");
    await lookedAt(page);
    // Of a full backup its version stands nowhere else.
    await page.screen.findByText("app 0.1.0, schema 4");
  },
});

export const RestoreOfAnotherMachine = panelStory({
  place: ofManual,
  answers: {
    ...backupAnswers,
    "restore.preview": {
      ...restorePreview,
      keys: {
        state: "missing",
        expectedKeyId: "11aab31c64e08d57",
        message:
          "Its secrets stay closed here: it expects the master key 11aab31c64e08d57, and the one here is 9f2ab31c64e08d57. The vault will be locked; everything else works.",
        next: "Bring the key 11aab31c64e08d57 to this machine.",
      },
    },
  },
  act: lookedAt,
});

export const Restoring = panelStory({
  place,
  answers: {
    ...backupAnswers,
    "system.status": aRestoringStatus(),
    "restore.state": {
      work: { kind: "restore", phase: "loading", done: 0.4, startedAt: minutesAgo(1), cancellable: true },
      kept: [],
      hold: null,
    },
  },
  act: async ({ screen }) =>
    screen.findByText("Loading it into a database of its own, and comparing every table: 40 %"),
});

export const RestoredAndHeld = panelStory({
  place,
  answers: {
    ...backupAnswers,
    "system.status": aStatus({ held: restoreHold }),
    "restore.state": { work: null, kept: [keptState], hold: restoreHold },
  },
});

/** Where what made way is kept stands nowhere else, and stays on the screen. */
export const RestoredIntoAServer = panelStory({
  place: ofManual,
  answers: {
    ...backupAnswers,
    "restore.preview": restorePreview,
    "restore.start": {
      kind: "restore",
      source: fileNameOf(manualBackup),
      stateOf: manualBackup.takenAt,
      opens: true,
      kept: null,
      keptAside: [
        {
          path: "/home/operator/.paperclip/instances/default/restore/replaced/20260308T120000000Z",
          until: keptState.expiresAt,
        },
        {
          path: "/home/operator/.paperclip/instances/default/secrets/master.key.replaced-2026-03-08T12-00-00.000Z",
          until: null,
        },
      ],
      rows: 4_180,
      notRestored: [],
    },
  },
  act: async (page) => {
    await lookedAt(page);
    await press(page, "Restore backup");
    await page.screen.findByText("What stood here before");
  },
});

export const UndoAsked = panelStory({
  answers: { ...backupAnswers, "restore.state": { work: null, kept: [keptState], hold: null } },
  place: `${place}?ask=undo`,
  act: async ({ screen }) => screen.findByRole("dialog", { name: "Put back what was in use before?" }),
});

/** In a small window, what the screen says of other things makes room for the backup that is opened. */
export const RestoreAsked = panelStory({
  place: `${place}?ask=restore`,
  answers: {
    ...backupAnswers,
    "restore.state": { work: null, kept: [keptState], hold: restoreHold },
    "system.status": aStatus({
      held: restoreHold,
      backups: { ...aStatus().backups, full: { state: "no_code", reason: "", newestAt: null, nextAt: null } },
    }),
  },
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("button", { name: "Open the newest" }));
    await screen.findByRole("button", { name: "Preview restore" });
  },
});

export const OnAFreshMachine = panelStory({
  place: `${place}?ask=restore`,
  answers: { ...backupAnswers, "companies.list": { companies: [] }, "backups.list": listedBackups([]) },
  act: async ({ screen }) => screen.findByRole("button", { name: "From a file…" }),
});

export const NothingToUndo = panelStory({ place: `${place}?ask=undo`, answers: backupAnswers });

export const NotABackup = panelStory({
  place: `${place}?ask=restore`,
  answers: {
    ...backupAnswers,
    "backups.list": listedBackups([]),
    "shell.info": { host: "window", platform: "linux", canOpenFolder: true },
    "shell.addBackup": refused("backup_invalid", "letter.txt is no sound backup: it is no tar, or ends too early.", {
      next: "Choose a file that this product wrote: its name ends with .tar or .tar.age.",
    }),
  },
  act: async (page) => {
    await press(page, "From a file…");
    await page.screen.findByText("The backup was not added.");
  },
});
