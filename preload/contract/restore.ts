import { oc } from "@orpc/contract";
import { z } from "zod";
import { backupHead, fullContent, leftTables, passphrase } from "./backups.ts";
import { instant, secretValue } from "./common.ts";
import { errorMap } from "./errors.ts";

const area = oc.errors(errorMap);

/** An absolute path, or the name of a file in the folder of backups of this instance. */
const file = z.string().min(1).max(4_096);

/** What opens a backup of everything: one of the two, according to how it was encrypted. */
const opening = { passphrase: passphrase.optional(), code: secretValue.optional() };

/** Whether secrets in a backup open here: by the key in use, by one that it replaced, by the one inside, by one put aside, or not. */
const restoredKeys = z.object({
  state: z.enum(["none", "current", "retired", "inside", "aside", "missing"]),
  /** The id of the key that the backup expects. */
  expectedKeyId: z.string().nullable(),
  message: z.string(),
  next: z.string().nullable(),
});
export type RestoredKeys = z.infer<typeof restoredKeys>;

/** Things in use that the backup does not hold, or holds as they were before. */
const lostThings = z.object({
  what: z.enum(["companies", "agents", "projects", "routines", "revisions", "secrets", "versions", "runs"]),
  /** In use and not in the backup: made since, or of a company that it does not hold. */
  added: z.int(),
  /** There already then, and changed since; null where that is not kept. */
  changed: z.int().nullable(),
});
export type LostThings = z.infer<typeof lostThings>;

const restorePreview = backupHead.extend({
  /** Tells what is in it from all else. `start` takes it, and puts nothing else in place. */
  identity: z.string(),
  rows: z.int(),
  tables: z.array(z.object({ name: z.string(), rows: z.int() })),
  notRestored: leftTables,
  /** Null for a backup of the database. */
  full: fullContent.nullable(),
  /** Migrations that are applied to it afterwards. */
  migrations: z.int(),
  keys: restoredKeys,
  /** What is in use now, or null where its database does not answer, and why. */
  current: z
    .object({
      companies: z.array(z.string()),
      /** Those of them that the backup does not hold, though it may hold another one of the same name: all of theirs is lost. */
      absent: z.array(z.string()),
      /** False where it has no company in common with the backup: then all of it is lost. */
      related: z.boolean(),
      lost: z.array(lostThings),
      /** Runs that would be ended. */
      running: z.int(),
    })
    .nullable(),
  space: z.object({ neededBytes: z.int(), freeBytes: z.int().nullable() }),
  /** Why it cannot be restored as things stand, and what to do; null where it can. */
  refused: z.object({ message: z.string(), next: z.string().nullable() }).nullable(),
  /** What else is to be known before. */
  notes: z.array(z.string()),
});
export type RestorePreview = z.infer<typeof restorePreview>;

/** What is being done right now. */
const restoreWork = z.object({
  kind: z.enum(["preview", "restore", "undo"]),
  phase: z.enum(["verifying", "stopping", "loading", "swapping", "starting"]),
  /** 0 to 1 within the phase, as far as that can be told. */
  done: z.number(),
  startedAt: instant,
  /** False once it will be carried out whatever happens. */
  cancellable: z.boolean(),
});
export type RestoreWork = z.infer<typeof restoreWork>;

/** What of an instance a restore or an undo may replace, in the order in which people name it. */
export const replacedPart = z.enum(["database", "key", "settings", "files"]);
export type ReplacedPart = z.infer<typeof replacedPart>;

/** What was in use before a restore or an undo, and can be put back. */
const keptState = z.object({
  id: z.string(),
  keptAt: instant,
  /** Removed then. */
  expiresAt: instant,
  /** What took its place: a restore of this file, or an undo. */
  before: z.enum(["restore", "undo"]),
  source: z.string(),
  /** What took the place of what is kept; null where an earlier version kept it. */
  replaced: z.array(replacedPart).nullable(),
});
export type KeptState = z.infer<typeof keptState>;

/** What holds everything back that would start by itself. */
export const restoreHold = z.object({
  kind: z.enum(["restore", "undo"]),
  source: z.string(),
  /** Of when the rows are. */
  stateOf: instant,
  beganAt: instant,
  /** Runs that wait in the queue. */
  queued: z.int(),
});
export type RestoreHold = z.infer<typeof restoreHold>;

/** Where something is kept that no undo puts back. */
const keptAside = z.object({
  /** An absolute path. */
  path: z.string(),
  /** Removed then; null: never by itself. */
  until: instant.nullable(),
});
export type KeptAside = z.infer<typeof keptAside>;

const restored = z.object({
  kind: z.enum(["restore", "undo"]),
  source: z.string(),
  stateOf: instant,
  /** Whether its secrets open with the key in use here. */
  opens: z.boolean(),
  /** What was in use before; null where nothing of it is kept, because there was nothing. */
  kept: keptState.nullable(),
  /** What made way for files, settings and key that came with the rows of a server's database; else empty. */
  keptAside: z.array(keptAside),
  /** That the backup holds, with those that were not restored; null for an undo. */
  rows: z.int().nullable(),
  notRestored: leftTables,
});
export type Restored = z.infer<typeof restored>;

/** Putting a backup in place of what is in use, and the way back. */
export const restore = {
  state: area
    .route({ summary: "What is being restored, what can be put back, and what is held back since" })
    .output(z.object({ work: restoreWork.nullable(), kept: z.array(keptState), hold: restoreHold.nullable() })),
  preview: area
    .route({ summary: "Read a backup whole and say what a restore of it would bring and what it would cost" })
    .input(z.object({ file, ...opening }))
    .output(restorePreview),
  start: area
    .route({ summary: "Put a backup in place of what is in use, which is kept for 7 days; answers when it is done" })
    .input(
      z.object({
        file,
        ...opening,
        /** Of its preview: where another backup stands there by then, it is refused. */
        identity: z.string().max(64).optional(),
      }),
    )
    .output(restored),
  undo: area
    .route({ summary: "Put back what was in use before the last restore or undo; answers when it is done" })
    .input(
      z.object({
        /** Which kept state; left out, the newest. */
        id: z.string().max(40).optional(),
      }),
    )
    .output(restored),
  release: area
    .route({ summary: "Let schedules, queued runs and webhooks work again after a restore" })
    .input(z.object({ queued: z.enum(["start", "cancel"]).optional() }))
    .output(
      z.object({
        released: z.literal(true),
        /** Triggers that were due meanwhile; each has a row that says so. */
        triggers: z.int(),
        /** Runs that waited in the queue. */
        queued: z.int(),
      }),
    ),
  cancel: area
    .route({ summary: "Give up the restore that is under way, as long as nothing was swapped" })
    .output(z.object({ cancelled: z.boolean() })),
};
