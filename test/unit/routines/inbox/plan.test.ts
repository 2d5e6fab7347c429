import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Choice, planRelease } from "../../../../main/routines/inbox/plan.ts";
import type { Rule } from "../../../../main/routines/inbox/rules.ts";
import { type RuledRow, toldOf } from "../../../../main/routines/inbox/stretch.ts";

const HOUR = 3_600_000;
const every = (step: number, zone: string): Rule => ({
  zone,
  slots: {
    next: (after) => (Math.floor(after / step) + 1) * step,
    previous: (before) => (Math.ceil(before / step) - 1) * step,
  },
});
const hourly = every(HOUR, "UTC");
/** Due at these hours only. */
const at = (hours: readonly number[]): Rule => ({
  zone: "UTC",
  slots: {
    next: (after) => hours.map((hour) => hour * HOUR).find((slot) => slot > after) ?? null,
    previous: (before) => hours.map((hour) => hour * HOUR).findLast((slot) => slot < before) ?? null,
  },
});
const idOf = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;

/** Stretches of an hourly trigger, one after the other, with gaps between them. */
const heldRows = fc
  .array(fc.record({ count: fc.integer({ min: 1, max: 12 }), gap: fc.integer({ min: 1, max: 5 }) }), {
    minLength: 1,
    maxLength: 5,
  })
  .map((stretches) => {
    let first = 0;
    return stretches.map(({ count, gap }, index): RuledRow => {
      first += gap * HOUR;
      const row = { id: idOf(index), triggerId: idOf(100), sheetId: null, slotAt: new Date(first), rules: [hourly] };
      const last = first + (count - 1) * HOUR;
      const held = { ...row, first, last, count };
      first = last + HOUR;
      return held;
    });
  });
const slotsOf = ({ first, count }: { readonly first: number; readonly count: number }) =>
  Array.from({ length: count }, (_, index) => first + index * HOUR);

interface Asked {
  readonly does: "run" | "skip";
  readonly choice: Choice;
  /** The slots that are to be taken out. */
  readonly taken: readonly number[];
}

/** Everything that may be asked of these rows, with what is to be taken out. */
function asks(rows: readonly RuledRow[], coin: () => boolean): Asked[] {
  const every = rows.flatMap(slotsOf);
  const [some, someRows] = [every.filter(coin), rows.filter(coin)];
  const slots: Choice = { kind: "slots", slots: some.map((slot) => new Date(slot).toISOString()) };
  const byRow: Choice = { kind: "rows", rows: someRows.map(({ id }) => id) };
  return [
    { does: "run", choice: { kind: "latest" }, taken: every.slice(-1) },
    { does: "run", choice: { kind: "all" }, taken: every },
    { does: "run", choice: byRow, taken: someRows.flatMap(slotsOf) },
    { does: "run", choice: slots, taken: some },
    { does: "skip", choice: slots, taken: some },
    // Stretches that are skipped as a whole stay one row.
    { does: "skip", choice: byRow, taken: [] },
    { does: "skip", choice: { kind: "all" }, taken: [] },
  ];
}

describe("a release", () => {
  test("puts every slot of a row that it touches into exactly one piece, in order, whatever is chosen", () => {
    fc.assert(
      fc.property(heldRows, fc.infiniteStream(fc.boolean()), (rows, coins) => {
        for (const { does, choice, taken } of asks(rows, () => coins.next().value === true)) {
          const plans = planRelease(rows, { does, choice });
          for (const { row, pieces } of plans) {
            const covered = pieces.flatMap((piece) => (piece.kind === "taken" ? [piece.slot] : slotsOf(piece)));
            expect(covered).toEqual(slotsOf(row));
          }
          const pieces = plans.flatMap((plan) => plan.pieces);
          expect(pieces.flatMap((piece) => (piece.kind === "taken" ? [piece.slot] : []))).toEqual(taken);
        }
      }),
    );
  });

  test("of slots that no rule tells runs the latest and skips the others, and refuses to guess those between", () => {
    const held = {
      id: idOf(1),
      triggerId: idOf(100),
      sheetId: null,
      slotAt: new Date(0),
      first: 0,
      last: 10 * HOUR + 1,
      count: 6,
    };
    for (const rules of [[hourly], []]) {
      const row: RuledRow = { ...held, rules };
      const [plan] = planRelease([row], { does: "run", choice: { kind: "latest" } });
      expect(plan?.pieces).toEqual([
        { kind: "rest", first: 0, last: 10 * HOUR, count: 5 },
        { kind: "taken", slot: 10 * HOUR + 1 },
      ]);
      expect(planRelease([row], { does: "skip", choice: { kind: "all" } })).toHaveLength(1);
      const guess = () => planRelease([row], { does: "run", choice: { kind: "all" } });
      expect(guess).toThrow(/cannot be told/);
    }
  });
});

describe("the slots of a held row", () => {
  const [first, last] = [6 * HOUR, 18 * HOUR];
  const row = { triggerId: null, first, last, count: 13 };

  test("are those of the one rule that says just these, whatever other rules there are", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([2, 3, 4, 6, 12].map((hours) => every(hours * HOUR, "Asia/Tokyo"))), (others) => {
        const told = toldOf({ ...row, rules: [...others, hourly] });
        expect(told).toEqual({ slots: Array.from({ length: 13 }, (_, hour) => first + hour * HOUR), zone: "UTC" });
      }),
    );
  });

  test("are not guessed where two rules say as many of different instants, and their zone not where it differs", () => {
    const four = { ...row, count: 4 };
    const [one, other] = [at([6, 8, 10, 18]), at([6, 9, 10, 18])];
    expect(toldOf({ ...four, rules: [one] }).slots).toEqual([6, 8, 10, 18].map((hour) => hour * HOUR));
    expect(toldOf({ ...four, rules: [one, other] }).slots).toBeNull();
    const elsewhere = { ...hourly, zone: "Asia/Tokyo" };
    expect(toldOf({ ...row, rules: [hourly, elsewhere] })).toMatchObject({ zone: "UTC", slots: { length: 13 } });
    expect(toldOf({ ...row, rules: [elsewhere] }).zone).toBe("Asia/Tokyo");
    expect(toldOf({ ...row, rules: [every(5 * HOUR, "Asia/Tokyo")] })).toEqual({ slots: null, zone: "UTC" });
  });
});
