import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../../main/environment/hash.ts";
import { type EnvChange, envDiff, routineDiff } from "../../../main/routines/diff.ts";
import type { Env, EnvBinding } from "../../../preload/contract/environment.ts";
import type { Snapshot } from "../../../preload/contract/routines.ts";
import { aSnapshot } from "./fixtures.ts";

const SECRETS = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"] as const;
const secretKeys = new Map([[SECRETS[0], "gh-token"]]);
const names = { agents: new Map<string, string>(), projects: new Map<string, string>(), secrets: secretKeys };

const binding: fc.Arbitrary<EnvBinding> = fc.oneof(
  fc.constantFrom("canary-one", "canary-two", "").map((value): EnvBinding => ({ type: "plain", value })),
  fc.record({
    type: fc.constant("secret_ref" as const),
    secretId: fc.constantFrom(...SECRETS),
    version: fc.constantFrom("latest" as const, 1, 2),
  }),
);
const env: fc.Arbitrary<Env> = fc
  .uniqueArray(fc.tuple(fc.constantFrom("A", "B", "C", "__proto__", "constructor"), binding), {
    selector: ([key]) => key,
  })
  .map((entries) => Object.fromEntries(entries));

const between = (from: Partial<Snapshot>, to: Partial<Snapshot>) =>
  routineDiff({ number: 1, snapshot: aSnapshot(from) }, { number: 2, snapshot: aSnapshot(to) }, names);

describe("the env diff", () => {
  test("names each kind of change", () => {
    const secret = (secretId: string, version: "latest" | number): EnvBinding => ({
      type: "secret_ref",
      secretId,
      version,
    });
    const plain = (value: string): EnvBinding => ({ type: "plain", value });
    const [gh, other] = SECRETS;
    const from = {
      GONE: plain("x"),
      KIND: plain("x"),
      SAME: plain("x"),
      SECRET: secret(gh, "latest"),
      VALUE: plain("x"),
      VERSION: secret(gh, "latest"),
    };
    const to = {
      KIND: secret(gh, 2),
      NEW: secret(other, 1),
      SAME: plain("x"),
      SECRET: secret(other, 4),
      VALUE: plain("y"),
      VERSION: secret(gh, 3),
    };
    expect(envDiff(from, to, secretKeys)).toEqual([
      { key: "GONE", change: "removed", from: "plain", to: null },
      { key: "KIND", change: "kind_changed", from: "plain", to: "gh-token 2" },
      { key: "NEW", change: "added", from: null, to: `${other} 1` },
      { key: "SECRET", change: "secret_changed", from: "gh-token latest", to: `${other} 4` },
      { key: "VALUE", change: "value_changed", from: "plain", to: "plain" },
      { key: "VERSION", change: "version_changed", from: "gh-token latest", to: "gh-token 3" },
    ]);
  });

  test("is the mirror of the way back", () => {
    const mirrored: Partial<Record<EnvChange["change"], EnvChange["change"]>> = { added: "removed", removed: "added" };
    fc.assert(
      fc.property(env, env, (from, to) => {
        const back = envDiff(to, from, secretKeys).map((row) => ({
          key: row.key,
          change: mirrored[row.change] ?? row.change,
          from: row.to,
          to: row.from,
        }));
        expect(envDiff(from, to, secretKeys)).toEqual(back);
      }),
    );
  });

  test("is empty exactly for equal envs, and never holds a plain value", () => {
    fc.assert(
      fc.property(env, env, (from, to) => {
        const rows = envDiff(from, to, secretKeys);
        expect(rows.length === 0).toBe(canonicalJson(from) === canonicalJson(to));
        expect(JSON.stringify(rows)).not.toContain("canary");
      }),
    );
  });
});

describe("the diff of two revisions", () => {
  test("of equal snapshots is empty, in whichever order their keys stand", () => {
    const one = aSnapshot({ variables: [{ name: "a", type: "text", required: true }] });
    const other = aSnapshot({ variables: [{ required: true, type: "text", name: "a" }] });
    expect(routineDiff({ number: 4, snapshot: one }, { number: 2, snapshot: other }, names)).toEqual({
      from: 4,
      to: 2,
      fields: [],
      instructions: [],
      env: [],
    });
  });

  test("names agents and projects, and shows an id where the name is gone", () => {
    const [known, gone] = SECRETS;
    const diff = routineDiff(
      { number: 1, snapshot: aSnapshot({ agentId: known, projectId: gone }) },
      { number: 2, snapshot: aSnapshot({ agentId: null, projectId: null }) },
      { ...names, agents: new Map([[known, "Coder"]]) },
    );
    expect(diff.fields).toEqual([
      { field: "agent", from: "Coder", to: null },
      { field: "project", from: gone, to: null },
    ]);
  });

  test("has a row for each scalar field that differs", () => {
    const diff = between(
      {},
      {
        title: "Other",
        priority: "urgent",
        concurrencyPolicy: "always_enqueue",
        catchUpPolicy: "hold",
        retry: { ...aSnapshot().retry, maxAttempts: 3, onInterruption: true },
      },
    );
    expect(diff.fields.map(({ field, to }) => [field, to])).toEqual([
      ["title", "Other"],
      ["priority", "urgent"],
      ["concurrencyPolicy", "always_enqueue"],
      ["catchUpPolicy", "hold"],
      ["retry.maxAttempts", 3],
      ["retry.onInterruption", true],
    ]);
  });

  test("has a row for each variable that differs, and one for their order", () => {
    const a = { name: "a", type: "text", required: true } as const;
    const b = { name: "b", type: "number", required: true, default: 1 } as const;
    const c = { name: "c", type: "text", required: false } as const;
    expect(between({ variables: [a, b] }, { variables: [{ ...b, default: 2 }, a, c] }).fields).toEqual([
      { field: "variables.b", from: b, to: { ...b, default: 2 } },
      { field: "variables", from: ["a", "b"], to: ["b", "a"] },
      { field: "variables.c", from: null, to: c },
    ]);
  });

  test("shows the lines of the instructions", () => {
    expect(between({ instructions: "a\nb" }, { instructions: "a\nc" }).instructions).toEqual([
      { op: "same", text: "a" },
      { op: "removed", text: "b" },
      { op: "added", text: "c" },
    ]);
  });
});

test("each trigger that differs is a row by its id", () => {
  const [one, two] = SECRETS;
  const nightly = {
    id: one,
    kind: "schedule" as const,
    label: "nightly",
    expression: "30 2 * * *",
    zone: "UTC",
    graceSeconds: 300,
    missedCap: 25,
  };
  const call = { id: two, kind: "api" as const, label: null };
  const { id: _, ...before } = nightly;
  expect(between({ triggers: [nightly, call] }, { triggers: [{ ...nightly, zone: "Europe/Berlin" }] }).fields).toEqual([
    { field: `triggers.${one}`, from: before, to: { ...before, zone: "Europe/Berlin" } },
    { field: `triggers.${two}`, from: { kind: "api", label: null }, to: null },
  ]);
});
