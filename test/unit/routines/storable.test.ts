import { describe, expect, test } from "vitest";
import { requireStorable } from "../../../main/routines/storable.ts";

describe("text that the database cannot take", () => {
  test.each([
    ["NUL", "a\0b"],
    ["a lone high surrogate", "a\uD83Db"],
    ["a lone low surrogate", "\uDE00"],
    ["one deep inside", { list: [{ text: "\0" }] }],
    ["one in a key", { "\0": 1 }],
  ])("is refused: %s", (_, value) => {
    expect(() => requireStorable(value, "payload")).toThrow(/payload holds a character that cannot be stored/);
  });

  test("does not include anything else", () => {
    for (const value of ["😀 ä \n\t\u0001", 5, null, undefined, true, { a: ["b", { c: null }] }]) {
      requireStorable(value, "payload");
    }
  });
});
