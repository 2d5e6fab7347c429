import { sql } from "drizzle-orm";
import { announce } from "../database/changes.ts";
import type { Executor } from "../database/database.ts";

/** The routine whose runs are to be tried no more, and why. */
export interface StoppedRoutine {
  readonly companyId: string;
  readonly routineId: string;
  readonly why: "routine_paused" | "routine_archived";
}

/**
 * Ends the runs of a routine that wait for their next attempt, with what their last one came to. One that was asked for by
 * hand goes on. Answers how many there were. The caller holds the lock on the routine, so that no attempt which ends
 * meanwhile goes back into the queue past this.
 */
export async function endWaitingRetries(tx: Executor, stopped: StoppedRoutine, now: Date): Promise<number> {
  const { companyId, routineId, why } = stopped;
  const at = now.toISOString();
  const { rows } = await tx.execute<{ id: string }>(sql`
    update routine_runs run
    set status = attempt.status, completed_at = ${at}::timestamptz, not_before = null, no_retry = ${why},
      updated_at = ${at}::timestamptz
    from heartbeat_runs attempt
    where run.routine_id = ${routineId}::uuid and run.company_id = ${companyId}::uuid and run.status = 'queued'
      and run.not_before is not null and attempt.routine_run_id = run.id and attempt.attempt = run.attempts
    returning run.id`);
  for (const { id } of rows) await announce(tx, { topic: "runs", companyId, id });
  return rows.length;
}
