import { bigint, boolean, customType, doublePrecision, integer, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import type { ManifestEntry } from "../../../preload/contract/environment.ts";
import type { RunFailure, RunFilters } from "../../../preload/contract/runs.ts";
import { runSources, runStatuses } from "../../../preload/rules/run-states.ts";
import { createdAt, instant, primaryId, updatedAt } from "./columns.ts";
import { routineRevisions, routines, routineTriggers } from "./routines.ts";
import { agents, companies, type Json, projects } from "./work.ts";

const companyId = () =>
  uuid("company_id")
    .notNull()
    .references(() => companies.id, { onDelete: "cascade" });

/** PostgreSQL's range of instants, as its text, such as `[2026-03-08 07:00:00+00,2026-03-09 07:00:00+00)`. */
const instantRange = customType<{ data: string }>({ dataType: () => "tstzrange" });

/** `sheet` is an EnvironmentSheet of main/environment; this floor does not know its shape. */
export const runSheets = pgTable("run_sheets", {
  id: primaryId(),
  companyId: companyId(),
  contentSha256: text("content_sha256").notNull(),
  sheet: jsonb("sheet").$type<Json>().notNull(),
  createdAt: createdAt(),
});

export const owners = pgTable("owners", {
  id: primaryId(),
  instanceId: text("instance_id").notNull(),
  instanceRoot: text("instance_root").notNull(),
  hostname: text("hostname").notNull(),
  pid: integer("pid").notNull(),
  kind: text("kind", { enum: ["window", "serve", "command"] }).notNull(),
  startedAt: instant("started_at").notNull().defaultNow(),
  seenAt: instant("seen_at").notNull().defaultNow(),
});

export const routineRuns = pgTable("routine_runs", {
  id: primaryId(),
  companyId: companyId(),
  routineId: uuid("routine_id")
    .notNull()
    .references(() => routines.id, { onDelete: "cascade" }),
  triggerId: uuid("trigger_id").references(() => routineTriggers.id, { onDelete: "set null" }),
  source: text("source", { enum: runSources }).notNull(),
  status: text("status", { enum: runStatuses }).notNull().default("received"),
  title: text("title").notNull(),
  instructions: text("instructions").notNull(),
  triggeredAt: instant("triggered_at").notNull().defaultNow(),
  slotAt: instant("slot_at"),
  slotRange: instantRange("slot_range"),
  slotCount: integer("slot_count"),
  routineRevisionId: uuid("routine_revision_id").references(() => routineRevisions.id, { onDelete: "set null" }),
  sheetId: uuid("sheet_id").references(() => runSheets.id),
  agentId: uuid("agent_id").references(() => agents.id, { onDelete: "set null" }),
  projectId: uuid("project_id").references(() => projects.id, { onDelete: "set null" }),
  variables: jsonb("variables").$type<{ [name: string]: Json }>().notNull().default({}),
  triggerPayload: jsonb("trigger_payload").$type<Json>(),
  idempotencyKey: text("idempotency_key"),
  dispatchFingerprint: text("dispatch_fingerprint").notNull(),
  exclusive: boolean("exclusive").notNull().default(false),
  coalescedIntoRunId: uuid("coalesced_into_run_id"),
  linkedIssueId: uuid("linked_issue_id"),
  heldReason: text("held_reason"),
  skipReason: text("skip_reason"),
  notBefore: instant("not_before"),
  attempts: integer("attempts").notNull().default(0),
  maxAttempts: integer("max_attempts").notNull().default(1),
  backoffSeconds: integer("backoff_seconds").notNull().default(30),
  backoffFactor: doublePrecision("backoff_factor").notNull().default(2),
  backoffCapSeconds: integer("backoff_cap_seconds").notNull().default(86_400),
  backoffJitter: doublePrecision("backoff_jitter").notNull().default(0),
  retryOnInterruption: boolean("retry_on_interruption").notNull().default(false),
  noRetry: text("no_retry", { enum: ["routine_paused", "routine_archived"] }),
  timeoutSeconds: integer("timeout_seconds"),
  logLimitBytes: bigint("log_limit_bytes", { mode: "number" }),
  cancelRequestedAt: instant("cancel_requested_at"),
  claimedBy: uuid("claimed_by"),
  failure: jsonb("failure").$type<RunFailure>(),
  exitCode: integer("exit_code"),
  logExcerpt: text("log_excerpt"),
  queuedAt: instant("queued_at"),
  startedAt: instant("started_at"),
  completedAt: instant("completed_at"),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});

export const heartbeatRuns = pgTable("heartbeat_runs", {
  id: primaryId(),
  companyId: companyId(),
  routineRunId: uuid("routine_run_id")
    .notNull()
    .references(() => routineRuns.id, { onDelete: "cascade" }),
  agentId: uuid("agent_id").references(() => agents.id, { onDelete: "set null" }),
  attempt: integer("attempt").notNull(),
  status: text("status", {
    enum: ["running", "succeeded", "failed", "cancelled", "timed_out", "interrupted"],
  }).notNull(),
  claimedBy: uuid("claimed_by"),
  pid: integer("pid"),
  exitCode: integer("exit_code"),
  signal: text("signal"),
  failure: jsonb("failure").$type<RunFailure>(),
  manifest: jsonb("manifest").$type<ManifestEntry[]>().notNull().default([]),
  sheetHash: text("sheet_hash"),
  logPath: text("log_path"),
  logBytes: bigint("log_bytes", { mode: "number" }).notNull().default(0),
  logLines: bigint("log_lines", { mode: "number" }).notNull().default(0),
  logSha256: text("log_sha256"),
  logExcerpt: text("log_excerpt").notNull().default(""),
  logRemovedAt: instant("log_removed_at"),
  logRemovedFor: text("log_removed_for", { enum: ["age", "size"] }),
  logDroppedBytes: bigint("log_dropped_bytes", { mode: "number" }).notNull().default(0),
  maskHits: bigint("mask_hits", { mode: "number" }).notNull().default(0),
  leftProcesses: integer("left_processes"),
  startedAt: instant("started_at").notNull().defaultNow(),
  finishedAt: instant("finished_at"),
  updatedAt: updatedAt(),
});

export const runViews = pgTable("run_views", {
  id: primaryId(),
  companyId: companyId(),
  name: text("name").notNull(),
  filters: jsonb("filters").$type<RunFilters>().notNull(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});

export const schedulerCoverage = pgTable("scheduler_coverage", {
  id: primaryId(),
  instanceRoot: text("instance_root").notNull(),
  hostname: text("hostname").notNull(),
  pid: integer("pid").notNull(),
  beganAt: instant("began_at").notNull(),
  coveredUntil: instant("covered_until").notNull(),
  endedBy: text("ended_by", { enum: ["stopped", "slept", "clock_back", "lost", "restored"] }),
});

export const restoreHolds = pgTable("restore_holds", {
  id: primaryId(),
  kind: text("kind", { enum: ["restore", "undo"] }).notNull(),
  source: text("source").notNull(),
  stateOf: instant("state_of").notNull(),
  beganAt: instant("began_at").notNull(),
  releasedAt: instant("released_at"),
});

/** Its one row is there while all schedules are paused. */
export const schedulerPause = pgTable("scheduler_pause", {
  single: boolean("single").primaryKey().default(true),
  pausedAt: instant("paused_at").notNull(),
});
