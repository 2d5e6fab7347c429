import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Executor } from "../../database/database.ts";
import { routineTriggers } from "../../database/schema/routines.ts";
import { routineRuns } from "../../database/schema/runs.ts";
import { type Slots, slotsOf, zoneOf } from "../scheduler/due.ts";

/** Where a held row stands for the slots of a stretch, up to which; else the instant of the run itself. */
export const firstHeld = sql<Date>`coalesce(lower(${routineRuns.slotRange}), ${routineRuns.slotAt}, ${routineRuns.triggeredAt})`;
export const lastHeld = sql<Date>`coalesce(upper(${routineRuns.slotRange}), ${routineRuns.slotAt}, ${routineRuns.triggeredAt})`;
export const heldCount = sql<number>`coalesce(${routineRuns.slotCount}, 1)`;

/** One held row: a stretch of slots without a sheet, or a whole run that waits with its sheet. */
export interface HeldRow {
  readonly id: string;
  readonly triggerId: string | null;
  readonly sheetId: string | null;
  /** In milliseconds since the epoch. */
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly slotAt: Date | null;
}

/** Held rows with a condition, locked until the transaction ends, the oldest slot first. */
export async function lockHeld(tx: Executor, condition: SQL | undefined): Promise<HeldRow[]> {
  return tx
    .select({
      id: routineRuns.id,
      triggerId: routineRuns.triggerId,
      sheetId: routineRuns.sheetId,
      first: instantOf(firstHeld),
      last: instantOf(lastHeld),
      count: heldCount,
      slotAt: routineRuns.slotAt,
    })
    .from(routineRuns)
    .where(and(eq(routineRuns.status, "held"), condition))
    .orderBy(firstHeld, routineRuns.id)
    .for("update");
}

/** An instant as milliseconds since the epoch. */
export const instantOf = (instant: SQL<Date>) => sql`(extract(epoch from ${instant}) * 1000)::bigint`.mapWith(Number);

/** What a trigger says of the slots of its rows; null where it was removed. */
export interface Rule {
  readonly slots: Slots;
  readonly zone: string;
}

export async function ruleOf(executor: Executor, triggerId: string | null): Promise<Rule | null> {
  if (triggerId === null) return null;
  const [trigger] = await executor.select().from(routineTriggers).where(eq(routineTriggers.id, triggerId));
  return trigger ? { slots: slotsOf(trigger), zone: zoneOf(trigger) } : null;
}

/**
 * The slots of a held stretch in ascending order. The row names the first, the last and how many there are; those between are
 * told by the trigger's rule. Null where that says something else by now, because it was changed or removed.
 */
export function slotsIn(row: Pick<HeldRow, "first" | "last" | "count">, rule: Rule | null): readonly number[] | null {
  if (row.count === 1) return [row.first];
  if (row.count === 2) return [row.first, row.last];
  if (rule === null) return null;
  const slots: number[] = [];
  for (let slot = rule.slots.next(row.first - 1); slot !== null && slot <= row.last; slot = rule.slots.next(slot)) {
    slots.push(slot);
    if (slots.length > row.count) return null;
  }
  const agrees = slots.length === row.count && slots[0] === row.first && slots.at(-1) === row.last;
  return agrees ? slots : null;
}
