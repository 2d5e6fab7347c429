import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { winners } from "../../../../main/environment/layers.ts";
import type { Env } from "../../../../preload/contract/environment.ts";
import { inherited, LAYERS, precedence } from "../../../../renderer/features/environment/precedence.ts";

const env: fc.Arbitrary<Env> = fc
  .uniqueArray(fc.constantFrom("A", "a", "B", "C", "D"))
  .map((keys) => Object.fromEntries(keys.map((key) => [key, { type: "plain", value: key }])));
const envs = fc.record({ agent: env, project: env, routine: env });

describe("precedence", () => {
  test("names the same winners and losers as a run", () => {
    fc.assert(
      fc.property(envs, (each) => {
        const layers = LAYERS.map((layer) => ({ layer, consumerId: layer, env: each[layer] }));
        const shown = [...precedence(each)].map(([key, { winner, overrides }]) => ({ key, winner, overrides }));
        const ofRun = winners(layers, "linux").map(({ key, layer, overrides }) => ({ key, winner: layer, overrides }));
        const byKey = (list: { key: string }[]) => list.toSorted((one, other) => (one.key < other.key ? -1 : 1));
        expect(byKey(shown)).toEqual(byKey(ofRun));
      }),
    );
  });

  test("lists below a layer what others set and it does not", () => {
    const plain = { type: "plain", value: "" } as const;
    const layers = { agent: { A: plain, B: plain }, project: { b: plain, A: plain }, routine: { C: plain } };
    expect(inherited("routine", layers)).toEqual([
      { key: "A", layer: "project", overrides: ["agent"] },
      { key: "B", layer: "agent", overrides: [] },
      { key: "b", layer: "project", overrides: [] },
    ]);
    expect(inherited("routine", layers, "win32")).toEqual([
      { key: "A", layer: "project", overrides: ["agent"] },
      { key: "b", layer: "project", overrides: ["agent"] },
    ]);
  });
});
