import fc from "fast-check";
import { expect, test } from "vitest";
import { linesOf } from "../../../../renderer/features/home/timeline-lines.ts";

const ids = fc.uniqueArray(fc.integer({ min: 0, max: 12 }).map(String), { maxLength: 8 });

test("every routine that ran or is due has one line, what ran first, and each says when it is due next", () => {
  fc.assert(
    fc.property(ids, ids, (ran, due) => {
      const lines = linesOf(
        ran.map((id) => ({ routineId: id, title: id, status: "active", marks: [] })),
        due.map((id) => ({ routineId: id, title: id, nextRunAt: `at ${id}`, zone: "UTC", ahead: [48] })),
      );
      expect(lines.map(({ routineId }) => routineId)).toEqual([...ran, ...due.filter((id) => !ran.includes(id))]);
      for (const { routineId, next, ahead } of lines) {
        const isDue = due.includes(routineId);
        expect(next).toEqual(isDue ? { at: `at ${routineId}`, zone: "UTC" } : null);
        expect(ahead).toEqual(isDue ? [48] : []);
      }
    }),
  );
});
