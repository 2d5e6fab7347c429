import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lineDiff, type LineChange } from "../../../main/routines/line-diff.ts";

const side = (changes: readonly LineChange[], op: "added" | "removed"): string =>
  changes
    .filter((change) => change.op === "same" || change.op === op)
    .map((change) => change.text)
    .join("\n");

/** Few different lines, so that texts have much in common. */
const text = fc
  .array(fc.constantFrom("a", "b", "c", "", "déjà", "x\r"), { maxLength: 30 })
  .map((lines) => lines.join("\n"));

/** The length of the longest common subsequence, by the textbook table. */
function commonLines(one: readonly string[], other: readonly string[]): number {
  let row = other.map(() => 0);
  for (const line of one) {
    const next: number[] = [];
    other.forEach((candidate, index) => {
      const left = next[index - 1] ?? 0;
      next.push(line === candidate ? (row[index - 1] ?? 0) + 1 : Math.max(left, row[index] ?? 0));
    });
    row = next;
  }
  return row.at(-1) ?? 0;
}

describe("the line diff", () => {
  test("applied to the source yields the target, and the other way round", () => {
    fc.assert(
      fc.property(text, text, fc.constantFrom(0, 10, 1_000_000), (from, to, limit) => {
        const changes = lineDiff(from, to, limit);
        expect(side(changes, "added")).toBe(to);
        expect(side(changes, "removed")).toBe(from);
      }),
      { numRuns: 500 },
    );
  });

  test("keeps as many lines as can be kept", () => {
    fc.assert(
      fc.property(text, text, (from, to) => {
        const same = lineDiff(from, to).filter((change) => change.op === "same").length;
        const lines = (value: string) => (value === "" ? [] : value.split("\n"));
        expect(same).toBe(commonLines(lines(from), lines(to)));
      }),
      { numRuns: 500 },
    );
  });

  test("shows a changed line between its neighbours", () => {
    expect(lineDiff("one\ntwo\nthree", "one\n2\nthree")).toEqual([
      { op: "same", text: "one" },
      { op: "removed", text: "two" },
      { op: "added", text: "2" },
      { op: "same", text: "three" },
    ]);
  });

  test("shows the middle as replaced once the search costs too much", () => {
    const changes = lineDiff("head\na\nx\nb\ntail", "head\nc\nx\nd\ntail", 2);
    expect(changes.map((change) => `${change.op} ${change.text}`)).toEqual([
      "same head",
      "removed a",
      "removed x",
      "removed b",
      "added c",
      "added x",
      "added d",
      "same tail",
    ]);
  });

  test("ends for the longest instructions without a line in common", () => {
    const from = Array.from({ length: 100_000 }, (_, index) => index % 2).join("\n");
    const to = Array.from({ length: 100_000 }, (_, index) => (index % 2) + 2).join("\n");
    const changes = lineDiff(from, to);
    expect(side(changes, "added")).toBe(to);
    expect(side(changes, "removed")).toBe(from);
  });
});
