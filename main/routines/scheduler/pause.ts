import { and, asc, eq, isNotNull, lte, sql } from "drizzle-orm";
import type { Actor } from "../../../preload/contract/common.ts";
import { asRefusal } from "../../contract/refusal.ts";
import { announce } from "../../database/changes.ts";
import type { Database, Executor } from "../../database/database.ts";
import { routines, routineTriggers } from "../../database/schema/routines.ts";
import { schedulerPause } from "../../database/schema/runs.ts";
import { companies } from "../../database/schema/work.ts";
import { recordActivity } from "../../record/activity.ts";
import { nextRunOf, settleTrigger } from "../trigger-clock.ts";

/*
 * All schedules and webhooks of a database at once. While they are paused every trigger is as one that is switched off: it has no slots, and
 * when they are resumed it is due from then on. What was queued before still runs, and a routine can be started by hand.
 */

/** For the statement that looks for what is due, so that nothing fires that became due between a pause and a look at it. */
export const isNotPaused = sql`not exists (select from ${schedulerPause})`;

/** Since when all schedules are paused, or null. */
export async function readPause(executor: Executor): Promise<Date | null> {
  const [row] = await executor.select().from(schedulerPause);
  return row?.pausedAt ?? null;
}

/** While all schedules are paused, triggers that were made or changed since are due no more either. */
export async function keepPaused({ orm }: Database): Promise<void> {
  await orm
    .update(routineTriggers)
    .set({ nextRunAt: null })
    .where(and(isNotNull(routineTriggers.nextRunAt), isPaused));
}

const isPaused = sql`exists (select from ${schedulerPause})`;

/**
 * Pauses all schedules, in one transaction; answers since when they are. What was due by now and has no row yet gets one that says
 * why it did not run. What is paused already stays so.
 */
export async function pauseAll(database: Database, actor: Actor, now: Date): Promise<Date> {
  return database.orm.transaction(async (tx) => {
    await lockRoutines(tx);
    const added = await tx.insert(schedulerPause).values({ pausedAt: now }).onConflictDoNothing().returning();
    if (added.length === 0) return (await readPause(tx)) ?? now;
    const due = await tx
      .select({ routine: routines, trigger: routineTriggers })
      .from(routineTriggers)
      .innerJoin(routines, eq(routines.id, routineTriggers.routineId))
      .where(and(eq(routineTriggers.enabled, true), lte(routineTriggers.nextRunAt, now)));
    for (const { routine, trigger } of due) {
      await unlessRefused(tx, (within) =>
        settleTrigger(within, routine, trigger, now, "All schedules were paused before it was due to run."),
      );
    }
    await tx
      .update(routineTriggers)
      .set({ accountedUntil: now, nextRunAt: null })
      .where(isNotNull(routineTriggers.nextRunAt));
    await tell(tx, actor, "company.schedules_paused");
    return now;
  });
}

/** Resumes all schedules: each trigger is due from now on. What is not paused stays as it is. */
export async function resumeAll(database: Database, actor: Actor, now: Date): Promise<void> {
  await database.orm.transaction(async (tx) => {
    await lockRoutines(tx);
    const removed = await tx.delete(schedulerPause).returning();
    if (removed.length === 0) return;
    await tx.update(routineTriggers).set({ accountedUntil: now });
    const rows = await tx
      .select({ status: routines.status, trigger: routineTriggers })
      .from(routineTriggers)
      .innerJoin(routines, eq(routines.id, routineTriggers.routineId))
      .where(and(eq(routineTriggers.enabled, true), eq(routines.status, "active")));
    for (const { status, trigger } of rows) {
      await unlessRefused(tx, async (within) => {
        const nextRunAt = nextRunOf(trigger, status, now);
        if (nextRunAt === null) return;
        await within.update(routineTriggers).set({ nextRunAt }).where(eq(routineTriggers.id, trigger.id));
      });
    }
    await tell(tx, actor, "company.schedules_resumed");
  });
}

/** In the order in which everybody else takes them: the routines first, then what belongs to them. */
async function lockRoutines(tx: Executor): Promise<void> {
  await tx.select({ id: routines.id }).from(routines).orderBy(asc(routines.id)).for("no key update");
}

/** A trigger whose row cannot be read does not keep the others. */
async function unlessRefused(tx: Executor, work: (within: Executor) => Promise<void>): Promise<void> {
  try {
    await tx.transaction(work);
  } catch (error) {
    if (!asRefusal(error)) throw error;
  }
}

async function tell(tx: Executor, actor: Actor, action: string): Promise<void> {
  for (const { id } of await tx.select({ id: companies.id }).from(companies)) {
    await recordActivity(tx, { companyId: id, actor, action, entityType: "company", entityId: id });
  }
  for (const topic of ["routines", "status"] as const) await announce(tx, { topic, companyId: null, id: null });
}
