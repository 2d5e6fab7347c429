import fc from "fast-check";
import { expect, test } from "vitest";
import { readCode } from "../../../../main/secrets/recovery-code.ts";
import { codeGroups, sheetName, sheetText } from "../../../../renderer/features/settings/recovery-text.ts";

const LETTERS = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";

const codes = fc
  .array(fc.constantFrom(...LETTERS), { minLength: 58, maxLength: 58 })
  .map((letters) => `AGE-SECRET-KEY-1${letters.join("")}`);

const facts = fc.record({
  instance: fc.string({ minLength: 1, maxLength: 40 }).map((text) => text.replaceAll(/[\r\n]/g, "-")),
  keyId: fc.constant("9f2ab31c64e08d57"),
  recipient: fc.constant("age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq"),
  createdAt: fc.constant("2026-03-08T12:00:00.000Z"),
});

test("a code in groups is read back the same, however it is written down", () => {
  fc.assert(
    fc.property(codes, fc.constantFrom(" ", "  ", "\n", "\r\n", "\t"), fc.boolean(), (code, blank, small) => {
      const written = codeGroups(code).join(blank);
      expect(readCode(small ? written.toLowerCase() : written)).toBe(code);
    }),
  );
});

test("the groups are what all codes begin with and then four characters each", () => {
  const groups = codeGroups(`AGE-SECRET-KEY-1${LETTERS}${LETTERS.slice(0, 26)}`);
  expect(groups[0]).toBe("AGE-SECRET-KEY-1");
  expect(groups.slice(1).map(({ length }) => length)).toEqual([...Array.from({ length: 14 }, () => 4), 2]);
  expect(codeGroups("")).toEqual([]);
});

test("the saved file is read back whole, and its name holds nothing of the code", () => {
  fc.assert(
    fc.property(codes, facts, (code, given) => {
      expect(readCode(sheetText(code, given))).toBe(code);
      expect(sheetName(given)).toMatch(/^paperclip-recovery-[\w.-]+-2026-03-08\.txt$/);
    }),
  );
});
