import { eventIterator, oc } from "@orpc/contract";
import { z } from "zod";
import { actor, company, id, instant, nextCursor, page } from "./common.ts";
import { errorMap } from "./errors.ts";
import { restoreHold } from "./restore.ts";
import { vaultState } from "./secrets.ts";

const area = oc.errors(errorMap);

/** A thing that needs the operator: what it is, and the way out. */
const problem = z.object({
  area: z.string(),
  code: z.string(),
  message: z.string(),
  next: z.string().nullable(),
});
export type Problem = z.infer<typeof problem>;

const databaseState = z.enum(["starting", "ready", "recovering", "restarting", "failed", "stopped"]);
export type DatabaseState = z.infer<typeof databaseState>;

const status = z.object({
  version: z.string(),
  instance: z.object({ id: z.string(), root: z.string() }),
  owner: z.object({ kind: z.enum(["window", "serve", "command"]), pid: z.int(), startedAt: instant }),
  database: z.object({
    mode: z.enum(["embedded", "postgres"]),
    state: databaseState,
    version: z.string().nullable(),
    schema: z.int().nullable(),
    pending: z.int(),
  }),
  vault: z.object({
    state: vaultState,
    keyId: z.string().nullable(),
    custody: z.enum(["file", "environment", "keychain"]),
  }),
  scheduler: z.object({
    /** `off` where a command opened the instance; `standby` where another process schedules on the same database; `held` after a restore. */
    state: z.enum(["off", "starting", "ready", "standby", "paused", "held", "late", "failed"]),
    reason: z.string(),
    nextRunAt: instant.nullable(),
    /** The routine that is due then. */
    nextRoutine: z.string().nullable(),
    /** Since when all schedules of the database are paused; null while they are not. */
    pausedSince: instant.nullable(),
    /** How late the last slot was looked at that ran on time, in milliseconds. */
    latenessMs: z.number().nullable(),
  }),
  backups: z.object({
    /** `off`: none are taken by interval, `elsewhere`: not by this process. */
    state: z.enum(["off", "on", "failing", "elsewhere"]),
    reason: z.string(),
    /** The newest backup here, the newest that was proven, and the next one by interval. */
    newestAt: instant.nullable(),
    provenAt: instant.nullable(),
    nextAt: instant.nullable(),
    count: z.int(),
    bytes: z.int(),
    /** Full backups by interval; `no_code` where there is no recovery code to encrypt them to. */
    full: z.object({
      state: z.enum(["off", "no_code", "on", "failing", "elsewhere"]),
      reason: z.string(),
      /** The newest full backup here, by hand or by interval. */
      newestAt: instant.nullable(),
      nextAt: instant.nullable(),
    }),
  }),
  webhooks: z.object({
    /** `off` until a webhook is enabled; `failed` where its port cannot be used. */
    state: z.enum(["off", "listening", "failed"]),
    reason: z.string(),
    /** What stands before the path of every webhook, such as `http://127.0.0.1:3200`, also while nothing listens there. */
    base: z.string(),
    /** What was posted to addresses that no webhook has, since this owner listens; null where nothing was. */
    unknown: z.object({ count: z.int(), since: instant, lastAt: instant }).nullable(),
  }),
  /** Null while the database does not answer: a dead one never looks like an empty one. */
  runs: z.object({ running: z.int(), queued: z.int() }).nullable(),
  /** What holds everything back that would start by itself since a restore, until it is released; else null. */
  held: restoreHold.nullable(),
  /** Why nothing can be changed while the database answers, in one sentence; else null. */
  readOnly: z.string().nullable(),
  problems: z.array(problem),
});
export type Status = z.infer<typeof status>;

/** Something changed; a screen that shows it asks again. `resync` means that events may have been missed. */
export const change = z.object({
  topic: z.enum([
    "companies",
    "projects",
    "agents",
    "secrets",
    "routines",
    "webhooks",
    "runs",
    "audit",
    "activity",
    "status",
    "resync",
  ]),
  companyId: id.nullable(),
  id: id.nullable(),
});
export type Change = z.infer<typeof change>;

const activityEntry = z.object({
  id,
  companyId: id,
  actor,
  action: z.string(),
  entityType: z.string(),
  entityId: z.string(),
  details: z.record(z.string(), z.json()),
  createdAt: instant,
});
export type ActivityEntry = z.infer<typeof activityEntry>;

export const system = {
  status: area
    .route({ summary: "Instance, database, vault and runs: state, and for each problem the way out" })
    .output(status),
  stop: area
    .route({ summary: "Stop the owner of this instance and everything it started" })
    .output(z.object({ stopping: z.literal(true) })),
  link: area
    .route({ summary: "A fresh link to the panel in a browser, good for one use" })
    .output(z.object({ url: z.string() })),
  changes: area.route({ summary: "What changes, as it changes" }).output(eventIterator(change)),
};

export const activity = {
  list: area
    .route({ summary: "What was done by whom, newest first" })
    .input(
      z.object({
        company,
        entityType: z.string().max(60).optional(),
        entityId: z.string().max(100).optional(),
        ...page,
      }),
    )
    .output(z.object({ entries: z.array(activityEntry), nextCursor })),
};

const migration = z.object({ number: z.int(), name: z.string(), appliedAt: instant.nullable() });

export const database = {
  status: area.route({ summary: "Migrations: applied and pending" }).output(
    z.object({
      mode: z.enum(["embedded", "postgres"]),
      version: z.string(),
      migrations: z.array(migration),
      pending: z.int(),
    }),
  ),
  migrate: area.route({ summary: "Apply pending migrations" }).output(z.object({ applied: z.array(migration) })),
  retry: area.route({ summary: "Start a database that gave up, once more" }).output(z.object({ state: databaseState })),
};

export const settingsSection = z.enum(["database", "secrets", "backups", "general", "webhooks", "notifications"]);

export const settings = {
  get: area
    .route({ summary: "The settings of one section, without credentials" })
    .input(z.object({ section: settingsSection }))
    .output(z.object({ section: settingsSection, values: z.record(z.string(), z.json()), restartNeeded: z.boolean() })),
  update: area
    .route({ summary: "Change settings of one section" })
    .input(z.object({ section: settingsSection, values: z.record(z.string().max(100), z.json()) }))
    .output(z.object({ section: settingsSection, values: z.record(z.string(), z.json()), restartNeeded: z.boolean() })),
};
