import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, type HashedEntry, sheetHash } from "../../../main/environment/hash.ts";
import { winners } from "../../../main/environment/layers.ts";
import {
  manifestOf,
  previewOf,
  type ReferenceOutcome,
  type ReferenceState,
} from "../../../main/environment/manifest.ts";
import { secretIds, threeLayers } from "../../fixtures/random-layers.ts";

const launch = { argv: ["claude", "-p"], cwd: "/tmp" };
const entry: HashedEntry = { key: "A", layer: "agent", source: "secret", secretId: "s", version: 2, overrides: [] };

describe("the hash of a sheet", () => {
  test("is the same for a preview and for the run of it, over 1,000 configurations", () => {
    const secret = fc.record({ latest: fc.integer({ min: 1, max: 3 }), active: fc.boolean() });
    fc.assert(
      fc.property(threeLayers, fc.array(secret, { minLength: 6, maxLength: 6 }), (layers, secrets) => {
        const won = winners(layers, "linux");
        const states = new Map<string, ReferenceState>();
        const outcomes = new Map<string, ReferenceOutcome>();
        for (const { key, binding } of won) {
          if (binding.type === "plain") continue;
          const index = secretIds.indexOf(binding.secretId);
          const { latest, active } = secrets[index] ?? { latest: 1, active: true };
          const version = binding.version === "latest" ? latest : binding.version;
          const secretKey = `key-${index}`;
          const problem = !active ? "secret_inactive" : version > latest ? "version_missing" : null;
          states.set(key, { secretKey, secretStatus: active ? "active" : "disabled", version, problem });
          outcomes.set(
            key,
            problem === null ? { ok: true, secretKey, version, provider: "local_encrypted" } : { ok: false, secretKey },
          );
        }
        const preview = previewOf(won, states);
        const manifest = manifestOf(won, outcomes, ["PAPERCLIP_RUN_ID", "PAPERCLIP_AGENT_ID"]);
        expect(sheetHash(preview, launch)).toBe(sheetHash(manifest, launch));
        const delivered = manifest.filter(({ layer }) => layer !== "runtime").map(({ key }) => key);
        expect(delivered).toEqual(preview.map(({ key }) => key));
        expect(delivered).toEqual(won.map(({ key }) => key));
        const stored = JSON.parse(JSON.stringify(manifest)) as typeof manifest;
        expect(sheetHash(stored.toReversed(), launch)).toBe(sheetHash(preview, launch));
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    ["another key", [{ ...entry, key: "B" }], launch],
    ["another layer", [{ ...entry, layer: "routine" as const }], launch],
    ["a loser", [{ ...entry, overrides: ["agent" as const] }], launch],
    ["a plain value", [{ ...entry, source: "plain" as const }], launch],
    ["another secret", [{ ...entry, secretId: "t" }], launch],
    ["another version", [{ ...entry, version: 3 }], launch],
    ["a secret that cannot be read", [{ ...entry, outcome: "failure" as const }], launch],
    ["no entry", [], launch],
    ["another argument", [entry], { ...launch, argv: ["claude", "-p", "x"] }],
    ["arguments cut elsewhere", [entry], { ...launch, argv: ["claude -p"] }],
    ["another folder", [entry], { ...launch, cwd: "/" }],
  ])("changes with %s", (_, entries, other) => {
    expect(sheetHash(entries, other)).not.toBe(sheetHash([entry], launch));
  });

  test("does not change with the runtime's own names", () => {
    const runtime: HashedEntry = { key: "PAPERCLIP_RUN_ID", layer: "runtime", source: "runtime" };
    expect(sheetHash([entry, runtime], launch)).toBe(sheetHash([entry], launch));
  });
});

describe("canonical JSON", () => {
  test("does not depend on the order of keys, and means the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  function reversed(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(reversed);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .toReversed()
        .map(([key, field]) => [key, reversed(field)]),
    );
  }
});
