import { and, eq, gt, inArray, isNotNull, sql } from "drizzle-orm";
import type { RunStatus } from "../../preload/contract/runs.ts";
import { activeRunStatuses } from "../../preload/rules/run-states.ts";
import { Refusal, systemCode } from "../contract/refusal.ts";
import { announce } from "../database/changes.ts";
import type { Database, Executor } from "../database/database.ts";
import { routines } from "../database/schema/routines.ts";
import { routineRuns } from "../database/schema/runs.ts";
import { OPERATOR, recordActivity } from "../record/activity.ts";
import { cancelled } from "./failures.ts";
import { runMissing, runRecordOf } from "./records.ts";

interface RunKey {
  readonly companyId: string;
  readonly runId: string;
}

/**
 * Cancels a run that has not begun, or marks one that runs, for its owner to end. Decided on the row as it is when it is
 * written. Refuses with `run_finished` where it is over.
 */
export async function requestCancel(database: Database, run: RunKey, now: Date): Promise<void> {
  const isRunning = sql`${routineRuns.status} = 'running'`;
  const done = await database.orm.transaction(async (tx) => {
    const [row] = await tx
      .update(routineRuns)
      .set({
        status: sql`case when ${isRunning} then ${routineRuns.status} else 'cancelled' end`,
        completedAt: sql`case when ${isRunning} then ${routineRuns.completedAt} else ${now.toISOString()}::timestamptz end`,
        notBefore: null,
        failure: sql`case when ${isRunning} then ${routineRuns.failure} else ${JSON.stringify(cancelled)}::jsonb end`,
        cancelRequestedAt: sql`coalesce(${routineRuns.cancelRequestedAt}, ${now.toISOString()}::timestamptz)`,
        updatedAt: now,
      })
      .where(and(ofKey(run), inArray(routineRuns.status, [...activeRunStatuses, "held"])))
      .returning({ status: routineRuns.status });
    if (!row) return false;
    await tell(tx, run, row.status === "cancelled" ? "run.cancelled" : "run.cancel_requested", {});
    return true;
  });
  if (done) return;
  const { status } = await runRecordOf(database.orm, run.companyId, run.runId);
  throw new Refusal("run_finished", `The run was not cancelled: it is ${status} already.`, {
    next: `See what it did: \`paperclip-desktop runs show ${run.runId}\``,
    details: { status },
  });
}

/** The database's code for a row that a unique index refuses. */
const UNIQUE_VIOLATION = "23505";

/**
 * Queues a finished run for one more attempt, with the sheet it was pinned to; one that waits for its next attempt does not
 * wait any longer. Refuses with `run_active` where it, or another run of the same work, is not over, and with
 * `run_unstarted` where it never was to be started, and with `routine_archived`.
 */
export async function retryRun(database: Database, run: RunKey, now: Date): Promise<void> {
  await requireStartable(database, run);
  if ((await queueAgain(database, run, now)) || (await stopWaiting(database, run, now))) return;
  const { status } = await runRecordOf(database.orm, run.companyId, run.runId);
  if (isOneOf(activeRunStatuses, status)) {
    throw new Refusal("run_active", `The run was not tried again: it is ${status}.`, {
      next: `Wait for it, or cancel it: \`paperclip-desktop runs cancel ${run.runId}\``,
      details: { status },
    });
  }
  if (isOneOf(finishedStatuses, status)) throw runMissing(run.runId);
  throw new Refusal("run_unstarted", `The run was not tried again: it is ${status} and was never started.`, {
    next: "Start the routine anew: `paperclip-desktop routines run NAME`",
    details: { status },
  });
}

/** An archived routine does not run, by hand either. */
async function requireStartable(database: Database, run: RunKey): Promise<void> {
  const [row] = await database.orm
    .select({ title: routines.title })
    .from(routineRuns)
    .innerJoin(routines, eq(routines.id, routineRuns.routineId))
    .where(and(ofKey(run), eq(routines.status, "archived")));
  if (!row) return;
  throw new Refusal("routine_archived", `The run was not tried again: ${JSON.stringify(row.title)} is archived.`, {
    next: "Resume the routine first.",
  });
}

const finishedStatuses = ["succeeded", "failed", "cancelled", "timed_out", "interrupted"] as const;

async function queueAgain(database: Database, run: RunKey, now: Date): Promise<boolean> {
  try {
    return await database.orm.transaction(async (tx) => {
      const [row] = await tx
        .update(routineRuns)
        .set({
          status: "queued",
          queuedAt: now,
          notBefore: null,
          noRetry: null,
          maxAttempts: sql`${routineRuns.attempts} + 1`,
          cancelRequestedAt: null,
          claimedBy: null,
          completedAt: null,
          updatedAt: now,
        })
        .where(and(ofKey(run), isNotNull(routineRuns.sheetId), inArray(routineRuns.status, [...finishedStatuses])))
        .returning({ attempts: routineRuns.attempts });
      if (row) await tell(tx, run, "run.retried", { attempt: row.attempts + 1 });
      return row !== undefined;
    });
  } catch (error) {
    const code = systemCode(error) ?? systemCode(error instanceof Error ? error.cause : null);
    if (code !== UNIQUE_VIOLATION) throw error;
    throw new Refusal("run_active", "The run was not tried again: another run of the same work is active.", {
      next: "Wait for it, or cancel it: `paperclip-desktop runs list --status queued,running`",
    });
  }
}

/** Lets the next attempt of a run begin at once. It keeps the attempts it has left. */
async function stopWaiting(database: Database, run: RunKey, now: Date): Promise<boolean> {
  return database.orm.transaction(async (tx) => {
    const [row] = await tx
      .update(routineRuns)
      .set({ notBefore: null, updatedAt: now })
      .where(and(ofKey(run), eq(routineRuns.status, "queued"), gt(routineRuns.notBefore, now)))
      .returning({ attempts: routineRuns.attempts });
    if (row) await tell(tx, run, "run.retried", { attempt: row.attempts + 1 });
    return row !== undefined;
  });
}

function ofKey(run: RunKey) {
  return and(eq(routineRuns.id, run.runId), eq(routineRuns.companyId, run.companyId));
}

async function tell(tx: Executor, run: RunKey, action: string, details: { attempt?: number }): Promise<void> {
  const { companyId, runId } = run;
  await recordActivity(tx, { companyId, actor: OPERATOR, action, entityType: "run", entityId: runId, details });
  await announce(tx, { topic: "runs", companyId, id: runId });
}

function isOneOf(statuses: readonly RunStatus[], status: RunStatus): boolean {
  return statuses.includes(status);
}
