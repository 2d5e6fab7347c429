import { oc } from "@orpc/contract";
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
  reason: z.enum(["manual", "pre-migration"]),
  takenAt: instant,
  bytes: z.int(),
  /** The version of the app that wrote it, and its newest migration. */
  appVersion: z.string(),
  schema: z.int(),
  instance: z.object({ id: z.string(), companies: z.array(z.string()) }),
  /** Ids of the master keys without which some of its secrets stay closed. No key is inside. */
  keyIds: z.array(z.string()),
});
export type BackupHead = z.infer<typeof backupHead>;

/** A backup that was read from its first byte to its last. */
export const wholeBackup = backupHead.extend({ rows: z.int(), tables: z.array(backupTable) });
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
  kind: z.enum(["taking", "verifying", "proving"]),
  startedAt: instant,
  /** 0 to 1, as far as that can be told. */
  done: z.number(),
  rows: z.int().nullable(),
  table: z.string().nullable(),
});
export type BackupWork = z.infer<typeof backupWork>;

/** Backups of the database. */
export const backups = {
  list: area
    .route({ summary: "The backups in the folder of this instance, the newest first, and what is under way" })
    .output(z.object({ directory: z.string(), backups: z.array(backupEntry), work: backupWork.nullable() })),
  take: area
    .route({ summary: "Back the database up into one file; answers when it is complete" })
    .input(
      z.object({
        /** An absolute path; left out, the folder of this instance. */
        directory: file.optional(),
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
  cancel: area
    .route({ summary: "Give up what is being done to a backup; nothing of it is left" })
    .output(z.object({ cancelled: z.boolean() })),
};
