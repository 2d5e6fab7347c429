import { boolean, integer, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import type { Env } from "../../../preload/contract/environment.ts";
import type { RetryPolicy, RunLimits, Snapshot, Variable } from "../../../preload/contract/routines.ts";
import { createdAt, createdBy, instant, primaryId, updatedAt } from "./columns.ts";
import { agents, companies, projects } from "./work.ts";

const companyId = () =>
  uuid("company_id")
    .notNull()
    .references(() => companies.id, { onDelete: "cascade" });

export const routines = pgTable("routines", {
  id: primaryId(),
  companyId: companyId(),
  projectId: uuid("project_id").references(() => projects.id, { onDelete: "set null" }),
  goalId: uuid("goal_id"),
  parentIssueId: uuid("parent_issue_id"),
  title: text("title").notNull(),
  instructions: text("instructions").notNull().default(""),
  assigneeAgentId: uuid("assignee_agent_id").references(() => agents.id, { onDelete: "set null" }),
  priority: text("priority", { enum: ["low", "medium", "high", "urgent"] })
    .notNull()
    .default("medium"),
  status: text("status", { enum: ["active", "paused", "archived"] })
    .notNull()
    .default("active"),
  concurrencyPolicy: text("concurrency_policy", { enum: ["coalesce_if_active", "skip_if_active", "always_enqueue"] })
    .notNull()
    .default("coalesce_if_active"),
  catchUpPolicy: text("catch_up_policy", {
    enum: ["skip_missed", "enqueue_missed_with_cap", "enqueue_latest_missed", "hold"],
  })
    .notNull()
    .default("skip_missed"),
  variables: jsonb("variables").$type<Variable[]>().notNull().default([]),
  env: jsonb("env").$type<Env>().notNull().default({}),
  retry: jsonb("retry").$type<RetryPolicy>().notNull().default({
    maxAttempts: 1,
    backoffSeconds: 30,
    backoffFactor: 2,
    backoffCapSeconds: 86_400,
    jitter: 0,
    onInterruption: false,
  }),
  limits: jsonb("limits").$type<RunLimits>().notNull().default({ timeoutSeconds: null, logLimitBytes: null }),
  latestRevisionId: uuid("latest_revision_id").notNull(),
  latestRevisionNumber: integer("latest_revision_number").notNull().default(1),
  ...createdBy(),
  lastTriggeredAt: instant("last_triggered_at"),
  lastEnqueuedAt: instant("last_enqueued_at"),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});

export const routineRevisions = pgTable("routine_revisions", {
  id: primaryId(),
  companyId: companyId(),
  routineId: uuid("routine_id")
    .notNull()
    .references(() => routines.id, { onDelete: "cascade" }),
  revisionNumber: integer("revision_number").notNull(),
  title: text("title").notNull(),
  snapshot: jsonb("snapshot").$type<Snapshot>().notNull(),
  changeSummary: text("change_summary"),
  restoredFromRevisionId: uuid("restored_from_revision_id"),
  ...createdBy(),
  createdByRunId: uuid("created_by_run_id"),
  createdAt: createdAt(),
});

export const routineTriggers = pgTable("routine_triggers", {
  id: primaryId(),
  companyId: companyId(),
  routineId: uuid("routine_id")
    .notNull()
    .references(() => routines.id, { onDelete: "cascade" }),
  kind: text("kind", { enum: ["schedule", "webhook", "api", "once"] }).notNull(),
  label: text("label"),
  enabled: boolean("enabled").notNull().default(true),
  cronExpression: text("cron_expression"),
  timezone: text("timezone"),
  onceAt: instant("once_at"),
  graceSeconds: integer("grace_seconds").notNull().default(300),
  missedCap: integer("missed_cap").notNull().default(25),
  nextRunAt: instant("next_run_at"),
  accountedUntil: instant("accounted_until"),
  lastFiredAt: instant("last_fired_at"),
  publicId: text("public_id"),
  secretId: uuid("secret_id"),
  signingMode: text("signing_mode", { enum: ["bearer", "hmac_sha256", "github_hmac", "none"] }),
  replayWindowSeconds: integer("replay_window_seconds"),
  lastRotatedAt: instant("last_rotated_at"),
  previousSecretVersion: integer("previous_secret_version"),
  previousSecretUntil: instant("previous_secret_until"),
  lastResult: text("last_result"),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});
