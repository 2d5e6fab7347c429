import type { Env, Layer } from "../../../preload/contract/environment.ts";
import { keyIdentity } from "./env-problems.ts";

/** The layers in their order; the last one wins. */
export const LAYERS = ["agent", "project", "routine"] as const satisfies readonly Layer[];

/** The envs of layers; one that is not there has no such layer, such as a routine without a project. */
export type LayerEnvs = Readonly<Partial<Record<Layer, Env>>>;

export interface Precedence {
  readonly winner: Layer;
  /** Layers that set the same key and lose, in their order. */
  readonly overrides: readonly Layer[];
}

/** Who wins each key, by the key's identity. */
export function precedence(envs: LayerEnvs, platform = "linux"): ReadonlyMap<string, Precedence> {
  const found = new Map<string, Precedence>();
  for (const layer of LAYERS) {
    const identities = new Set(Object.keys(envs[layer] ?? {}).map((key) => keyIdentity(key, platform)));
    for (const identity of identities) {
      const before = found.get(identity);
      found.set(identity, { winner: layer, overrides: before ? [...before.overrides, before.winner] : [] });
    }
  }
  return found;
}

/** Keys that only other layers set, by key, with the binding of the layer that wins among them. */
export function inherited(
  layer: Layer,
  envs: LayerEnvs,
  platform = "linux",
): { readonly key: string; readonly layer: Layer; readonly overrides: readonly Layer[] }[] {
  const own = new Set(Object.keys(envs[layer] ?? {}).map((key) => keyIdentity(key, platform)));
  return [...precedence(envs, platform)]
    .filter(([identity]) => !own.has(identity))
    .map(([identity, { winner, overrides }]) => ({
      key: Object.keys(envs[winner] ?? {}).find((key) => keyIdentity(key, platform) === identity) ?? identity,
      layer: winner,
      overrides,
    }))
    .toSorted((one, other) => (one.key < other.key ? -1 : 1));
}
