import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asRefusal } from "../../../main/contract/refusal.ts";
import { checkValue, normaliseKey } from "../../../main/secrets/words.ts";

describe("the key of a secret", () => {
  test.each([
    ["GH_TOKEN", "gh_token"],
    ["  My Key!! ", "my-key"],
    ["a / b", "a-b"],
    ["--x--", "x"],
    ["v1.2_final-3", "v1.2_final-3"],
    ["schlüssel", "schl-ssel"],
    ["🔑", ""],
    ["!!!", ""],
    [`${"a".repeat(119)}!!b`, "a".repeat(119)],
  ])("of %j is stored as %j", (text, key) => {
    expect(normaliseKey(text)).toBe(key);
  });

  test("is stable, short and made of the allowed characters alone", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        const key = normaliseKey(text);
        expect(key).toMatch(/^([a-z0-9_.]([a-z0-9_.-]{0,118}[a-z0-9_.])?)?$/);
        expect(normaliseKey(key)).toBe(key);
      }),
    );
  });
});

describe("a value", () => {
  test.each(["1234", "🔑🔑🔑🔑", "    ", "line one\nline two\n", "\r\n\r\n", "a".repeat(65_536), "ü".repeat(32_768)])(
    "may be %#",
    (value) => {
      expect(() => checkValue(value)).not.toThrow();
    },
  );

  test.each([
    ["", "empty"],
    ["abc", "fewer than 4 characters"],
    ["🔑🔑🔑", "fewer than 4 characters"],
    ["canary\0value", "NUL"],
    ["canary\uD800value", "Unicode"],
    [`canary${"a".repeat(65_531)}`, "65537 bytes"],
    ["ü".repeat(32_769), "65538 bytes"],
  ])("is refused for a reason that does not show it: %#", (value, reason) => {
    let refusal = null;
    try {
      checkValue(value);
    } catch (error) {
      refusal = asRefusal(error);
    }
    expect(refusal?.code).toBe("secret_value_invalid");
    expect(refusal?.message).toContain(reason);
    expect(refusal?.data.fields?.["value"]).toContain(reason);
    expect(JSON.stringify([refusal?.message, refusal?.data])).not.toContain("canary");
  });
});
