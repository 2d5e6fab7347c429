import { eventIterator, oc } from "@orpc/contract";
import { z } from "zod";
import { instant } from "./common.ts";
import { errorMap } from "./errors.ts";

const area = oc.errors(errorMap);

const file = z.string().min(1).max(4_096);

/** A table of a backup: its rows, and the SHA-256 of them all as COPY writes them. */
export const backupTable = z.object({ name: z.string(), rows: z.int(), bytes: z.int(), sha256: z.string() });
export type BackupTable = z.infer<typeof backupTable>;

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

/** A backup that was read from its first byte to its last. */
export const wholeBackup = backupHead.extend({
  rows: z.int(),
  tables: z.array(backupTable),
});
export type WholeBackup = z.infer<typeof wholeBackup>;

export const verifiedBackup = wholeBackup.extend({
  /** When it was last restored and compared; null: its sums were verified, and it was never restored. */
  provenAt: instant.nullable(),
});
export type VerifiedBackup = z.infer<typeof verifiedBackup>;

/** A file in the folder of backups. */
export const backupEntry = z.discriminatedUnion("state", [
  backupHead.extend({ state: z.literal("ok"), provenAt: instant.nullable() }),
  z.object({ state: z.literal("unreadable"), path: z.string(), bytes: z.int(), problem: z.string() }),
]);
export type BackupEntry = z.infer<typeof backupEntry>;

/** What is being done to a backup right now. */
export const backupWork = z.object({
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
export const backupFailure = z.object({
  at: instant,
  doing: z.enum(["taking", "proving"]),
  code: z.string(),
  message: z.string(),
  next: z.string().nullable(),
});
export type BackupFailure = z.infer<typeof backupFailure>;

/** Backups by interval. */
export const automaticBackups = z.object({
  /** `elsewhere`: this process takes none, because a command opened the instance. */
  state: z.enum(["off", "on", "failing", "elsewhere"]),
  nextAt: instant.nullable(),
  /** When it was last seen that nothing had changed since the newest backup, so that none was taken. */
  unchangedAt: instant.nullable(),
  failure: backupFailure.nullable(),
});
export type AutomaticBackups = z.infer<typeof automaticBackups>;

export const retentionPreset = z.enum(["short", "standard", "long"]);

/** What retention makes of a backup. */
export const retainedBackup = z.object({
  path: z.string(),
  takenAt: instant,
  bytes: z.int(),
  provenAt: instant.nullable(),
  /** Why it is kept; empty where it is not. */
  keep: z.array(z.enum(["newest", "newest_proven", "newest_before_migration", "hourly", "daily", "weekly", "monthly"])),
  /** Which limit it is removed for; null where it is kept. */
  removedFor: z.enum(["tiers", "size"]).nullable(),
});
export type RetainedBackup = z.infer<typeof retainedBackup>;

export const prunedBackups = z.object({
  /** False: a preview, nothing was removed. */
  removed: z.boolean(),
  backups: z.array(retainedBackup),
  freedBytes: z.int(),
});
export type PrunedBackups = z.infer<typeof prunedBackups>;

/** An absolute path; left out, the folder of this instance. */
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
