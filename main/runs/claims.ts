import type { ManifestEntry } from "../../preload/contract/environment.ts";
import type { RunFailure, RunSource, RunStatus } from "../../preload/contract/runs.ts";
import { announceSql } from "../database/changes.ts";
import { type Database, runStatement, type Statement } from "../database/database.ts";
import type { Json } from "../database/schema/work.ts";
import type { EnvironmentSheet } from "../environment/sheet.ts";
import type { BackOff } from "./back-off.ts";
import { IS_HELD_BACK } from "./hold.ts";
import type { LogSummary } from "./runner/messages.ts";

/** A run that is ours to execute, with everything that is needed for it. */
export interface Claim extends BackOff {
  readonly runId: string;
  readonly attemptId: string;
  readonly attempt: number;
  readonly companyId: string;
  readonly routineId: string;
  readonly projectId: string | null;
  readonly source: RunSource;
  readonly instructions: string;
  readonly payload: Json | null;
  readonly sheetId: string | null;
  readonly sheet: EnvironmentSheet | null;
  /** What the routine allows one attempt; null where the agent's time-out or the log limit of the app counts. */
  readonly timeoutSeconds: number | null;
  readonly logLimitBytes: number | null;
  readonly retryOnInterruption: boolean;
  /** Below the directory of run logs. */
  readonly logPath: string;
}

const announceRun = (table: string) => announceSql("runs", `${table}.company_id`, `${table}.id`);

/**
 * One statement takes runs from the queue, so that two owners never take the same one: it locks rows that nobody else
 * has, marks them running, and begins their attempts.
 */
const CLAIM: Statement = {
  name: "claim_runs",
  text: `
  with picked as (
    select id from routine_runs
    where status = 'queued' and cancel_requested_at is null and (not_before is null or not_before <= $2)
      and not ${IS_HELD_BACK}
      and ($4::uuid[] is null or id = any ($4))
      and ($6::uuid[] is null or id = any ($6) or not exists (
        select from run_sheets where run_sheets.id = sheet_id and run_sheets.sheet->'bindings' <> '[]'))
    order by queued_at, id
    limit $3
    for update skip locked
  ), claimed as (
    update routine_runs run
    set status = 'running', claimed_by = $1, attempts = run.attempts + 1, not_before = null, no_retry = null,
      failure = null, exit_code = null, started_at = coalesce(run.started_at, $2), completed_at = null, updated_at = $2
    from picked where run.id = picked.id
    returning run.*
  ), begun as (
    insert into heartbeat_runs
      (id, company_id, routine_run_id, agent_id, attempt, status, claimed_by, log_path, started_at, updated_at)
    select id, company_id, run_id, agent_id, attempts, 'running', $1, $5 || '/' || id || '.log', $2, $2
    from (select gen_random_uuid() as id, id as run_id, company_id, agent_id, attempts from claimed) attempt
    returning id, routine_run_id, log_path
  )
  select claimed.id as "runId", begun.id as "attemptId", claimed.attempts as attempt,
    claimed.company_id as "companyId", claimed.routine_id as "routineId", claimed.project_id as "projectId",
    claimed.source, claimed.instructions, claimed.trigger_payload as payload, claimed.sheet_id as "sheetId",
    run_sheets.sheet, claimed.backoff_seconds as "backoffSeconds", claimed.backoff_factor as "backoffFactor",
    claimed.backoff_cap_seconds as "backoffCapSeconds", claimed.backoff_jitter as "backoffJitter",
    claimed.timeout_seconds as "timeoutSeconds", claimed.log_limit_bytes::float8 as "logLimitBytes",
    claimed.retry_on_interruption as "retryOnInterruption", begun.log_path as "logPath", ${announceRun("claimed")}
  from claimed
  join begun on begun.routine_run_id = claimed.id
  left join run_sheets on run_sheets.id = claimed.sheet_id
  order by claimed.queued_at, claimed.id`,
};

export interface ClaimRequest {
  readonly ownerId: string;
  readonly now: Date;
  readonly limit: number;
  /** Only these, where they are given. */
  readonly ids: readonly string[] | null;
  /** Where they are given, only these may have secrets. */
  readonly withSecrets: readonly string[] | null;
}

/** Claims up to `limit` runs that are due. */
export async function claimRuns(database: Database, request: ClaimRequest): Promise<Claim[]> {
  const { ownerId, now, limit, ids, withSecrets } = request;
  const values = [ownerId, now, limit, ids, now.toISOString().slice(0, 10), withSecrets];
  return runStatement<Claim>(database.orm, CLAIM, values);
}

const RECORD: Statement = {
  name: "record_manifest",
  text: "update heartbeat_runs set manifest = $2, sheet_hash = $3 where id = $1",
};

/** Records what an attempt is given, before its process starts: a crash from here on leaves a true account. */
export async function recordManifest(
  database: Database,
  attemptId: string,
  given: { manifest: readonly ManifestEntry[]; sheetHash: string },
): Promise<void> {
  await runStatement(database.orm, RECORD, [attemptId, JSON.stringify(given.manifest), given.sheetHash]);
}

export type FinalStatus = Extract<RunStatus, "succeeded" | "failed" | "cancelled" | "timed_out" | "interrupted">;

/** What became of an attempt. */
export interface Ending {
  readonly attemptId: string;
  /** Who claimed it; null where the row names nobody. */
  readonly ownerId: string | null;
  readonly status: FinalStatus;
  readonly failure: RunFailure | null;
  readonly pid: number | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Null where it is not known any more. */
  readonly leftProcesses: number | null;
  readonly log: LogSummary | null;
  /** Where the attempt was refused before it was given anything. */
  readonly given: { readonly manifest: readonly ManifestEntry[]; readonly sheetHash: string | null } | null;
  /** When the next attempt may start, where the run may be tried again. */
  readonly retryAt: Date | null;
}

/**
 * Judged on the row as it is when it is written, so that a cancel which comes at the same moment is seen. What is safe to
 * repeat gets an attempt for an interruption also where no other is left, but not a third one for that alone: a run that
 * ends the app itself would go on for ever.
 */
const LEFT = `($18::timestamptz is not null and run.cancel_requested_at is null
  and run.attempts < case when $3 = 'interrupted' then greatest(run.max_attempts, 2) else run.max_attempts end)`;

/** A routine that is paused or archived does nothing by itself. */
const AGAIN = `(${LEFT} and routine.status = 'active')`;

/**
 * Attempt and run end in one statement, which does nothing where somebody else has ended them. The run waits for its next
 * attempt where it may have one, has one left, nobody asked to cancel it, and its routine is active: whoever pauses that
 * holds a lock on it, which is waited for here before the run is written.
 */
const FINISH: Statement = {
  name: "finish_attempt",
  text: `
  with routine as (
    select routines.status
    from heartbeat_runs attempt
    join routine_runs run on run.id = attempt.routine_run_id
    join routines on routines.id = run.routine_id
    where attempt.id = $1 and $18::timestamptz is not null
    for share of routines
  ), attempt as (
    update heartbeat_runs
    set status = $3, finished_at = $4, updated_at = $4, failure = $5, pid = $6, exit_code = $7, signal = $8,
      left_processes = $9, log_bytes = coalesce($10, log_bytes), log_lines = coalesce($11, log_lines),
      log_sha256 = $12, log_excerpt = coalesce($13, log_excerpt), log_dropped_bytes = coalesce($14, log_dropped_bytes),
      mask_hits = coalesce($15, mask_hits), manifest = coalesce($16, manifest), sheet_hash = coalesce($17, sheet_hash)
    where id = $1 and status = 'running' and claimed_by is not distinct from $2
    returning routine_run_id
  ), run as (
    update routine_runs run
    set status = case when ${AGAIN} then 'queued' else $3 end,
      queued_at = case when ${AGAIN} then $4 else run.queued_at end,
      max_attempts = case when ${AGAIN} then greatest(run.max_attempts, run.attempts + 1) else run.max_attempts end,
      not_before = case when ${AGAIN} then $18::timestamptz end,
      completed_at = case when ${AGAIN} then null else $4::timestamptz end,
      no_retry = case when ${LEFT} and routine.status <> 'active' then 'routine_' || routine.status end,
      failure = $5, exit_code = $7, log_excerpt = coalesce($13, run.log_excerpt), updated_at = $4
    from attempt left join routine on true
    where run.id = attempt.routine_run_id and run.status = 'running' and run.claimed_by is not distinct from $2
    returning run.id, run.company_id, run.status, run.not_before
  )
  select run.id as "runId", run.status, run.not_before as "notBefore", ${announceRun("run")} from run`,
};

export interface Finished {
  readonly runId: string;
  readonly status: RunStatus;
  readonly notBefore: Date | null;
}

/** Ends an attempt and its run. Null where that was done already, by whoever took this owner for dead. */
export async function finishAttempt(database: Database, ending: Ending, now: Date): Promise<Finished | null> {
  const { log, given } = ending;
  const [row] = await runStatement<Omit<Finished, "notBefore"> & { notBefore: string | null }>(database.orm, FINISH, [
    ending.attemptId,
    ending.ownerId,
    ending.status,
    now,
    ending.failure === null ? null : JSON.stringify(ending.failure).replaceAll("\\u0000", "\\ufffd"),
    ending.pid,
    ending.exitCode,
    ending.signal,
    ending.leftProcesses,
    log?.bytes ?? null,
    log?.lines ?? null,
    log?.sha256 ?? null,
    log?.excerpt ?? null,
    log?.droppedBytes ?? null,
    log?.maskHits ?? null,
    given === null ? null : JSON.stringify(given.manifest),
    given?.sheetHash ?? null,
    ending.retryAt,
  ]);
  return row ? { ...row, notBefore: row.notBefore === null ? null : new Date(row.notBefore) } : null;
}

/** Of these runs, those whose cancel somebody asked for while they run. */
export async function cancelRequested(database: Database, runIds: readonly string[]): Promise<string[]> {
  const { rows } = await database.pool.query<{ id: string }>(
    "select id from routine_runs where id = any ($1::uuid[]) and status = 'running' and cancel_requested_at is not null",
    [runIds],
  );
  return rows.map((row) => row.id);
}

/** Of these runs, those that are not over. */
export async function activeAmong(database: Database, runIds: readonly string[]): Promise<string[]> {
  const { rows } = await database.pool.query<{ id: string }>(
    "select id from routine_runs where id = any ($1::uuid[]) and status in ('received', 'queued', 'running')",
    [runIds],
  );
  return rows.map((row) => row.id);
}

/** When the next waiting run becomes due, of `ids` only where they are given; null where none waits. */
export async function nextDue(database: Database, now: Date, ids: readonly string[] | null): Promise<Date | null> {
  const { rows } = await database.pool.query<{ due: Date | null }>(
    `select min(not_before) as due from routine_runs
     where status = 'queued' and not_before > $1 and ($2::uuid[] is null or id = any ($2))`,
    [now, ids],
  );
  return rows[0]?.due ?? null;
}
