import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { envBlock } from "../../../../renderer/features/environment/env-block.ts";

describe("a pasted block of an .env file", () => {
  test("becomes keys and values", () => {
    const text = [
      "# settings",
      "",
      "A=1",
      "export B = two words  # a remark",
      "C='single # kept'",
      String.raw`D="double \"quoted\"\nand a line"`,
      'E="first',
      'second"',
      "F=",
      "G=a=b#c",
    ].join("\r\n");
    expect(envBlock(text)).toEqual([
      { key: "A", value: "1" },
      { key: "B", value: "two words" },
      { key: "C", value: "single # kept" },
      { key: "D", value: 'double "quoted"\nand a line' },
      { key: "E", value: "first\nsecond" },
      { key: "F", value: "" },
      { key: "G", value: "a=b#c" },
    ]);
  });

  test.each(["", "\n# only a remark\n", "just text", "A=1\nnot a line", "-----BEGIN KEY-----\nabc=\n", "1A=x"])(
    "is none: %j",
    (text) => {
      expect(envBlock(text)).toBeNull();
    },
  );

  test("keeps values in single quotes to the letter, and ends whatever is pasted", () => {
    const value = fc.string({ unit: "grapheme-ascii" }).filter((text) => !text.includes("'"));
    const key = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,9}$/);
    fc.assert(
      fc.property(fc.array(fc.record({ key, value }), { minLength: 1, maxLength: 8 }), (pairs) => {
        expect(envBlock(pairs.map((pair) => `${pair.key}='${pair.value}'`).join("\n"))).toEqual(pairs);
      }),
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        const found = envBlock(text);
        expect(found === null || found.length > 0).toBe(true);
      }),
    );
  });
});
