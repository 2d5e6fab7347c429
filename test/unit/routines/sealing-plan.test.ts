import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { consumerKey, sealingPlan } from "../../../main/routines/sealing-plan.ts";

const there = { id: "1", key: "gh", latestVersion: 2 };
const known = {
  equal: new Map([["v", [there, { ...there, id: "2", key: "gh-copy" }]]]),
  taken: new Set(["a", "b", "b-2"]),
};

describe("where a value goes", () => {
  test("to the oldest secret that holds it already", () => {
    expect(sealingPlan(known)("v", ["new"])).toEqual({ secretId: "1", key: "gh", isNew: false });
  });

  test("to one new secret for all equal values, under the first key that is free", () => {
    const plan = sealingPlan(known);
    expect(plan("x", ["a", "b"])).toEqual({ secretId: null, key: "b-3", isNew: true });
    expect(plan("x", ["c"])).toEqual({ secretId: null, key: "b-3", isNew: false });
    expect(plan("y", ["a", "c"])).toEqual({ secretId: null, key: "c", isNew: true });
    expect(plan("z", ["c"])).toEqual({ secretId: null, key: "c-2", isNew: true });
  });

  test("never two values to one new key, and no key of more than 64 characters", () => {
    const key = fc.stringMatching(/^[a-z0-9]+(-[a-z0-9]+)*$/, { maxLength: 64 }).filter((text) => text.length <= 64);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), key), { maxLength: 30 }), fc.array(key), (asked, taken) => {
        const plan = sealingPlan({ equal: new Map(), taken: new Set(taken) });
        const places = new Map(asked.map(([value, name]) => [value, plan(value, [name]).key]));
        const keys = [...places.values()];
        expect(new Set(keys).size).toBe(keys.length);
        for (const one of keys) {
          expect(taken).not.toContain(one);
          expect(one).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
          expect(one.length).toBeLessThanOrEqual(64);
        }
      }),
    );
  });

  test("is named after whose it is and what for", () => {
    expect(consumerKey("nightly-triage", "gh-token")).toBe("nightly-triage-gh-token");
    expect(consumerKey("x".repeat(64), "gh-token")).toBe(`${"x".repeat(55)}-gh-token`);
    expect(consumerKey("coder", "k".repeat(64))).toBe("k".repeat(64));
  });
});
