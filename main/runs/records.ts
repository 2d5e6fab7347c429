import { and, asc, eq, type SQL, sql } from "drizzle-orm";
import type { Attempt, RunDetail, RunRecord, RunStatus } from "../../preload/contract/runs.ts";
import { activeRunStatuses } from "../../preload/rules/run-states.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { routineRevisions, routines, routineTriggers } from "../database/schema/routines.ts";
import { heartbeatRuns, routineRuns } from "../database/schema/runs.ts";
import { agents } from "../database/schema/work.ts";
import { failureOfRun } from "./failures.ts";

/** What a run's record is made of; its instructions and payload are not, because they may be long. */
const columns = {
  id: routineRuns.id,
  companyId: routineRuns.companyId,
  routineId: routineRuns.routineId,
  routineTitle: routines.title,
  title: routineRuns.title,
  source: routineRuns.source,
  triggerId: routineTriggers.id,
  triggerKind: routineTriggers.kind,
  triggerLabel: routineTriggers.label,
  status: routineRuns.status,
  revision: routineRevisions.revisionNumber,
  agentId: routineRuns.agentId,
  agentName: agents.name,
  projectId: routineRuns.projectId,
  variables: routineRuns.variables,
  idempotencyKey: routineRuns.idempotencyKey,
  slotAt: routineRuns.slotAt,
  slotCount: routineRuns.slotCount,
  coalescedIntoRunId: routineRuns.coalescedIntoRunId,
  heldReason: sql<string | null>`case when ${routineRuns.status} = 'held' then ${routineRuns.heldReason} end`,
  exitCode: routineRuns.exitCode,
  failure: routineRuns.failure,
  attempts: routineRuns.attempts,
  maxAttempts: routineRuns.maxAttempts,
  notBefore: routineRuns.notBefore,
  noRetry: routineRuns.noRetry,
  timeoutSeconds: routineRuns.timeoutSeconds,
  logLimitBytes: routineRuns.logLimitBytes,
  sheetHash: heartbeatRuns.sheetHash,
  manifest: heartbeatRuns.manifest,
  triggeredAt: routineRuns.triggeredAt,
  startedAt: routineRuns.startedAt,
  completedAt: routineRuns.completedAt,
  /** The instant with the microseconds that a Date does not hold, for paging. */
  triggeredAtExactly: sql<string>`to_char(${routineRuns.triggeredAt} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
};

/** A record, and where a page that ends with it goes on. */
export interface RunRow {
  readonly record: RunRecord;
  readonly triggeredAtExactly: string;
}

/** Runs with a condition, newest first. Manifest and hash are those of the latest attempt. */
export async function runRows(executor: Executor, condition: SQL | undefined, limit: number): Promise<RunRow[]> {
  const rows = await executor
    .select(columns)
    .from(routineRuns)
    .innerJoin(routines, eq(routines.id, routineRuns.routineId))
    .leftJoin(routineRevisions, eq(routineRevisions.id, routineRuns.routineRevisionId))
    .leftJoin(routineTriggers, eq(routineTriggers.id, routineRuns.triggerId))
    .leftJoin(agents, eq(agents.id, routineRuns.agentId))
    .leftJoin(
      heartbeatRuns,
      and(eq(heartbeatRuns.routineRunId, routineRuns.id), eq(heartbeatRuns.attempt, routineRuns.attempts)),
    )
    .where(condition)
    .orderBy(sql`${routineRuns.triggeredAt} desc, ${routineRuns.id} desc`)
    .limit(limit);
  return rows.map(({ triggeredAtExactly, triggerId: id, triggerKind: kind, triggerLabel: label, ...row }) => ({
    triggeredAtExactly,
    record: {
      ...row,
      trigger: id === null || kind === null ? null : { id, kind, label },
      failure: failureOfRun(row.failure, row.id),
      manifest: row.manifest ?? [],
      notBefore: asInstant(row.notBefore),
      slotAt: asInstant(row.slotAt),
      triggeredAt: row.triggeredAt.toISOString(),
      startedAt: asInstant(row.startedAt),
      completedAt: asInstant(row.completedAt),
    },
  }));
}

/** One run of the company by its full id, or a refusal `run_missing`. */
export async function runRecordOf(executor: Executor, companyId: string, runId: string): Promise<RunRecord> {
  const condition = and(eq(routineRuns.companyId, companyId), eq(routineRuns.id, runId));
  const [row] = await runRows(executor, condition, 1);
  if (row) return row.record;
  throw runMissing(runId);
}

/** A run with all its attempts, the first one first. */
export async function runDetailOf(executor: Executor, companyId: string, runId: string): Promise<RunDetail> {
  const record = await runRecordOf(executor, companyId, runId);
  const rows = await executor
    .select()
    .from(heartbeatRuns)
    .where(eq(heartbeatRuns.routineRunId, runId))
    .orderBy(asc(heartbeatRuns.attempt));
  return { ...record, attemptList: rows.map(attemptOf) };
}

function attemptOf(row: typeof heartbeatRuns.$inferSelect): Attempt {
  return {
    id: row.id,
    attempt: row.attempt,
    status: row.status,
    startedAt: asInstant(row.startedAt),
    finishedAt: asInstant(row.finishedAt),
    exitCode: row.exitCode,
    signal: row.signal,
    failure: failureOfRun(row.failure, row.routineRunId),
    manifest: row.manifest,
    sheetHash: row.sheetHash,
    log: {
      bytes: row.logBytes,
      lines: row.logLines,
      sha256: row.logSha256,
      excerpt: row.logExcerpt,
      droppedBytes: row.logDroppedBytes,
      maskHits: row.maskHits,
      removedAt: asInstant(row.logRemovedAt),
      removedFor: row.logRemovedFor,
    },
    leftProcesses: row.leftProcesses,
  };
}

/** Whether a run will not change any more by itself or by an operator who lets it run. */
export function isOver(status: RunStatus): boolean {
  const active: readonly RunStatus[] = activeRunStatuses;
  return !active.includes(status) && status !== "held";
}

export function runMissing(reference: string): Refusal {
  return new Refusal("run_missing", `There is no run ${JSON.stringify(reference)} in this company.`, {
    next: "See what there is: `paperclip-desktop runs list`",
    details: { run: reference },
  });
}

function asInstant(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}
