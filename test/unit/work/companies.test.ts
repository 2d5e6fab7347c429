import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { issuePrefix } from "../../../preload/contract/work.ts";
import { derivedPrefix } from "../../../main/work/companies.ts";

describe("the issue prefix of a name", () => {
  test.each([
    ["Acme", 1, "ACME"],
    ["Acme Corporation", 1, "ACME"],
    ["Acme", 2, "ACME2"],
    ["3M Company", 1, "MCOM"],
    ["Éclair", 1, "ECLA"],
    ["A", 1, "AC"],
    ["日本", 1, "CO"],
    ["日本", 12, "CO12"],
  ])("%s, attempt %i: %s", (name, attempt, prefix) => expect(derivedPrefix(name, attempt)).toBe(prefix));

  test("always fits the contract", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 10_000 }), (name, attempt) => {
        expect(issuePrefix.safeParse(derivedPrefix(name, attempt)).success).toBe(true);
      }),
    );
  });
});
