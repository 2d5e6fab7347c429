import fc from "fast-check";
import { expect, test } from "vitest";
import { gapsBetween, SHORTEST_GAP_MS } from "../../../../main/routines/scheduler/absences.ts";

const MINUTE = SHORTEST_GAP_MS;

/** Stretches of several processes in whole minutes, in the order of their beginnings. */
const stretches = fc
  .array(fc.record({ from: fc.integer({ min: 0, max: 90 }), length: fc.integer({ min: 0, max: 20 }) }), {
    maxLength: 8,
  })
  .map((all) =>
    all
      .toSorted((a, b) => a.from - b.from)
      .map(({ from, length }) => ({ from: from * MINUTE, until: (from + length) * MINUTE, why: `after ${from}` })),
  );

test("every minute after the first stretch is in a gap or in a stretch, and in no two gaps", () => {
  fc.assert(
    fc.property(stretches, fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 60 }), (awake, start, length) => {
      const [since, until] = [start * MINUTE, (start + length) * MINUTE];
      const gaps = gapsBetween(awake, since, until);
      for (let at = since; at < until; at += MINUTE) {
        const inGaps = gaps.filter((gap) => gap.from <= at && at < gap.until).length;
        const isAwake = awake.some((stretch) => stretch.from <= at && at < stretch.until);
        const isKnown = awake.some((stretch) => stretch.from <= at);
        expect(inGaps).toBe(isKnown && !isAwake ? 1 : 0);
      }
      for (const gap of gaps) expect(gap.from >= since && gap.until <= until).toBe(true);
    }),
  );
});

test("a gap says why the stretch before it ended, and one that is too short says nothing", () => {
  const awake = [
    { from: 0, until: 10 * MINUTE, why: "slept" },
    { from: 10.5 * MINUTE, until: 20 * MINUTE, why: "stopped" },
  ];
  expect(gapsBetween(awake, 0, 60 * MINUTE)).toEqual([{ from: 20 * MINUTE, until: 60 * MINUTE, why: "stopped" }]);
});
