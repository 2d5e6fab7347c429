import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { judgePassphrase, makePassphrase, PASSPHRASE_CHANCE_BYTES } from "../../../../preload/rules/passphrase.ts";

test.each([
  ["", "refused"],
  ["hunter2", "refused"],
  ["aaaaaaaaaaaaaaaaaaaa", "refused"],
  ["abcdefghijklmnopqrstuvwxyz", "refused"],
  ["two lines\nof a passphrase", "refused"],
  ["passwordpassword", "weak"],
  ["correct horse battery staple", "fair"],
  ["größere Bäume im Garten", "strong"],
] as const)("%j is %s", (text, strength) => {
  expect(judgePassphrase(text)).toMatchObject({ strength });
});

test("says what to do wherever it is not strong", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (text) => {
      const { strength, advice } = judgePassphrase(text);
      expect(advice === null).toBe(strength === "strong");
    }),
  );
});

test("one that is made of chance is strong and another one each time", () => {
  // The last is a chance that once gave `4qu43-aaadd-rqzrp-tsg6g-vyzkk`, which was not judged strong.
  const chances = [...Array(50).keys(), 26_362].map((seed) => createHash("sha512").update(`${seed}`).digest());
  expect(chances[0]).toHaveLength(PASSPHRASE_CHANCE_BYTES);
  const made = chances.map((chance) => makePassphrase(chance));
  for (const one of made) {
    expect(one).toMatch(/^([a-z2-9]{5}-){4}[a-z2-9]{5}$/);
    expect(judgePassphrase(one).strength).toBe("strong");
  }
  expect(new Set(made).size).toBe(51);
});
