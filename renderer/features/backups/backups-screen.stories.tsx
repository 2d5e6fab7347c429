import type { Meta } from "@storybook/react-vite";
import { within } from "storybook/test";
import type {
  AutomaticFullBackups,
  BackupEntry,
  BackupWork,
  VerifiedBackup,
  WholeBackup,
} from "../../../preload/contract/backups.ts";
import type { RestorePreview } from "../../../preload/contract/restore.ts";
import { pending, refused, vaultLocked } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { daysAgo, hoursAgo, minutesAgo } from "../../stories/clock.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import { aRecovery, aStatus, aStatusWithLockedVault, aVaultKeys } from "../../stories/records.ts";

export default { title: "Backups" } satisfies Meta;

const DIRECTORY = "/home/operator/.paperclip/instances/default/data/backups";
const place = "/backups";

type Ok = Extract<BackupEntry, { state: "ok" }>;

function aBackup(takenAt: string, different: Partial<Ok> = {}): Ok {
  const reason = different.reason ?? "scheduled";
  return {
    state: "ok",
    path: `${DIRECTORY}/paperclip-${takenAt.replaceAll(/[-:.]/g, "")}-${reason}.tar`,
    kind: "database",
    reason,
    takenAt,
    bytes: 21_400_000,
    appVersion: "0.1.0",
    schema: 4,
    instance: { id: "default", companies: ["Acme"] },
    keyIds: ["9f2ab31c64e08d57"],
    holds: { companies: 1, agents: 4, routines: 12, runs: 3_040, secrets: 9 },
    provenAt: null,
    ...different,
  };
}

const sealed: BackupEntry = {
  state: "sealed",
  kind: "full",
  path: `${DIRECTORY}/paperclip-20260301T090000000Z-full.tar.age`,
  takenAt: daysAgo(7),
  bytes: 38_100_000,
  openedBy: "passphrase",
  reason: "manual",
  provenAt: daysAgo(7),
};
const toTheCode: BackupEntry = {
  ...sealed,
  path: `${DIRECTORY}/paperclip-20260307T160000000Z-full-scheduled.tar.age`,
  takenAt: hoursAgo(20),
  openedBy: "recovery",
  reason: "scheduled",
  provenAt: null,
};
const unreadable: BackupEntry = {
  state: "unreadable",
  path: `${DIRECTORY}/paperclip-20260220T090000000Z-manual.tar`,
  bytes: 7,
  problem: "It is no sound backup: it is no tar, or ends too early.",
};
const some: BackupEntry[] = [
  aBackup(hoursAgo(0.5)),
  aBackup(hoursAgo(9), { provenAt: hoursAgo(8.9) }),
  toTheCode,
  aBackup(daysAgo(1), { reason: "manual", instance: { id: "default", companies: ["Acme", "Globex"] } }),
  aBackup(daysAgo(2), { reason: "pre-migration", schema: 3, keyIds: ["9f2ab31c64e08d57", "11aab31c64e08d57"] }),
  sealed,
  unreadable,
];

const full: AutomaticFullBackups = {
  state: "on",
  nextAt: "2026-03-08T16:00:00.000Z",
  unchangedAt: null,
  failure: null,
};
const listed = (backups: BackupEntry[], work: BackupWork | null = null) => ({
  directory: DIRECTORY,
  backups,
  bytes: backups.reduce((sum, { bytes }) => sum + bytes, 0),
  automatic: { state: "on" as const, nextAt: "2026-03-08T13:30:00.000Z", unchangedAt: null, failure: null, full },
  work,
});

const whole: WholeBackup = {
  ...aBackup(minutesAgo(0), { reason: "manual" }),
  rows: 4_210,
  tables: [{ name: "routines", rows: 12, bytes: 4_000, sha256: "0".repeat(64) }],
  full: null,
};
const wholeFull: WholeBackup = {
  ...whole,
  kind: "full",
  path: `${DIRECTORY}/paperclip-20260308T120000000Z-full.tar.age`,
  full: {
    openedBy: "passphrase",
    keyId: "9f2ab31c64e08d57",
    settings: ["config.json"],
    files: { count: 214, bytes: 16_000_000 },
    links: 3,
    leftOut: [{ path: "workspaces/coder/agent.sock", why: "no file: a socket, a pipe or a device" }],
    leftOutCount: 1,
  },
};
const verified: VerifiedBackup = { ...wholeFull, provenAt: minutesAgo(0) };

const answers: Answers = {
  "restore.state": { work: null, kept: [], hold: null },
  "backups.list": listed(some),
  "backups.take": whole,
  "backups.takeFull": wholeFull,
  "backups.verify": verified,
  "keys.show": aVaultKeys({ recovery: aRecovery() }),
};

const work: BackupWork = {
  kind: "taking",
  automatic: true,
  startedAt: minutesAgo(1),
  done: 0.42,
  bytes: 118_000_000,
  rows: 84_210,
  table: "heartbeat_runs",
};

const press = async ({ screen, user }: StoryPage, name: string | RegExp) =>
  user.click(await screen.findByRole("button", { name }));
const pressWithin = async ({ screen, user }: StoryPage, name: string) =>
  user.click(await within(await screen.findByRole("dialog")).findByRole("button", { name }));
const type = async ({ screen, user }: StoryPage, text: string) => {
  await user.click(await screen.findByLabelText("Passphrase"));
  await user.paste(text);
};
const fileOf = ({ path }: BackupEntry) => path.split("/").at(-1) ?? "";

export const Some = panelStory({ place, answers });

export const Empty = panelStory({
  place,
  answers: {
    ...answers,
    "backups.list": listed([]),
    "system.status": aStatus({
      backups: { ...aStatus().backups, newestAt: null, provenAt: null, count: 0, bytes: 0 },
    }),
  },
});

export const Many = panelStory({
  place,
  answers: {
    ...answers,
    "backups.list": listed(Array.from({ length: 1_000 }, (_, index) => aBackup(hoursAgo(index + 1)))),
  },
});

export const Loading = panelStory({ place, answers: { ...answers, "backups.list": pending } });

export const InProgress = panelStory({
  place,
  answers: { ...answers, "backups.list": listed(some, work), "backups.follow": [work] },
});

export const WithoutRecoveryCode = panelStory({
  place,
  answers: {
    ...answers,
    "backups.list": listed(some.filter((one) => one !== toTheCode)),
    "system.status": aStatus({
      backups: { ...aStatus().backups, full: { state: "no_code", reason: "", newestAt: daysAgo(7), nextAt: null } },
    }),
  },
});

export const Failing = panelStory({
  place,
  answers: {
    ...answers,
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

export const CannotBeShown = panelStory({
  place,
  answers: {
    ...answers,
    "backups.list": refused(
      "instance_permissions",
      `The folder of backups ${DIRECTORY} was not read: this user has no right to it.`,
      { next: "Give this user the right to read and write there, or choose another --home." },
    ),
  },
});

export const OfTheDatabase = panelStory({ place: `${place}?file=${fileOf(some[0] ?? sealed)}`, answers });

export const OfEverythingProven = panelStory({
  place: `${place}?file=${fileOf(sealed)}`,
  answers,
  act: async (page) => {
    await type(page, "correct horse battery staple");
    await press(page, "Prove backup");
    await page.screen.findByText("It was restored, and every table came back the same");
  },
});

export const ToTheRecoveryCode = panelStory({ place: `${place}?file=${fileOf(toTheCode)}`, answers });

export const WrongPassphrase = panelStory({
  place: `${place}?file=${fileOf(sealed)}`,
  answers: {
    ...answers,
    "backups.verify": refused("passphrase_wrong", "The file was not opened: the passphrase is another one.", {
      next: "Give the passphrase that was chosen when it was taken; upper and lower case and blanks matter.",
      fields: { passphrase: "does not open it" },
    }),
  },
  act: async (page) => {
    await type(page, "another passphrase");
    await press(page, "Verify backup");
    await page.screen.findByText("does not open it");
  },
});

export const Unreadable = panelStory({ place: `${place}?file=${fileOf(unreadable)}`, answers });

export const EverythingWeak = panelStory({
  place: `${place}?ask=everything`,
  answers,
  act: async (page) => {
    await type(page, "short");
    await page.screen.findByText(/Cannot be used/);
  },
});

export const EverythingTaken = panelStory({
  place: `${place}?ask=everything`,
  answers,
  act: async (page) => {
    await type(page, "correct horse battery staple");
    await pressWithin(page, "Back up everything");
    await page.screen.findByText("Everything is backed up");
  },
});

export const EverythingLockedVault = panelStory({
  place: `${place}?ask=everything`,
  answers: { ...answers, "system.status": aStatusWithLockedVault(), "backups.takeFull": vaultLocked },
  act: async (page) => {
    await type(page, "correct horse battery staple");
    await pressWithin(page, "Back up everything");
    await page.screen.findByText(/Nothing was backed up/);
  },
});

export const Retention = panelStory({
  place,
  answers: {
    ...answers,
    "backups.prune": {
      removed: false,
      freedBytes: 21_400_000,
      backups: some.flatMap((one, index) =>
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

const preview: RestorePreview = {
  ...aBackup(daysAgo(1), { reason: "manual" }),
  rows: 4_180,
  tables: [
    { name: "companies", rows: 1 },
    { name: "routines", rows: 12 },
    { name: "routine_runs", rows: 3_001 },
  ],
  full: null,
  migrations: 1,
  keys: {
    state: "current",
    expectedKeyId: "9f2ab31c64e08d57",
    message: "The master key 9f2ab31c64e08d57, which is in use here, opens it.",
    next: null,
  },
  current: {
    companies: ["Acme"],
    related: true,
    lost: [
      { what: "routines", added: 1, changed: 2 },
      { what: "secrets", added: 0, changed: 1 },
      { what: "runs", added: 48, changed: null },
    ],
    running: 1,
  },
  space: { neededBytes: 210_000_000, freeBytes: 80_000_000_000 },
  refused: null,
  notes: [
    "Nothing starts by itself afterwards: schedules, queued runs, retries and webhooks are held until they are released.",
  ],
};
const lookedAt = async ({ screen, user }: StoryPage) => {
  await user.click(await screen.findByRole("button", { name: "Preview restore" }));
  await screen.findByRole("button", { name: "Restore backup" });
};
const ofThird = `${place}?file=${fileOf(some[3] ?? sealed)}`;

export const RestorePreviewed = panelStory({
  place: ofThird,
  answers: { ...answers, "restore.preview": preview },
  act: lookedAt,
});

export const RestoreOfEverythingPreviewed = panelStory({
  place: `${place}?file=${fileOf(sealed)}`,
  answers: { ...answers, "restore.preview": { ...preview, kind: "full", full: wholeFull.full } },
  act: async (page) => {
    await page.user.click(await page.screen.findByLabelText("Passphrase to restore"));
    await page.user.paste("correct horse battery staple");
    await lookedAt(page);
  },
});

export const RestoreOfAnotherMachine = panelStory({
  place: ofThird,
  answers: {
    ...answers,
    "restore.preview": {
      ...preview,
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
    ...answers,
    "restore.state": {
      work: { kind: "restore", phase: "loading", done: 0.4, startedAt: minutesAgo(1), cancellable: true },
      kept: [],
      hold: null,
    },
  },
});

const hold = {
  kind: "restore" as const,
  source: "paperclip-20260307T090000000Z-manual.tar",
  stateOf: daysAgo(1),
  beganAt: minutesAgo(5),
  queued: 3,
};
const kept = {
  id: "20260308T115500000Z",
  keptAt: minutesAgo(5),
  expiresAt: "2026-03-15T11:55:00.000Z",
  before: "restore" as const,
  source: hold.source,
};

export const RestoredAndHeld = panelStory({
  place,
  answers: {
    ...answers,
    "system.status": aStatus({ held: hold }),
    "restore.state": { work: null, kept: [kept], hold },
  },
});

export const UndoAsked = panelStory({
  answers: { ...answers, "restore.state": { work: null, kept: [kept], hold: null } },
  place: `${place}?ask=undo`,
  act: async ({ screen }) => screen.findByRole("dialog", { name: "Put back what was in use before?" }),
});

export const RestoreAsked = panelStory({
  place: `${place}?ask=restore`,
  answers,
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("button", { name: "Open the newest" }));
    await screen.findByRole("button", { name: "Preview restore" });
  },
});

export const NothingToUndo = panelStory({ place: `${place}?ask=undo`, answers });

export const NotABackup = panelStory({
  place: `${place}?ask=restore`,
  answers: {
    ...answers,
    "backups.list": listed([]),
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
