import { eventIterator, oc } from "@orpc/contract";
import { z } from "zod";
import { instant, secretValue } from "./common.ts";
import { errorMap } from "./errors.ts";

const area = oc.errors(errorMap);

const file = z.string().min(1).max(4_096);

/** A table of a backup: its rows, and the SHA-256 of them all as COPY writes them. */
const backupTable = z.object({ name: z.string(), rows: z.int(), bytes: z.int(), sha256: z.string() });

/** What a full backup is opened by: the passphrase that was given when it was taken, or the recovery code. */
const openedBy = z.enum(["passphrase", "recovery"]);
export type OpenedBy = z.infer<typeof openedBy>;

/** What a backup says about itself. */
export const backupHead = z.object({
  path: z.string(),
  kind: z.enum(["database", "full"]),
  reason: z.enum(["manual", "scheduled", "pre-migration"]),
  takenAt: instant,
  bytes: z.int(),
  /** The version of the app that wrote it, and its newest migration. */
  appVersion: z.string(),
  schema: z.int(),
  instance: z.object({ id: z.string(), companies: z.array(z.string()) }),
  /** Ids of the master keys without which some of its secrets stay closed. In a backup of the database no key is inside. */
  keyIds: z.array(z.string()),
});
export type BackupHead = z.infer<typeof backupHead>;

/** What a full backup holds beside the database. Paths are below the instance folder. */
export const fullContent = z.object({
  openedBy,
  /** Id of the master key inside; null where there was none to take along. */
  keyId: z.string().nullable(),
  settings: z.array(z.string()),
  files: z.object({ count: z.int(), bytes: z.int() }),
  /** Symbolic links, kept as they are. */
  links: z.int(),
  /** What is not inside though it lies where files are taken from; at most 10,000 of them. */
  leftOut: z.array(z.object({ path: z.string(), why: z.string() })),
  leftOutCount: z.int(),
});
export type FullContent = z.infer<typeof fullContent>;

/** Tables in a backup that no migration of this app makes, such as an operator's own: a restore leaves them in the file. */
export const leftTables = z.array(z.object({ name: z.string(), rows: z.int() }));

/** A backup that was read from its first byte to its last. */
const wholeBackup = backupHead.extend({
  rows: z.int(),
  tables: z.array(backupTable),
  notRestored: leftTables,
  /** Null for a backup of the database. */
  full: fullContent.nullable(),
});
export type WholeBackup = z.infer<typeof wholeBackup>;

const takenBackup = wholeBackup.extend({
  /** Paths of older ones that retention did not keep, and that were removed before. */
  removed: z.array(z.string()),
  /** Those that were to be removed and could not be, each with the reason. */
  notRemoved: z.array(z.object({ path: z.string(), why: z.string() })),
});
export type TakenBackup = z.infer<typeof takenBackup>;

/** How the schema of a database that was backed up differed from the one that comes back. */
const schemaDifference = z.object({
  kind: z.enum(["columns", "constraint", "index", "trigger", "function", "view"]),
  /** Null for a function or a view. */
  table: z.string().nullable(),
  name: z.string(),
  /** `missing`: its migrations make it, and it was gone. `added`: they do not make it, and it is not made again. */
  was: z.enum(["missing", "other", "added"]),
});
export type SchemaDifference = z.infer<typeof schemaDifference>;

/** What a proof found of differences: how many, and the first ten of them. */
export const foundDifferences = z.object({ count: z.int(), first: z.array(schemaDifference) });
export type FoundDifferences = z.infer<typeof foundDifferences>;

const verifiedBackup = wholeBackup.extend({
  /** Null where it was not restored now, or is of a version that did not note its schema. */
  schemaDifferences: z.array(schemaDifference).nullable(),
  /** When it was last restored and compared; null: its sums were verified, and it was never restored. */
  provenAt: instant.nullable(),
  /** Why a proof that came about could not be noted beside the file, such as on a stick that is read-only: no list knows of it. */
  notNoted: z.string().nullable(),
});
export type VerifiedBackup = z.infer<typeof verifiedBackup>;

/** How many there are in a backup of what people look for. */
const backupAreas = z.object({
  companies: z.int(),
  agents: z.int(),
  routines: z.int(),
  runs: z.int(),
  secrets: z.int(),
});

/** How the schema differed by the last proof; null where it did not, or nobody looked. */
const provenDifferences = foundDifferences.nullable();

/** A file in the folder of backups. What a full one holds is told only to who opens it. */
const backupEntry = z.discriminatedUnion("state", [
  backupHead.extend({
    state: z.literal("ok"),
    /** By what it says of itself; null where its end cannot be read. */
    holds: backupAreas.nullable(),
    provenAt: instant.nullable(),
    provenDifferences,
  }),
  z.object({
    state: z.literal("sealed"),
    kind: z.literal("full"),
    path: z.string(),
    takenAt: instant,
    bytes: z.int(),
    openedBy,
    /** `scheduled`: it was taken by interval, and retention removes it in its time. `received`: it came from elsewhere. */
    reason: z.enum(["manual", "scheduled", "received"]),
    provenAt: instant.nullable(),
    provenDifferences,
  }),
  z.object({ state: z.literal("unreadable"), path: z.string(), bytes: z.int(), problem: z.string() }),
]);
export type BackupEntry = z.infer<typeof backupEntry>;

/** What is being done to a backup right now. */
const backupWork = z.object({
  kind: z.enum(["taking", "verifying", "proving", "pruning"]),
  /** Whether nobody asked for it. */
  automatic: z.boolean(),
  startedAt: instant,
  /** 0 to 1, as far as that can be told. */
  done: z.number(),
  bytes: z.int().nullable(),
  rows: z.int().nullable(),
  /** The table or file that is worked on. */
  table: z.string().nullable(),
});
export type BackupWork = z.infer<typeof backupWork>;

/** Why the last automatic backup, or the last automatic proof, did not come about. */
const backupFailure = z.object({
  at: instant,
  doing: z.enum(["taking", "proving"]),
  code: z.string(),
  message: z.string(),
  next: z.string().nullable(),
});

/** Full backups by interval. */
const automaticFullBackups = z.object({
  /** `no_code`: there is no recovery code that they could be encrypted to. */
  state: z.enum(["off", "no_code", "on", "failing", "elsewhere"]),
  nextAt: instant.nullable(),
  unchangedAt: instant.nullable(),
  failure: backupFailure.omit({ doing: true }).nullable(),
});
export type AutomaticFullBackups = z.infer<typeof automaticFullBackups>;

/** Backups by interval: those of the database, and full ones. */
const automaticBackups = z.object({
  /** `elsewhere`: this process takes none, because a command opened the instance. */
  state: z.enum(["off", "on", "failing", "elsewhere"]),
  nextAt: instant.nullable(),
  /** When it was last seen that nothing had changed since the newest backup, so that none was taken. */
  unchangedAt: instant.nullable(),
  failure: backupFailure.nullable(),
  full: automaticFullBackups,
});
export type AutomaticBackups = z.infer<typeof automaticBackups>;

export const retentionPreset = z.enum(["short", "standard", "long"]);

/** What retention makes of a backup. */
const retainedBackup = z.object({
  path: z.string(),
  kind: z.enum(["database", "full"]),
  takenAt: instant,
  bytes: z.int(),
  provenAt: instant.nullable(),
  /** Why it is kept; empty where it is not. */
  keep: z.array(z.enum(["newest", "newest_proven", "newest_before_migration", "hourly", "daily", "weekly", "monthly"])),
  /** Which limit it is removed for; null where it is kept. */
  removedFor: z.enum(["tiers", "size"]).nullable(),
});
export type RetainedBackup = z.infer<typeof retainedBackup>;

const prunedBackups = z.object({
  /** False: a preview, nothing was removed. */
  removed: z.boolean(),
  backups: z.array(retainedBackup),
  freedBytes: z.int(),
});
export type PrunedBackups = z.infer<typeof prunedBackups>;

/** Taken to the byte, in the composed form of Unicode; a line end is part of it. */
export const passphrase = secretValue;

/** An absolute path, the last part of which may be missing; left out, the folder of this instance. */
const directory = file.optional();

/** Backups of the database, and full ones. */
export const backups = {
  list: area
    .route({ summary: "The backups in the folder of this instance, the newest first, and what is under way" })
    .output(
      z.object({
        directory: z.string(),
        backups: z.array(backupEntry),
        bytes: z.int(),
        automatic: automaticBackups,
        work: backupWork.nullable(),
      }),
    ),
  follow: area
    .route({ summary: "What is being done to a backup, as it goes on; null where nothing is" })
    .output(eventIterator(backupWork.nullable())),
  take: area
    .route({ summary: "Back the database up into one file; answers when it is complete" })
    .input(
      z.object({
        directory,
        /** The tiers by which older ones are removed before; left out, those of the settings. */
        retentionPreset: retentionPreset.optional(),
      }),
    )
    .output(takenBackup),
  takeFull: area
    .route({ summary: "Back everything up into one encrypted file: database, master key, files and settings" })
    .input(
      z.object({
        directory,
        /** What opens it; left out, it is encrypted to the recovery code in force. */
        passphrase: passphrase.optional(),
      }),
    )
    .output(wholeBackup),
  verify: area
    .route({
      summary: "Read a backup against its sums; to prove it, restore it into a database of its own and compare",
    })
    .input(
      z.object({
        /** An absolute path, or the name of a file in the folder of this instance. */
        file,
        prove: z.boolean().optional(),
        /** What opens a full backup: one of the two, according to how it was encrypted. */
        passphrase: passphrase.optional(),
        code: secretValue.optional(),
      }),
    )
    .output(verifiedBackup),
  prune: area
    .route({ summary: "Remove the backups that retention does not keep; a preview only says which" })
    .input(z.object({ preview: z.boolean().optional(), retentionPreset: retentionPreset.optional() }))
    .output(prunedBackups),
  cancel: area
    .route({ summary: "Give up what is being done to a backup; nothing of it is left" })
    .output(z.object({ cancelled: z.boolean() })),
};
