import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chosen, oneOf, text, whole } from "../../../../renderer/app/search.ts";

const CHOICES = ["active", "paused"] as const;

describe("what stands behind the question mark", () => {
  test("a text is taken as it is", () => {
    expect(text({ text: "gh token" }, "text")).toBe("gh token");
    expect(text({ text: "a".repeat(300) }, "text")).toHaveLength(300);
  });

  test.each([[undefined], [""], [7], [null], [true], [["a"]], [{ a: 1 }], ["a".repeat(301)]])(
    "%j is no text",
    (value) => {
      expect(text({ text: value }, "text")).toBeUndefined();
    },
  );

  test("one of a few is taken, and nothing beside", () => {
    expect(oneOf({ status: "paused" }, "status", CHOICES)).toBe("paused");
    expect(oneOf({ status: "PAUSED" }, "status", CHOICES)).toBeUndefined();
    expect(oneOf({}, "status", CHOICES)).toBeUndefined();
  });

  test("a whole number from 1 on is taken, and nothing beside", () => {
    expect(whole({ event: 7 }, "event")).toBe(7);
    for (const value of [0, -1, 1.5, 2 ** 60, "7", null, undefined]) {
      expect(whole({ event: value }, "event")).toBeUndefined();
    }
  });

  test("whatever is typed there, only what is known gets through", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (raw) => {
        expect([undefined, ...CHOICES]).toContain(oneOf(raw, "status", CHOICES));
        expect(["undefined", "string"]).toContain(typeof text(raw, "text"));
      }),
    );
  });

  test("what was not chosen is left out", () => {
    expect(Object.keys(chosen({ status: undefined, text: "gh" }))).toEqual(["text"]);
    expect(chosen({})).toEqual({});
  });
});
