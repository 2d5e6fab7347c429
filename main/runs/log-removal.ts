import { rm, rmdir } from "node:fs/promises";
import path from "node:path";
import { sql } from "drizzle-orm";
import type { LogCount } from "../../preload/contract/runs.ts";
import { systemCode } from "../contract/refusal.ts";
import { announce } from "../database/changes.ts";
import type { Database } from "../database/database.ts";
import type { Clock } from "../instance/clock.ts";
import type { InstancePaths } from "../instance/paths.ts";
import { recordActivity } from "../record/activity.ts";
import { logSize } from "./log-reading.ts";
import { ownersElsewhere } from "./owners.ts";

/** How long logs are kept; 0 stands for no limit. */
export interface RetentionPolicy {
  readonly days: number;
  /** Of all together. */
  readonly totalBytes: number;
}

const DAY_MS = 86_400_000;
const BATCH = 200;

/**
 * Logs of attempts that ended, with why each would go: too old, or what the newer ones leave no room for. A run that goes
 * on, or waits for a further attempt, keeps the logs of all its attempts. $1: not older than this, $2: bytes of all.
 */
const JUDGED = `
  select id, finished_at, log_bytes,
    case when finished_at < $1::timestamptz then 'age' when newer > $2::float8 then 'size' end as why
  from (
    select id, finished_at, log_bytes, routine_run_id, sum(log_bytes) over (order by finished_at desc, id desc) as newer
    from heartbeat_runs
    where log_bytes > 0 and log_path is not null and log_removed_at is null and finished_at is not null
  ) log
  where routine_run_id not in (
    select id from routine_runs where status = 'queued' union all select id from routine_runs where status = 'running')`;

function bounds(policy: RetentionPolicy, now: Date): [Date | null, number | null] {
  return [
    policy.days === 0 ? null : new Date(now.getTime() - policy.days * DAY_MS),
    policy.totalBytes === 0 ? null : policy.totalBytes,
  ];
}

/** How much there is, and what a policy would remove of it. */
export async function wouldRemove(database: Database, policy: RetentionPolicy, now: Date) {
  const { rows } = await database.pool.query<{ why: "age" | "size" | null; logs: number; bytes: number }>(
    `select why, count(*)::float8 as logs, sum(log_bytes)::float8 as bytes from (${JUDGED}) judged group by why`,
    bounds(policy, now),
  );
  const of = (...reasons: ("age" | "size" | null)[]): LogCount =>
    rows
      .filter(({ why }) => reasons.includes(why))
      .reduce((sum, { logs, bytes }) => ({ logs: sum.logs + logs, bytes: sum.bytes + bytes }), { logs: 0, bytes: 0 });
  return { all: of("age", "size", null), byAge: of("age"), bySize: of("size") };
}

export interface RemovalServices {
  readonly database: Database;
  readonly paths: InstancePaths;
  readonly clock: Clock;
}

interface Doomed {
  readonly id: string;
  readonly why: "age" | "size";
  readonly logPath: string;
}

/**
 * Removes what a policy lets go, the oldest first. The row says so before the file goes, and says where the file was until
 * it has gone: whatever a kill leaves between is finished by `finishRemovals`.
 */
export async function removeLogs(
  services: RemovalServices,
  policy: RetentionPolicy,
  stopping: () => boolean,
): Promise<LogCount> {
  const { database, clock } = services;
  const now = clock.now();
  const total = { logs: 0, bytes: 0 };
  const { rows } = await database.pool.query<Doomed>(
    `select judged.id, why, attempt.log_path as "logPath" from (${JUDGED}) judged
     join heartbeat_runs attempt on attempt.id = judged.id
     where why is not null order by judged.finished_at, judged.id`,
    bounds(policy, now),
  );
  for (let from = 0; from < rows.length && !stopping(); from += BATCH) {
    const batch = rows.slice(from, from + BATCH);
    const marked = await markRemoved(database, await ownAmong(services, batch), now);
    await removeFiles(services, marked);
    total.logs += marked.length;
    total.bytes += marked.reduce((sum, { bytes }) => sum + bytes, 0);
  }
  return total;
}

interface Marked {
  readonly id: string;
  readonly companyId: string;
  readonly logPath: string;
  readonly bytes: number;
}

/** Says of logs that they are removed. One whose run is tried again meanwhile is left alone. */
async function markRemoved(database: Database, batch: readonly Doomed[], now: Date): Promise<Marked[]> {
  const at = now.toISOString();
  return database.orm.transaction(async (tx) => {
    const { rows } = await tx.execute<Marked & { [column: string]: unknown }>(sql`
      update heartbeat_runs attempt
      set log_removed_at = ${at}::timestamptz, log_removed_for = doomed.why, updated_at = ${at}::timestamptz
      from unnest(${sql.param(batch.map(({ id }) => id))}::uuid[], ${sql.param(batch.map(({ why }) => why))}::text[])
        as doomed (id, why), routine_runs run
      where attempt.id = doomed.id and attempt.log_removed_at is null and run.id = attempt.routine_run_id
        and run.status not in ('received', 'queued', 'running')
      returning attempt.id, attempt.company_id as "companyId", attempt.log_path as "logPath",
        attempt.log_bytes::float8 as bytes`);
    for (const companyId of new Set(rows.map((row) => row.companyId))) {
      const own = rows.filter((row) => row.companyId === companyId);
      await recordActivity(tx, {
        companyId,
        actor: { type: "system", id: null },
        action: "run.logs_removed",
        entityType: "company",
        entityId: companyId,
        details: { logs: own.length, bytes: own.reduce((sum, { bytes }) => sum + bytes, 0) },
      });
      await announce(tx, { topic: "runs", companyId, id: null });
    }
    return rows;
  });
}

/** Finishes removals that were decided: after a kill, and where a file could not be removed then. */
export async function finishRemovals(services: RemovalServices): Promise<void> {
  const { rows } = await services.database.pool.query<{ id: string; logPath: string }>(
    `select id, log_path as "logPath" from heartbeat_runs where log_removed_at is not null and log_path is not null`,
  );
  // What another instance decided about its own files is for it to finish.
  await removeFiles(services, await ownAmong(services, rows));
}

/** Where other instances work on the database, a log that is not here is theirs. */
async function ownAmong<One extends { readonly logPath: string }>(
  { database, paths, clock }: RemovalServices,
  logs: readonly One[],
): Promise<readonly One[]> {
  if (logs.length === 0 || (await ownersElsewhere(database.orm, paths, clock.now())).length === 0) return logs;
  const sizes = await Promise.all(logs.map(({ logPath }) => logSize(path.join(paths.runLogs, logPath))));
  return logs.filter((_, index) => sizes[index] !== null);
}

async function removeFiles(
  { database, paths, clock }: RemovalServices,
  logs: readonly { readonly id: string; readonly logPath: string }[],
): Promise<void> {
  const gone: string[] = [];
  const folders = new Set<string>();
  for (const { id, logPath } of logs) {
    try {
      await rm(path.join(paths.runLogs, logPath), { force: true });
      gone.push(id);
      folders.add(path.dirname(logPath));
    } catch (error) {
      // Somebody holds it open, as on Windows: the next round tries again.
      if (systemCode(error) === null) throw error;
    }
  }
  await database.pool.query("update heartbeat_runs set log_path = null where id = any ($1::uuid[])", [gone]);
  const today = clock.now().toISOString().slice(0, 10);
  // A day whose logs are all gone; that of today may be written to at this moment.
  for (const folder of folders) {
    if (folder < today) await rmdir(path.join(paths.runLogs, folder)).catch(() => undefined);
  }
}
