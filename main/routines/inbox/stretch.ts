import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Executor } from "../../database/database.ts";
import { routineRuns } from "../../database/schema/runs.ts";
import type { Slots } from "../scheduler/due.ts";
import { type Rule, rulesOf } from "./rules.ts";

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
export async function lockHeld(tx: Executor, condition: SQL | undefined): Promise<RuledRow[]> {
  const rows: HeldRow[] = await tx
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
  const rules = await rulesOf(
    tx,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => Object.assign(row, { rules: rules.get(row.id) ?? [] }));
}

/** An instant as milliseconds since the epoch. */
export const instantOf = (instant: SQL<Date>) => sql`(extract(epoch from ${instant}) * 1000)::bigint`.mapWith(Number);

/** A held row with the rules by which its slots may have been due. */
export interface RuledRow extends HeldRow {
  readonly rules: readonly Rule[];
}

/** What is known of the slots of a held row. */
export interface Told {
  /** All of them in ascending order; null where those between the first and the last cannot be told. */
  readonly slots: readonly number[] | null;
  /** The zone in which they were due; UTC where that cannot be told either. */
  readonly zone: string;
}

/**
 * The slots of a held stretch. The row names the first, the last and how many there are; those between are told by its rule.
 * They are not guessed: where no rule says just that, or two rules say it of different slots, they are not known.
 */
export function toldOf(row: Pick<RuledRow, "triggerId" | "first" | "last" | "count" | "rules">): Told {
  const accounts = row.rules.flatMap(({ slots, zone }) => {
    const found = slotsBy(slots, row);
    return found ? [{ slots: found, zone }] : [];
  });
  const [one, ...others] = accounts;
  const agrees = one && others.every(({ slots }) => slots.every((slot, index) => slot === one.slots[index]));
  return {
    slots: agrees ? one.slots : endsOf(row),
    zone: onlyOf((one || row.triggerId === null ? accounts : row.rules).map(({ zone }) => zone)) ?? "UTC",
  };
}

function slotsBy(
  slots: Slots,
  { first, last, count }: Pick<HeldRow, "first" | "last" | "count">,
): readonly number[] | null {
  const found: number[] = [];
  for (let slot = slots.next(first - 1); slot !== null && slot <= last; slot = slots.next(slot)) {
    if (found.length === 0 && slot !== first) return null;
    if (found.length === count) return null;
    found.push(slot);
  }
  return found.length === count && found.at(-1) === last ? found : null;
}

/** Of up to two slots the row itself names each. */
function endsOf({ first, last, count }: Pick<HeldRow, "first" | "last" | "count">): readonly number[] | null {
  if (count === 1) return [first];
  return count === 2 ? [first, last] : null;
}

function onlyOf(values: readonly string[]): string | undefined {
  const [one, ...others] = new Set(values);
  return others.length === 0 ? one : undefined;
}
