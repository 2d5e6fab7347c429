import fc from "fast-check";
import { expect, test } from "vitest";
import { displayWidth, oneLine, plainLines, truncate } from "../../../../main/hosts/cli/text.ts";

const ESCAPE = "\u001B";

test("wide and combined letters have the width that a terminal gives them", () => {
  expect(["abc", "日本語", "e\u0301", "👍🏽", "⚿ key", `${ESCAPE}[31mred${ESCAPE}[39m`].map(displayWidth)).toEqual([
    3, 6, 1, 2, 5, 3,
  ]);
});

test("a text is cut between letters, never through one", () => {
  expect(truncate("日本語", 6)).toBe("日本語");
  expect(truncate("日本語", 5)).toBe("日本…");
  expect(truncate("日本語", 4)).toBe("日…");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 40 }), (text, columns) => {
      expect(displayWidth(truncate(text, columns))).toBeLessThanOrEqual(columns);
    }),
  );
});

test("one line has no control characters and no line ends", () => {
  expect(oneLine(`a\r\nb\tc${ESCAPE}[2J${ESCAPE}]0;title\u0007d\u202Ee`)).toBe("a b cde");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(oneLine(text)).not.toMatch(/\p{Cc}/u);
    }),
  );
});

test("of a log, colours may stay, and nothing else that steers a terminal", () => {
  const text = `${ESCAPE}[31mred${ESCAPE}[0m ${ESCAPE}[2Jx${ESCAPE}]0;title\u0007`;
  expect(plainLines(text, false)).toBe("red x");
  expect(plainLines(text, true)).toBe(`${ESCAPE}[31mred${ESCAPE}[0m x${ESCAPE}[0m`);
  expect(plainLines("a\tb\nc", true)).toBe("a\tb\nc");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(plainLines(text, false)).not.toMatch(/[^\P{Cc}\n\t]/u);
    }),
  );
});
