import { randomUUID } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import { announce } from "../database/changes.ts";
import type { Executor } from "../database/database.ts";
import { routineTriggers } from "../database/schema/routines.ts";
import { routineRuns } from "../database/schema/runs.ts";
import type { RoutineRow } from "./snapshot.ts";
import { slotsOf } from "./scheduler/due.ts";
import { dueStretch } from "./scheduler/step.ts";

export type TriggerRow = typeof routineTriggers.$inferSelect;
type RoutineKey = Pick<RoutineRow, "id" | "companyId" | "title" | "latestRevisionId">;

interface Stretch {
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/**
 * Writes the row of a stretch of slots that does not run, in the transaction that moves the trigger past it. `held` slots wait
 * for the operator. The first slot stands in `slot_at`, so that the unique index refuses a second row for it, and the revision
 * that is the latest one tells by which schedule they were due.
 */
export async function leaveSlots(
  tx: Executor,
  routine: RoutineKey,
  trigger: Pick<TriggerRow, "id">,
  stretch: Stretch & {
    readonly as: "skipped" | "held";
    readonly code: string;
    readonly reason: string;
    readonly at: Date;
  },
): Promise<string> {
  const { first, last, count, as, code, reason, at } = stretch;
  const id = randomUUID();
  await tx.insert(routineRuns).values({
    id,
    companyId: routine.companyId,
    routineId: routine.id,
    triggerId: trigger.id,
    source: "schedule",
    status: as,
    title: routine.title,
    instructions: "",
    triggeredAt: at,
    slotAt: new Date(first),
    slotRange: `[${new Date(first).toISOString()},${new Date(last).toISOString()}]`,
    slotCount: count,
    routineRevisionId: routine.latestRevisionId,
    dispatchFingerprint: "none",
    ...(as === "held"
      ? { heldReason: reason }
      : {
          skipReason: reason,
          failure: { code, message: reason, next: null, layer: null, key: null, secretKey: null },
          completedAt: at,
        }),
    createdAt: at,
    updatedAt: at,
  });
  await announce(tx, { topic: "runs", companyId: routine.companyId, id });
  return id;
}

/**
 * A trigger that stops being due, or becomes due by another rule: what it was due for up to `now` and has no row yet gets one
 * that says why it did not run. The routine is locked.
 */
export async function settleTrigger(
  tx: Executor,
  routine: RoutineKey,
  trigger: TriggerRow,
  now: Date,
  reason: string,
): Promise<void> {
  if (trigger.nextRunAt === null || trigger.accountedUntil === null) return;
  const slots = slotsOf(trigger);
  let until = trigger.accountedUntil.getTime();
  for (let due = dueStretch(slots, until, now.getTime()); due; due = dueStretch(slots, until, now.getTime())) {
    await leaveSlots(tx, routine, trigger, { ...due, as: "skipped", code: "trigger_stopped", reason, at: now });
    until = due.last;
  }
}

/** The first slot after an instant; null for a trigger that is switched off or whose routine is not active. */
export function nextRunOf(
  trigger: Pick<TriggerRow, "kind" | "cronExpression" | "timezone" | "onceAt" | "enabled">,
  routineStatus: RoutineRow["status"],
  after: Date,
): Date | null {
  if (!trigger.enabled || routineStatus !== "active") return null;
  const next = slotsOf(trigger).next(after.getTime());
  return next === null ? null : new Date(next);
}

/**
 * The triggers of a locked routine whose status has just changed: one that became active has slots from now on, one that is
 * not active any more has none, and what was due until now has its row.
 */
export async function followStatus(tx: Executor, routine: RoutineRow, status: RoutineRow["status"], now: Date) {
  const rows = await tx.select().from(routineTriggers).where(eq(routineTriggers.routineId, routine.id)).for("update");
  for (const trigger of rows) {
    if (status !== "active")
      await settleTrigger(tx, routine, trigger, now, `The routine was ${status} before it was due to run.`);
    await tx
      .update(routineTriggers)
      .set({ accountedUntil: now, nextRunAt: nextRunOf(trigger, status, now) })
      .where(eq(routineTriggers.id, trigger.id));
  }
}

/** Whether an enabled trigger starts the routine by itself, so that every required variable needs a default. */
export async function startsByItself(tx: Executor, routineId: string): Promise<boolean> {
  const rows = await tx
    .select({ id: routineTriggers.id })
    .from(routineTriggers)
    .where(
      and(
        eq(routineTriggers.routineId, routineId),
        eq(routineTriggers.enabled, true),
        sql`${routineTriggers.kind} in ('schedule', 'once')`,
      ),
    )
    .limit(1);
  return rows.length > 0;
}
