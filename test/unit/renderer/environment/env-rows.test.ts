import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Env } from "../../../../preload/contract/environment.ts";
import {
  emptyRow,
  envInputOf,
  envOf,
  envRows,
  isBlank,
  isSameEnv,
  rowOf,
} from "../../../../renderer/features/environment/env-rows.ts";

const key = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/);
const binding = fc.oneof(
  fc.record({ type: fc.constant("plain" as const), value: fc.string({ unit: "binary" }) }),
  fc.record({
    type: fc.constant("secret_ref" as const),
    secretId: fc.uuid(),
    version: fc.oneof(fc.constant("latest" as const), fc.integer({ min: 1, max: 1_000_000 })),
  }),
);
const env: fc.Arbitrary<Env> = fc
  .uniqueArray(fc.tuple(key, binding), { selector: ([name]) => name, maxLength: 12 })
  .map((entries) => Object.fromEntries(entries));

describe("an env as lines", () => {
  test("comes back as it was, and as the control plane takes it", () => {
    fc.assert(
      fc.property(env, (stored) => {
        const rows = envRows(stored);
        expect(envOf(rows)).toEqual(stored);
        expect(envInputOf(rows)).toEqual(stored);
        expect(isSameEnv(rows, stored)).toBe(true);
      }),
    );
  });

  test("is the same in any order and with blank lines, and differs when any line does", () => {
    fc.assert(
      fc.property(env, fc.nat(), (stored, at) => {
        const rows = envRows(stored);
        expect(isSameEnv([...rows.toReversed(), emptyRow()], stored)).toBe(true);
        const row = rows[at % Math.max(1, rows.length)];
        if (!row) return;
        const changed =
          row.kind === "plain"
            ? { ...row, value: `${row.value}.` }
            : { ...row, version: row.version === "latest" ? 1 : ("latest" as const) };
        const withChange = rows.map((each) => (each === row ? changed : each));
        expect(isSameEnv(withChange, stored)).toBe(false);
        expect(
          isSameEnv(
            rows.filter((each) => each !== row),
            stored,
          ),
        ).toBe(false);
      }),
    );
  });

  test("leaves out blank lines and nothing else", () => {
    const unfinished = { ...emptyRow(), key: "TOKEN", kind: "secret" as const };
    expect(isBlank(emptyRow())).toBe(true);
    expect(isBlank(unfinished)).toBe(false);
    expect(envInputOf([emptyRow(), unfinished])).toEqual({
      TOKEN: { type: "secret_ref", secretId: "", version: "latest" },
    });
    expect(envOf([unfinished])).toEqual({});
  });

  test("holds a key that objects have by themselves", () => {
    const rows = [
      rowOf("__proto__", { type: "plain", value: "x" }),
      rowOf("constructor", { type: "plain", value: "y" }),
    ];
    expect(Object.keys(envInputOf(rows))).toEqual(["__proto__", "constructor"]);
    expect(isSameEnv(rows.slice(1), {})).toBe(false);
  });
});
