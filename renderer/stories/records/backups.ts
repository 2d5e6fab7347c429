import type {
  AutomaticFullBackups,
  BackupEntry,
  BackupWork,
  VerifiedBackup,
  WholeBackup,
} from "../../../preload/contract/backups.ts";
import type { KeptState, RestoreHold, RestorePreview } from "../../../preload/contract/restore.ts";
import type { Answers } from "../answers.ts";
import { daysAgo, hoursAgo, minutesAgo } from "../clock.ts";
import { aVaultKeys } from "./vault.ts";

export const BACKUPS_FOLDER = "/home/operator/.paperclip/instances/default/data/backups";

type DatabaseBackup = Extract<BackupEntry, { state: "ok" }>;
type SealedBackup = Extract<BackupEntry, { state: "sealed" }>;

export function aBackup(takenAt: string, different: Partial<DatabaseBackup> = {}): DatabaseBackup {
  const reason = different.reason ?? "scheduled";
  return {
    state: "ok",
    path: `${BACKUPS_FOLDER}/paperclip-${takenAt.replaceAll(/[-:.]/g, "")}-${reason}.tar`,
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
    provenDifferences: null,
    ...different,
  };
}

/** Of everything, to a passphrase, and proven. */
export const sealedBackup: SealedBackup = {
  state: "sealed",
  kind: "full",
  path: `${BACKUPS_FOLDER}/paperclip-20260301T090000000Z-full.tar.age`,
  takenAt: daysAgo(7),
  bytes: 38_100_000,
  openedBy: "passphrase",
  reason: "manual",
  provenAt: daysAgo(7),
  provenDifferences: null,
};

/** Of everything by interval, to the recovery code. */
export const backupToTheCode: SealedBackup = {
  ...sealedBackup,
  path: `${BACKUPS_FOLDER}/paperclip-20260307T160000000Z-full-scheduled.tar.age`,
  takenAt: hoursAgo(20),
  openedBy: "recovery",
  reason: "scheduled",
  provenAt: null,
};

/** Of everything, from another machine: nobody has opened it here. */
const receivedBackup: SealedBackup = {
  ...sealedBackup,
  path: `${BACKUPS_FOLDER}/paperclip-20260225T090000000Z-full-received.tar.age`,
  takenAt: daysAgo(11),
  reason: "received",
  provenAt: null,
};

export const unreadableBackup: BackupEntry = {
  state: "unreadable",
  path: `${BACKUPS_FOLDER}/paperclip-20260220T090000000Z-manual.tar`,
  bytes: 7,
  problem: "It is no sound backup: it is no tar, or ends too early.",
};

/** By hand, a day old, of two companies. */
export const manualBackup = aBackup(daysAgo(1), {
  reason: "manual",
  instance: { id: "default", companies: ["Acme", "Globex"] },
});

/** Of a database that had lost an index. */
const provenBackup = aBackup(hoursAgo(9), {
  provenAt: hoursAgo(8.9),
  provenDifferences: {
    count: 1,
    first: [{ kind: "index", table: "routine_runs", name: "routine_runs_status_ix", was: "missing" }],
  },
});

/** Of every kind, the newest first. */
export const someBackups: readonly BackupEntry[] = [
  aBackup(hoursAgo(0.5)),
  provenBackup,
  backupToTheCode,
  manualBackup,
  aBackup(daysAgo(2), { reason: "pre-migration", schema: 3, keyIds: ["9f2ab31c64e08d57", "11aab31c64e08d57"] }),
  sealedBackup,
  receivedBackup,
  unreadableBackup,
];

const full: AutomaticFullBackups = {
  state: "on",
  nextAt: "2026-03-08T16:00:00.000Z",
  unchangedAt: null,
  failure: null,
};

/** The answer of `backups.list`. */
export function listedBackups(backups: readonly BackupEntry[], work: BackupWork | null = null) {
  return {
    directory: BACKUPS_FOLDER,
    backups: [...backups],
    bytes: backups.reduce((sum, { bytes }) => sum + bytes, 0),
    automatic: { state: "on" as const, nextAt: "2026-03-08T13:30:00.000Z", unchangedAt: null, failure: null, full },
    work,
  };
}

const whole: WholeBackup = {
  ...aBackup(minutesAgo(0), { reason: "manual" }),
  rows: 4_210,
  tables: [{ name: "routines", rows: 12, bytes: 4_000, sha256: "0".repeat(64) }],
  notRestored: [{ name: "notes_of_mine", rows: 3 }],
  full: null,
};

export const wholeFullBackup = {
  ...whole,
  kind: "full",
  path: `${BACKUPS_FOLDER}/paperclip-20260308T120000000Z-full.tar.age`,
  full: {
    openedBy: "passphrase",
    keyId: "9f2ab31c64e08d57",
    settings: ["config.json"],
    files: { count: 214, bytes: 16_000_000 },
    links: 3,
    leftOut: [{ path: "workspaces/coder/agent.sock", why: "no file: a socket, a pipe or a device" }],
    leftOutCount: 1,
  },
} satisfies WholeBackup;

const verified: VerifiedBackup = {
  ...wholeFullBackup,
  schemaDifferences: [{ kind: "index", table: "routine_runs", name: "routine_runs_status_ix", was: "missing" }],
  provenAt: minutesAgo(0),
  notNoted: null,
};

/** What the screen asks, with some backups and nothing under way. */
export const backupAnswers: Answers = {
  "restore.state": { work: null, kept: [], hold: null },
  "backups.list": listedBackups(someBackups),
  "backups.take": { ...whole, removed: [], notRemoved: [] },
  "backups.takeFull": wholeFullBackup,
  "backups.verify": verified,
  "keys.show": aVaultKeys(),
};

/** Of the manual backup, with all that it would cost. */
export const restorePreview: RestorePreview = {
  ...manualBackup,
  identity: "5".repeat(64),
  rows: 4_180,
  tables: [
    { name: "companies", rows: 1 },
    { name: "routines", rows: 12 },
    { name: "routine_runs", rows: 3_001 },
    { name: "notes_of_mine", rows: 3 },
  ],
  notRestored: [{ name: "notes_of_mine", rows: 3 }],
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
    absent: [],
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

export const restoreHold: RestoreHold = {
  kind: "restore",
  source: "paperclip-20260307T090000000Z-manual.tar",
  stateOf: daysAgo(1),
  beganAt: minutesAgo(5),
  queued: 3,
};

export const keptState: KeptState = {
  id: "20260308T115500000Z",
  keptAt: minutesAgo(5),
  expiresAt: "2026-03-15T11:55:00.000Z",
  before: "restore",
  source: restoreHold.source,
  replaced: ["database"],
};
