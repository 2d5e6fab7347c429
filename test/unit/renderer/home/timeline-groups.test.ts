import fc from "fast-check";
import { expect, test } from "vitest";
import { runStatus } from "../../../../preload/contract/runs.ts";
import { WORST_FIRST } from "../../../../preload/rules/worst-status.ts";
import { groupLength, groupsOf } from "../../../../renderer/features/home/timeline-groups.ts";
import { BUCKETS, BUCKETS_AHEAD } from "../../../../renderer/features/home/timeline-window.ts";

const runId = "70000000-0000-4000-8000-000000000001";
const buckets = (from: number, to: number) => fc.uniqueArray(fc.integer({ min: from, max: to - 1 }));
const marks = buckets(0, BUCKETS).chain((places) =>
  fc.tuple(
    ...places.map((bucket) =>
      fc.record({
        bucket: fc.constant(bucket),
        status: fc.constantFrom(...WORST_FIRST),
        count: fc.integer({ min: 1, max: 900 }),
        runId: fc.constant(runId),
      }),
    ),
  ),
);
// The bucket that holds now has both what ran and what is due.
const due = buckets(BUCKETS - 1, BUCKETS + BUCKETS_AHEAD);

test("no two drawn marks are closer than a mark is wide, and each firing is in exactly one group", () => {
  fc.assert(
    fc.property(marks, due, fc.integer({ min: 16, max: 3_000 }), (ran, ahead, stripWidth) => {
      const markWidth = 16;
      const groups = groupsOf(ran, ahead, groupLength(stripWidth, markWidth));
      for (const [index, { at }] of groups.entries()) {
        const before = groups[index - 1]?.at ?? -Infinity;
        expect((at - before) * stripWidth).toBeGreaterThanOrEqual(markWidth - 1e-6);
        // Nor does one stick out of the strip.
        expect(at * stripWidth).toBeGreaterThanOrEqual(markWidth / 2 - 1e-6);
        expect((1 - at) * stripWidth).toBeGreaterThanOrEqual(markWidth / 2 - 1e-6);
      }
      expect(groups.flatMap((group) => group.marks)).toEqual(ran.toSorted((a, b) => a.bucket - b.bucket));
      expect(groups.flatMap((group) => group.due)).toEqual(ahead.toSorted((a, b) => a - b));
      for (const group of groups) {
        for (const bucket of [...group.marks.map((mark) => mark.bucket), ...group.due]) {
          expect(bucket >= group.first && bucket < group.end).toBe(true);
        }
      }
    }),
  );
});

test("the worst one stands for a group, of equals the newest; where there is room nothing is grouped", () => {
  const mark = (bucket: number, status: (typeof WORST_FIRST)[number]) => ({ bucket, status, count: 1, runId });
  const ran = [mark(2, "failed"), mark(3, "failed"), mark(0, "succeeded")];
  expect(groupsOf(ran, [], 4)).toMatchObject([{ first: 0, end: 4, worst: { bucket: 3 }, marks: { length: 3 } }]);
  expect(groupsOf([], [49], 4)).toMatchObject([{ first: 48, worst: null, due: [49] }]);
  expect(groupsOf(ran, [], groupLength(2_000, 16))).toHaveLength(3);
});

test("each state has its rank", () => {
  expect(runStatus.options.toSorted()).toEqual([...WORST_FIRST].toSorted());
});
