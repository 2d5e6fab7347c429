import type { RunChoice, SkipChoice } from "../../../preload/contract/inbox.ts";
import { Refusal } from "../../contract/refusal.ts";
import { cut, type Piece } from "./cut.ts";
import { type RuledRow, toldOf } from "./stretch.ts";

/** Slots that one release starts at most. */
const MOST_RUNS = 100;

/** What becomes of one held row. */
export interface RowPlan {
  readonly row: RuledRow;
  /** Taken slots are run or skipped, as was asked. */
  readonly pieces: readonly Piece[];
  /** What becomes of the slots that are not taken. */
  readonly rest: "held" | "skipped";
}

export type Choice = RunChoice | SkipChoice;

/**
 * What becomes of the held rows of one trigger, which come with the oldest slot first. Rows that stay as they are, are left out.
 * Refuses `slot_missing` where slots cannot be told any more, and `slots_too_many`.
 */
export function planRelease(
  held: readonly RuledRow[],
  { does, choice }: { readonly does: "run" | "skip"; readonly choice: Choice },
): readonly RowPlan[] {
  switch (choice.kind) {
    case "latest":
      return latest(held);
    case "all":
      return whole(held, does);
    case "rows": {
      const ids = new Set(choice.rows);
      return whole(
        held.filter(({ id }) => ids.has(id)),
        does,
      );
    }
    case "slots": {
      const wanted = choice.slots.map((slot) => Date.parse(slot));
      return held.flatMap((row) => {
        const taken = new Set(wanted.filter((slot) => slot >= row.first && slot <= row.last));
        if (taken.size === 0) return [];
        const slots = toldOf(row).slots ?? refuseUnknown(row);
        const pieces = cut(slots, taken);
        return pieces.some(({ kind }) => kind === "taken") ? [{ row, pieces, rest: "held" as const }] : [];
      });
    }
  }
}

/** The newest slot stands for all of them. */
function latest(held: readonly RuledRow[]): readonly RowPlan[] {
  const newest = held.reduce<RuledRow | null>(
    (best, row) => (best === null || row.last >= best.last ? row : best),
    null,
  );
  return held.map((row) => ({
    row,
    pieces: row === newest ? withoutLast(row) : [restOf(row)],
    rest: "skipped" as const,
  }));
}

function withoutLast(row: RuledRow): readonly Piece[] {
  const { slots } = toldOf(row);
  if (slots) return cut(slots, new Set([row.last]));
  // Which one is the last but one cannot be told; that the stretch ends before its last one is true anyway.
  return [
    { kind: "rest", first: row.first, last: row.last - 1, count: row.count - 1 },
    { kind: "taken", slot: row.last },
  ];
}

function whole(held: readonly RuledRow[], does: "run" | "skip"): readonly RowPlan[] {
  // A stretch that is skipped as a whole stays one row.
  if (does === "skip") return held.map((row) => ({ row, pieces: [restOf(row)], rest: "skipped" as const }));
  refuseTooMany(held.reduce((sum, { count }) => sum + count, 0));
  return held.map((row) => {
    const slots = toldOf(row).slots ?? refuseUnknown(row);
    return { row, pieces: cut(slots, new Set(slots)), rest: "held" as const };
  });
}

const restOf = ({ first, last, count }: RuledRow): Piece => ({ kind: "rest", first, last, count });

export function refuseTooMany(slots: number): void {
  if (slots <= MOST_RUNS) return;
  throw new Refusal(
    "slots_too_many",
    `Nothing was started: ${slots.toLocaleString("en")} slots are held, and at most ${MOST_RUNS} are run at once.`,
    { next: "Run the latest, choose slots, or skip them.", details: { slots, most: MOST_RUNS } },
  );
}

function refuseUnknown(row: RuledRow): never {
  throw new Refusal("slot_missing", unknownText(row.count), {
    next: "Run the latest, or skip them all.",
    details: { slots: row.count },
  });
}

/** Why slots between the first and the last of a stretch cannot be told. */
export function unknownText(count: number): string {
  return `Which ${count.toLocaleString("en")} slots these were cannot be told any more: their schedule was changed or removed since.`;
}
