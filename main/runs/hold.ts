import { randomUUID } from "node:crypto";
import { and, desc, eq, isNull, lte, or, sql } from "drizzle-orm";
import { announce } from "../database/changes.ts";
import type { Executor } from "../database/database.ts";
import { heartbeatRuns, owners, restoreHolds, routineRuns, schedulerCoverage } from "../database/schema/runs.ts";
import { cancelled, runFailure } from "./failures.ts";

/** What holds a database since it was put in place by a restore or an undo: nothing starts by itself. */
export interface Hold {
  readonly id: string;
  readonly kind: "restore" | "undo";
  /** The backup that was restored, or what was undone, as people call it. */
  readonly source: string;
  /** Of when the rows are. */
  readonly stateOf: Date;
  /** Runs that were queued up to this instant wait. */
  readonly beganAt: Date;
}

/** A condition in SQL on `routine_runs`: this queued run waits until the operator releases what was restored. */
export const IS_HELD_BACK = `exists (
  select from restore_holds where released_at is null and routine_runs.queued_at <= restore_holds.began_at)`;

/** What holds the database, or null. */
export async function readHold(executor: Executor): Promise<Hold | null> {
  const [row] = await executor
    .select()
    .from(restoreHolds)
    .where(isNull(restoreHolds.releasedAt))
    .orderBy(desc(restoreHolds.beganAt))
    .limit(1);
  return row ?? null;
}

/** The id of the newest hold, released or not: the one that came with the rows of a database that was restored. Null where none was. */
export async function newestHold(executor: Executor): Promise<string | null> {
  const [row] = await executor
    .select({ id: restoreHolds.id })
    .from(restoreHolds)
    .orderBy(desc(restoreHolds.beganAt))
    .limit(1);
  return row?.id ?? null;
}

/** How many queued runs wait for the release. */
export async function countHeldBack(executor: Executor, hold: Hold): Promise<number> {
  return executor.$count(routineRuns, heldBackBy(hold));
}

const heldBackBy = ({ beganAt }: Hold) => and(eq(routineRuns.status, "queued"), lte(routineRuns.queuedAt, beganAt));

/**
 * Makes a database that is about to be put in place one in which nothing starts by itself: whoever worked on it is not
 * there any more, what they were running was interrupted and is not run again, and everything that is due or queued waits.
 * In a transaction of the caller, while nobody else uses the database. Answers the id of the hold.
 */
export async function holdBack(tx: Executor, hold: Omit<Hold, "id" | "beganAt">, now: Date): Promise<string> {
  const failure = runFailure(
    "interrupted",
    "The run was going on when this state of the database was saved. What became of it is not known here.",
    "Look at what it did outside, then try it again: `paperclip-desktop runs retry RUN_ID`",
  );
  const ended = { status: "interrupted" as const, failure, updatedAt: now };
  await tx
    .update(heartbeatRuns)
    .set({ ...ended, finishedAt: now })
    .where(eq(heartbeatRuns.status, "running"));
  await tx
    .update(routineRuns)
    .set({ ...ended, completedAt: now, claimedBy: null })
    .where(eq(routineRuns.status, "running"));
  await tx.delete(owners);
  // Whatever the clock said where it was saved, all that is queued in it waits, and no earlier hold is newer than this one.
  const { rows } = await tx.execute<{ newest: number | null }>(
    sql`select (extract(epoch from greatest(
        (select max(queued_at) from routine_runs where status = 'queued'),
        (select max(began_at) + interval '1 millisecond' from restore_holds)
      )) * 1000)::float8 as newest`,
  );
  const beganAt = new Date(Math.max(now.getTime(), Math.ceil(rows[0]?.newest ?? 0)));
  await tx.update(restoreHolds).set({ releasedAt: now }).where(isNull(restoreHolds.releasedAt));
  const id = randomUUID();
  await tx.insert(restoreHolds).values({ ...hold, id, beganAt });
  // What came after the newest stretch, however that ended, is not known here.
  const newest = sql`${schedulerCoverage.beganAt} = (select max(began_at) from scheduler_coverage)`;
  await tx
    .update(schedulerCoverage)
    .set({ endedBy: "restored" })
    .where(or(isNull(schedulerCoverage.endedBy), newest));
  return id;
}

/**
 * Ends the hold, in the transaction that accounts for what was due meanwhile. The runs that waited start, or are cancelled.
 * Answers how many there were.
 */
export async function endHold(tx: Executor, hold: Hold, queued: "start" | "cancel", now: Date): Promise<number> {
  const waiting = await countHeldBack(tx, hold);
  if (queued === "cancel") {
    await tx
      .update(routineRuns)
      .set({ status: "cancelled", failure: cancelled, cancelRequestedAt: now, completedAt: now, updatedAt: now })
      .where(heldBackBy(hold));
  }
  await tx.update(restoreHolds).set({ releasedAt: now }).where(eq(restoreHolds.id, hold.id));
  await announce(tx, { topic: "status", companyId: null, id: null });
  await announce(tx, { topic: "runs", companyId: null, id: null });
  return waiting;
}
