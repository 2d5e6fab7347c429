import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mergeLines } from "../../../../renderer/features/routines/line-merge.ts";

const texts = fc.array(fc.constantFrom("a", "b", "c", "d", ""), { maxLength: 8 }).map((lines) => lines.join("\n"));

describe("two changes of a text", () => {
  test.each([
    ["a\nb\nc\nd\ne", "A\nb\nc\nd\ne", "a\nb\nc\nd\nE", "A\nb\nc\nd\nE"],
    ["a\nb\nc", "a\nb\nc\nd", "x\na\nb\nc", "x\na\nb\nc\nd"],
    ["a\nb\nc", "a\nc", "a\nb\nc\nd", "a\nc\nd"],
    ["a\nb\nc", "a\nB\nc", "a\nB\nc", "a\nB\nc"],
    ["", "a", "", "a"],
    ["a\nb\nc\nd", "A\nb\nc\nD", "A\nb\nc\nd", "A\nb\nc\nD"],
  ])("%j, %j and %j make %j", (base, mine, theirs, merged) => {
    expect(mergeLines(base, mine, theirs)).toBe(merged);
  });

  test.each([
    ["a\nb\nc", "a\nB\nc", "a\nX\nc"],
    ["a\nb\nc", "a\nB\nc", "a\nb\nX"],
    ["a", "a\nx", "a\ny"],
    ["", "a", "b"],
  ])("%j, %j and %j need a decision", (base, mine, theirs) => {
    expect(mergeLines(base, mine, theirs)).toBeNull();
  });

  test("merge alike from either side, and alike with coarser stretches or not at all", () => {
    fc.assert(
      fc.property(texts, texts, texts, (base, mine, theirs) => {
        expect(mergeLines(base, mine, theirs)).toBe(mergeLines(base, theirs, mine));
        expect(mergeLines(base, mine, base)).toBe(mine);
        expect(mergeLines(base, base, theirs)).toBe(theirs);
        expect(mergeLines(base, mine, mine)).toBe(mine);
      }),
    );
  });

  test("keep every line that either added where the other touched nothing near", () => {
    fc.assert(
      fc.property(
        texts,
        fc.constantFrom("new 1", "new 2"),
        fc.constantFrom("new 3", "new 4"),
        (middle, first, last) => {
          const base = `top\n${middle}\nbottom`;
          expect(mergeLines(base, `${first}\n${base}`, `${base}\n${last}`)).toBe(`${first}\n${base}\n${last}`);
        },
      ),
    );
  });

  test("that differ too much to be compared are one stretch", () => {
    expect(mergeLines("a\nb\nc\nd", "A\nb\nC\nd", "a\nb\nc\nD", 1)).toBeNull();
    expect(mergeLines("a\nb\nc\nd\ne", "A\nb\nC\nd\ne", "a\nb\nc\nd\nE", 1)).toBe("A\nb\nC\nd\nE");
  });
});
