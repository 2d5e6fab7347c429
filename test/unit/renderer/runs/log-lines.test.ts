import fc from "fast-check";
import { expect, test } from "vitest";
import { partsOf } from "../../../../renderer/features/runs/log/ansi.ts";
import { createLineHeights } from "../../../../renderer/features/runs/log/line-heights.ts";
import { segmentsOf } from "../../../../renderer/features/runs/log/line-segments.ts";
import { barOf, depths, MOST_PX, scrolledTop } from "../../../../renderer/features/runs/log/log-scroll.ts";

const whole = Number.POSITIVE_INFINITY;

test("what is searched for is cut out, across colours and whatever its case", () => {
  const { segments } = segmentsOf(partsOf("a \u001b[31mTok\u001b[0men b"), whole, "token");
  expect(segments.map(({ text, found }) => [text, found])).toEqual([
    ["a ", false],
    ["Tok", true],
    ["en", true],
    [" b", false],
  ]);
});

test("a long line is cut, says by how much, and never inside a character", () => {
  const { segments, leftOut } = segmentsOf(partsOf(`${"x".repeat(9)}👍end`), 10, "");
  expect(segments.map(({ text }) => text).join("")).toBe("x".repeat(9));
  expect(leftOut).toBe(5);
});

test("pieces together are the line", () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ maxLength: 3 }), (line, find) => {
      const parts = partsOf(line);
      const { segments, leftOut } = segmentsOf(parts, whole, find);
      expect(segments.map(({ text }) => text).join("")).toBe(parts.map(({ text }) => text).join(""));
      expect(leftOut).toBe(0);
    }),
  );
});

test("lines that wrap move the ones below them", () => {
  const heights = createLineHeights(20);
  expect(heights.measure(3, 60)).toBe(true);
  expect(heights.measure(3, 60)).toBe(false);
  expect(heights.measure(2_000, 40)).toBe(true);
  expect([heights.topOf(3), heights.topOf(4), heights.topOf(2_001)]).toEqual([60, 120, 2_001 * 20 + 60]);
  expect(heights.lineAt(115, 5_000)).toEqual({ line: 3, into: 55 });
  heights.measure(3, 20);
  expect(heights.topOf(4)).toBe(80);
});

test("the line at a place begins at or above it", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: 3_000 }), fc.integer({ min: 20, max: 400 })), { maxLength: 30 }),
      fc.nat({ max: 70_000 }),
      (measured, top) => {
        const heights = createLineHeights(20);
        for (const [line, height] of measured) heights.measure(line, height);
        const { line } = heights.lineAt(top, 3_001);
        expect(heights.topOf(line)).toBeLessThanOrEqual(top);
        expect(line === 3_000 || heights.topOf(line + 1) > top).toBe(true);
      },
    ),
  );
});

test("a short log is scrolled as it is", () => {
  const extent = { content: 5_000, viewport: 500 };
  expect(depths(extent)).toEqual({ content: 4_500, bar: 4_500 });
  expect(scrolledTop(extent, 0, { from: 0, to: 1_200 })).toBe(1_200);
  expect(barOf(extent, 1_200)).toBe(1_200);
});

test("a log that is higher than a page can be: small steps as they are, great ones in proportion, both ends exact", () => {
  const extent = { content: 10 * MOST_PX, viewport: 500 };
  const { content, bar } = depths(extent);
  expect(scrolledTop(extent, 1_000, { from: 100, to: 140 })).toBe(1_040);
  expect(scrolledTop(extent, 0, { from: 0, to: bar / 2 })).toBeCloseTo(content / 2);
  expect(scrolledTop(extent, 5_000, { from: 300, to: 0 })).toBe(0);
  expect(scrolledTop(extent, 0, { from: 0, to: bar })).toBe(content);
  expect(barOf(extent, content)).toBe(bar);
});
