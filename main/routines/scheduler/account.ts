import { randomUUID } from "node:crypto";
import { and, asc, desc, eq, gt, gte, inArray, lte, sql } from "drizzle-orm";
import { asRefusal, type Refusal } from "../../contract/refusal.ts";
import { announce } from "../../database/changes.ts";
import type { Database, Executor } from "../../database/database.ts";
import { routineTriggers } from "../../database/schema/routines.ts";
import { routineRuns } from "../../database/schema/runs.ts";
import { decide } from "../dispatch.ts";
import { lockRoutine } from "../lookup.ts";
import type { RoutineRow } from "../snapshot.ts";
import { leaveSlots, settleTrigger, type TriggerRow } from "../trigger-clock.ts";
import { absenceAt } from "./coverage.ts";
import { type Slots, slotsOf, zoneOf } from "./due.ts";
import { nextStep, type Step, stretch } from "./step.ts";

/** Between runs that make up for missed slots of one trigger, in milliseconds: they do not start in one burst. */
export const SPACING_MS = 10_000;

export interface TriggerKey {
  readonly id: string;
  readonly companyId: string;
  readonly routineId: string;
}

/** What one step came to. */
export interface Accounted {
  /** Whether there may be more to do about this trigger. */
  readonly more: boolean;
  /** The run that waits now, and since when it may start; null where none does. */
  readonly queued: { readonly runId: string; readonly notBefore: Date | null } | null;
  /** How late a slot on time was looked at, in milliseconds. */
  readonly latenessMs: number | null;
}

const DONE: Accounted = { more: false, queued: null, latenessMs: null };

/**
 * Does the first of what is to be done about a trigger, in one transaction: the row that says what became of a slot or of a
 * stretch of them, and how far the trigger is accounted for. Killed before its commit nothing has happened, and killed after it
 * the slot is never looked at again. Two schedulers take turns at the lock on the routine, and the second one sees what the
 * first one did. A firing that is refused leaves a failed run that says why.
 */
export async function accountStep(database: Database, key: TriggerKey, now: Date): Promise<Accounted> {
  return database.orm.transaction(async (tx) => {
    const routine = await lockRoutine(tx, key.companyId, key.routineId);
    const [trigger] = await tx.select().from(routineTriggers).where(eq(routineTriggers.id, key.id)).for("update");
    if (!trigger?.enabled || trigger.nextRunAt === null || trigger.accountedUntil === null) return DONE;
    if (routine.status !== "active") {
      await settleTrigger(tx, routine, trigger, now, `The routine was ${routine.status} when it was due to run.`);
      await advance(tx, trigger, { accountedUntil: now, nextRunAt: null });
      return DONE;
    }
    const slots = slotsOf(trigger);
    const account = {
      accountedUntil: trigger.accountedUntil.getTime(),
      graceMs: trigger.graceSeconds * 1_000,
      catchUp: routine.catchUpPolicy,
      missedCap: trigger.missedCap,
    };
    const step = nextStep(slots, account, now.getTime());
    switch (step.kind) {
      case "wait":
        await advance(tx, trigger, { nextRunAt: step.next === null ? null : new Date(step.next) });
        return DONE;
      case "leave":
        await leave(tx, routine, trigger, { step, slots, now });
        return { ...DONE, more: true };
      case "run":
        return fire(tx, routine, trigger, { step, slots, now });
    }
  });
}

interface Doing<Kind extends Step["kind"]> {
  readonly step: Extract<Step, { kind: Kind }>;
  readonly slots: Slots;
  readonly now: Date;
}

async function leave(
  tx: Executor,
  routine: RoutineRow,
  trigger: TriggerRow,
  { step, slots, now }: Doing<"leave">,
): Promise<void> {
  const known = await firstKnown(tx, trigger, new Date(step.first), new Date(step.last));
  if (known === step.first) return advance(tx, trigger, reached(slots, known));
  const left = known === null ? step : stretch(slots, step.first, known);
  const why = await absenceAt(tx, new Date(left.first));
  const times = left.count === 1 ? "1 slot was" : `${left.count} slots were`;
  const reason = `${times} missed by more than the grace of ${graceText(trigger)}: ${why}.`;
  await leaveSlots(tx, routine, trigger, { ...left, as: step.as, code: "slots_missed", reason, at: now });
  await advance(tx, trigger, {
    ...reached(slots, left.last),
    lastResult: `${step.as}: ${reason}`,
  });
}

async function fire(
  tx: Executor,
  routine: RoutineRow,
  trigger: TriggerRow,
  { step, slots, now }: Doing<"run">,
): Promise<Accounted> {
  const at = new Date(step.slot);
  const latenessMs = step.missed ? null : now.getTime() - step.slot;
  if ((await firstKnown(tx, trigger, at, at)) !== null) {
    await advance(tx, trigger, reached(slots, step.slot));
    return { more: true, queued: null, latenessMs: null };
  }
  const notBefore = step.missed ? await turnOf(tx, trigger, now) : null;
  const slot = { triggerId: trigger.id, at, zone: zoneOf(trigger), notBefore };
  try {
    // Its own savepoint: what a refused firing began is undone, and the slot still gets its row.
    const { runId, status, queuedRunId } = await tx.transaction((within) =>
      decide(within, now, {
        companyId: routine.companyId,
        routineId: routine.id,
        source: "schedule",
        variables: {},
        payload: null,
        idempotencyKey: null,
        slot,
      }),
    );
    const further = reached(slots, step.slot);
    await advance(tx, trigger, { ...further, lastFiredAt: now, lastResult: `${status}: run ${runId}` });
    const more = further.nextRunAt !== null && further.nextRunAt <= now;
    return { more, queued: queuedRunId === runId ? { runId, notBefore } : null, latenessMs };
  } catch (error) {
    const refusal = asRefusal(error);
    if (!refusal) throw error;
    await refuse(tx, routine, slot, { refusal, now });
    await advance(tx, trigger, {
      ...reached(slots, step.slot),
      lastFiredAt: now,
      lastResult: `failed: ${refusal.message}`,
    });
    return { more: true, queued: null, latenessMs };
  }
}

/** The first slot of `[from, to]` that has its row already: the clock was put back behind it. Null where none has. */
async function firstKnown(tx: Executor, trigger: TriggerRow, from: Date, to: Date): Promise<number | null> {
  const [known] = await tx
    .select({ slotAt: routineRuns.slotAt })
    .from(routineRuns)
    .where(and(eq(routineRuns.triggerId, trigger.id), gte(routineRuns.slotAt, from), lte(routineRuns.slotAt, to)))
    .orderBy(asc(routineRuns.slotAt))
    .limit(1);
  return known?.slotAt?.getTime() ?? null;
}

/** When a run for a missed slot may start: not in one burst with the one before it. Null means at once. */
async function turnOf(tx: Executor, trigger: TriggerRow, now: Date): Promise<Date | null> {
  const [last] = await tx
    .select({ status: routineRuns.status, notBefore: routineRuns.notBefore, triggeredAt: routineRuns.triggeredAt })
    .from(routineRuns)
    .where(and(eq(routineRuns.triggerId, trigger.id), sql`${routineRuns.slotAt} is not null`))
    .orderBy(desc(routineRuns.slotAt))
    .limit(1);
  if (!last || last.status === "skipped" || last.status === "held" || last.status === "failed") return null;
  const turn = new Date((last.notBefore ?? last.triggeredAt).getTime() + SPACING_MS);
  return turn > now ? turn : null;
}

/** The row of a slot whose firing was refused: a failed run, where the operator looks, with the reason and the next step. */
async function refuse(
  tx: Executor,
  routine: RoutineRow,
  slot: { readonly triggerId: string; readonly at: Date },
  { refusal, now }: { readonly refusal: Refusal; readonly now: Date },
): Promise<void> {
  const id = randomUUID();
  await tx.insert(routineRuns).values({
    id,
    companyId: routine.companyId,
    routineId: routine.id,
    triggerId: slot.triggerId,
    slotAt: slot.at,
    source: "schedule",
    status: "failed",
    title: routine.title,
    instructions: "",
    triggeredAt: now,
    routineRevisionId: routine.latestRevisionId,
    agentId: routine.assigneeAgentId,
    projectId: routine.projectId,
    dispatchFingerprint: "none",
    failure: {
      code: refusal.code,
      message: refusal.message,
      next: refusal.data.next ?? null,
      layer: null,
      key: null,
      secretKey: null,
    },
    completedAt: now,
    createdAt: now,
    updatedAt: now,
  });
  await announce(tx, { topic: "runs", companyId: routine.companyId, id });
}

/**
 * The clock was put back behind what is accounted for. Stretches that were left out lose what is to come again, so that it runs
 * when its time comes; a slot that ran keeps its row and does not run twice.
 */
export async function rewind(database: Database, key: TriggerKey, now: Date): Promise<void> {
  await database.orm.transaction(async (tx) => {
    const routine = await lockRoutine(tx, key.companyId, key.routineId);
    const [trigger] = await tx.select().from(routineTriggers).where(eq(routineTriggers.id, key.id)).for("update");
    if (!trigger?.enabled || trigger.accountedUntil === null || trigger.accountedUntil <= now) return;
    const slots = slotsOf(trigger);
    const left = await tx
      .select({ id: routineRuns.id, slotAt: routineRuns.slotAt })
      .from(routineRuns)
      .where(
        and(
          eq(routineRuns.triggerId, trigger.id),
          inArray(routineRuns.status, ["skipped", "held"]),
          gt(sql`upper(${routineRuns.slotRange})`, sql`${now.toISOString()}::timestamptz`),
        ),
      );
    for (const { id, slotAt } of left) {
      const first = slotAt?.getTime() ?? Infinity;
      if (first > now.getTime()) await tx.delete(routineRuns).where(eq(routineRuns.id, id));
      else {
        let [last, count] = [first, 1];
        for (let slot = slots.next(first); slot !== null && slot <= now.getTime(); slot = slots.next(slot)) {
          [last, count] = [slot, count + 1];
        }
        const slotRange = `[${new Date(first).toISOString()},${new Date(last).toISOString()}]`;
        await tx.update(routineRuns).set({ slotRange, slotCount: count }).where(eq(routineRuns.id, id));
      }
    }
    const next = routine.status === "active" ? slots.next(now.getTime()) : null;
    await advance(tx, trigger, { accountedUntil: now, nextRunAt: next === null ? null : new Date(next) });
  });
}

function reached(slots: Slots, slot: number) {
  const next = slots.next(slot);
  return { accountedUntil: new Date(slot), nextRunAt: next === null ? null : new Date(next) };
}

async function advance(
  tx: Executor,
  trigger: TriggerRow,
  change: Partial<Pick<TriggerRow, "accountedUntil" | "nextRunAt" | "lastFiredAt" | "lastResult">>,
): Promise<void> {
  await tx.update(routineTriggers).set(change).where(eq(routineTriggers.id, trigger.id));
}

function graceText({ graceSeconds }: TriggerRow): string {
  return graceSeconds % 60 === 0 ? `${graceSeconds / 60} min` : `${graceSeconds} s`;
}
