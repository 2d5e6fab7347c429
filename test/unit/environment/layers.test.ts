import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type LayerEnv, winners } from "../../../main/environment/layers.ts";
import { threeLayers } from "../../fixtures/random-layers.ts";

const plain = (value: string) => ({ type: "plain" as const, value });

describe("layers of env", () => {
  test("agent, project, routine: the later one wins and names the losers", () => {
    const layers: LayerEnv[] = [
      { layer: "agent", consumerId: "a", env: { X: plain("a"), Y: plain("a"), A: plain("a") } },
      { layer: "project", consumerId: "p", env: { X: plain("p"), Y: plain("p") } },
      { layer: "routine", consumerId: "r", env: { X: plain("r"), B: plain("r") } },
    ];
    expect(winners(layers, "linux")).toEqual([
      { key: "A", layer: "agent", consumerId: "a", binding: plain("a"), overrides: [] },
      { key: "B", layer: "routine", consumerId: "r", binding: plain("r"), overrides: [] },
      { key: "X", layer: "routine", consumerId: "r", binding: plain("r"), overrides: ["agent", "project"] },
      { key: "Y", layer: "project", consumerId: "p", binding: plain("p"), overrides: ["agent"] },
    ]);
  });

  test("on Windows one key whatever its case, in the winner's spelling", () => {
    const layers: LayerEnv[] = [
      { layer: "agent", consumerId: "a", env: { Path: plain("a") } },
      { layer: "routine", consumerId: "r", env: { PATH: plain("r") } },
    ];
    expect(winners(layers, "win32")).toEqual([
      { key: "PATH", layer: "routine", consumerId: "r", binding: plain("r"), overrides: ["agent"] },
    ]);
    expect(winners(layers, "linux").map(({ key }) => key)).toEqual(["PATH", "Path"]);
  });

  test("every key of any layer once, won by the last layer that sets it, overriding exactly the others", () => {
    fc.assert(
      fc.property(threeLayers, (layers) => {
        const won = winners(layers, "linux");
        const keys = new Set(layers.flatMap(({ env }) => Object.keys(env)));
        expect(won.map(({ key }) => key)).toEqual([...keys].toSorted());
        for (const winner of won) {
          const setters = layers.filter(({ env }) => Object.hasOwn(env, winner.key));
          expect(winner.layer).toBe(setters.at(-1)?.layer);
          expect(winner.consumerId).toBe(setters.at(-1)?.consumerId);
          expect(winner.binding).toEqual(setters.at(-1)?.env[winner.key]);
          expect(winner.overrides).toEqual(setters.slice(0, -1).map(({ layer }) => layer));
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
