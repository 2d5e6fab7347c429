import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decideNotices,
  type Ended,
  type Health,
  healthOf,
  type Left,
  type Outcome,
} from "../../../../main/routines/notices/decide.ts";

const companyId = "10000000-0000-4000-8000-000000000001";
const all = { outcomes: true, missed: true };
const outcome = fc.constantFrom<Outcome>("succeeded", "failed", "timed_out", "interrupted");

/** The outcomes of one routine, one look after the other, with what the database says came before each. */
const history = fc.array(fc.array(outcome, { maxLength: 3 }), { maxLength: 12 });
function runsOf(looks: readonly (readonly Outcome[])[], routine = 1): Ended[][] {
  let before: Outcome | null = null;
  return looks.map((outcomes, look) =>
    outcomes.map((one, index) => {
      const ended = { ...ofRoutine(routine), runId: `run ${look}.${index}`, outcome: one, started: true, before };
      before = one;
      return ended;
    }),
  );
}
const ofRoutine = (routine: number) => ({
  companyId,
  routineId: `routine ${routine}`,
  routineTitle: `Routine ${routine}`,
});

describe("a notice about outcomes", () => {
  test("comes when, and only when, a routine is otherwise after a look than before it", () => {
    fc.assert(
      fc.property(history, (looks) => {
        let known: ReadonlyMap<string, Health> = new Map();
        let health: Health = "fine";
        for (const ended of runsOf(looks)) {
          const last = ended.at(-1);
          const after: Health = last ? healthOf(last.outcome) : health;
          const decided = decideNotices(known, { ended, left: [] }, all);
          known = decided.known;
          const expected = after === health ? [] : [after === "failing" ? "failing" : "recovered"];
          expect(decided.notices.map(({ kind }) => kind)).toEqual(expected);
          health = after;
        }
      }),
    );
  });

  test("says the same whether the process knows the routine or has just begun", () => {
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 2, maxLength: 6 }), (outcomes) => {
        const looks = runsOf(outcomes.map((one) => [one]));
        const last = looks.at(-1) ?? [];
        let known: ReadonlyMap<string, Health> = new Map();
        for (const ended of looks.slice(0, -1)) known = decideNotices(known, { ended, left: [] }, all).known;
        expect(decideNotices(new Map(), { ended: last, left: [] }, all).notices).toEqual(
          decideNotices(known, { ended: last, left: [] }, all).notices,
        );
      }),
    );
  });

  test("that is switched off is not said later either", () => {
    const [first = [], second = []] = runsOf([["failed"], ["failed"]]);
    const off = decideNotices(new Map(), { ended: first, left: [] }, { ...all, outcomes: false });
    expect(off.notices).toEqual([]);
    expect(decideNotices(off.known, { ended: second, left: [] }, all).notices).toEqual([]);
  });

  test("of many routines at once is one, and names a few", () => {
    const ended = Array.from({ length: 12 }, (_, index) => runsOf([["failed"]], index + 1).flat()).flat();
    const { notices } = decideNotices(new Map(), { ended, left: [] }, all);
    expect(notices).toMatchObject([
      { kind: "failing", title: "12 routines fail", body: "Routine 1, Routine 2, Routine 3 and 9 more" },
    ]);
  });
});

describe("a notice about slots", () => {
  const left = (routine: number, kind: Left["kind"], count: number): Left => ({ ...ofRoutine(routine), kind, count });

  test.each([
    [[left(1, "held", 1)], "1 slot of Routine 1 is held"],
    [[left(1, "held", 2), left(1, "held", 3)], "5 slots of Routine 1 are held"],
    [[left(1, "held", 2), left(2, "held", 1_200)], "1,202 slots of 2 routines are held"],
    [[left(1, "missed", 1)], "Routine 1 missed 1 slot"],
    [[left(1, "missed", 1), left(2, "missed", 1)], "2 routines missed 2 slots"],
  ])("%j is said as %s", (slots, title) => {
    const { notices } = decideNotices(new Map(), { ended: [], left: slots }, all);
    expect(notices.map((notice) => notice.title)).toEqual([title]);
  });

  test("is one per company and kind however many were missed, counts all of them, and can be switched off", () => {
    const some = fc.array(
      fc.record({
        routine: fc.integer({ min: 1, max: 5 }),
        kind: fc.constantFrom("missed" as const, "held" as const),
        count: fc.integer({ min: 1, max: 99 }),
      }),
    );
    fc.assert(
      fc.property(some, (slots) => {
        const seen = { ended: [], left: slots.map(({ routine, kind, count }) => left(routine, kind, count)) };
        const { notices } = decideNotices(new Map(), seen, all);
        expect(new Set(notices.map(({ kind }) => kind)).size).toBe(notices.length);
        const counted = (kind: string) =>
          slots.filter((slot) => slot.kind === kind).reduce((sum, slot) => sum + slot.count, 0);
        for (const { kind, title } of notices) {
          expect(title.replaceAll(",", "")).toMatch(new RegExp(`\\b${counted(kind)} slots?\\b`));
        }
        expect(decideNotices(new Map(), seen, { ...all, missed: false }).notices).toEqual([]);
      }),
    );
  });
});

test("a title is one short line without marks that turn the text around", () => {
  const routineTitle = `a\nb\u202ec ${"x".repeat(500)}`;
  const ended = runsOf([["failed"]])
    .flat()
    .map((run) => Object.assign(run, { routineTitle }));
  const [notice] = decideNotices(new Map(), { ended, left: [] }, all).notices;
  expect(notice?.title).toMatch(/^a b c x+… fails$/);
  expect(notice?.title.length).toBeLessThan(100);
});
