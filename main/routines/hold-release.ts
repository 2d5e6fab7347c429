import { and, eq, isNotNull, lte } from "drizzle-orm";
import { asRefusal, Refusal } from "../contract/refusal.ts";
import type { Database, Executor } from "../database/database.ts";
import { routines, routineTriggers } from "../database/schema/routines.ts";
import { companies } from "../database/schema/work.ts";
import type { Clock } from "../instance/clock.ts";
import { OPERATOR, recordActivity } from "../record/activity.ts";
import { endHold, type Hold, readHold } from "../runs/hold.ts";
import { lockRoutine } from "./lookup.ts";
import { nextRunOf, settleTrigger } from "./trigger-clock.ts";

export interface Released {
  readonly hold: Hold;
  /** Triggers whose slots of the held time got their row. */
  readonly triggers: number;
  /** Runs that had waited. */
  readonly queued: number;
}

/**
 * Lets a restored database work again, in one transaction: slots that were due while it was held get a row that says so and
 * do not run, triggers go on from now, and the runs that waited start or are cancelled. Refuses with `restore_not_held`.
 */
export async function releaseHold(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  queued: "start" | "cancel",
): Promise<Released> {
  return database.orm.transaction(async (tx) => {
    const hold = await readHold(tx);
    if (hold === null) throw new Refusal("restore_not_held", "Nothing is held: there is nothing to release.");
    const now = clock.now();
    const triggers = await settleHeldSlots(tx, hold, now);
    const waiting = await endHold(tx, hold, queued, now);
    for (const { id } of await tx.select({ id: companies.id }).from(companies)) {
      await recordActivity(tx, {
        companyId: id,
        actor: OPERATOR,
        action: "restore.released",
        entityType: "instance",
        entityId: hold.id,
        details: { source: hold.source, queued: waiting, queuedRuns: queued },
      });
    }
    return { hold, triggers, queued: waiting };
  });
}

async function settleHeldSlots(tx: Executor, hold: Hold, now: Date): Promise<number> {
  const what = hold.kind === "restore" ? "a backup" : "an earlier state";
  const reason = `It was not looked at: the database was put back to ${what} of ${hold.stateOf.toISOString()} and held until ${now.toISOString()}.`;
  const due = await tx
    .selectDistinct({ routineId: routineTriggers.routineId, companyId: routineTriggers.companyId })
    .from(routineTriggers)
    .innerJoin(routines, eq(routines.id, routineTriggers.routineId))
    .where(isDue(now));
  let settled = 0;
  for (const { companyId, routineId } of due) {
    const routine = await lockRoutine(tx, companyId, routineId);
    const triggers = await tx
      .select()
      .from(routineTriggers)
      .where(and(eq(routineTriggers.routineId, routineId), isDue(now)))
      .for("update");
    for (const trigger of triggers) {
      try {
        const nextRunAt = nextRunOf(trigger, routine.status, now);
        await settleTrigger(tx, routine, trigger, now, reason);
        const change = { accountedUntil: now, nextRunAt, lastResult: `skipped: ${reason}` };
        await tx.update(routineTriggers).set(change).where(eq(routineTriggers.id, trigger.id));
        settled += 1;
      } catch (error) {
        // One that cannot be read is left to the scheduler, which says so and goes on with the others.
        if (!asRefusal(error)) throw error;
      }
    }
  }
  return settled;
}

const isDue = (now: Date) =>
  and(routineTriggers.enabled, isNotNull(routineTriggers.nextRunAt), lte(routineTriggers.nextRunAt, now));
