import type { Env, EnvBinding, Layer } from "../../preload/contract/environment.ts";
import { nameIdentity } from "./names.ts";

/** The env of one layer, and whose it is: the id of the agent, project or routine. */
export interface LayerEnv {
  readonly layer: Layer;
  readonly consumerId: string;
  readonly env: Env;
}

/** The binding that a run is given for one key, and the layers that set the key as well and lost. */
export interface Winner {
  readonly key: string;
  readonly layer: Layer;
  readonly consumerId: string;
  readonly binding: EnvBinding;
  /** Lowest layer first. */
  readonly overrides: readonly Layer[];
}

/**
 * Puts layers over each other, lowest first: per key the last one wins. One winner for each key of any layer, sorted by
 * key in code units, so that the answer does not depend on the order of keys. On Windows keys that differ in case are
 * one, and the winner's spelling stands.
 */
export function winners(layers: readonly LayerEnv[], platform: NodeJS.Platform): Winner[] {
  const byKey = new Map<string, Winner>();
  for (const { layer, consumerId, env } of layers) {
    for (const [key, binding] of Object.entries(env)) {
      const identity = nameIdentity(key, platform);
      const loser = byKey.get(identity);
      const overrides = loser ? [...loser.overrides, loser.layer] : [];
      byKey.set(identity, { key, layer, consumerId, binding, overrides });
    }
  }
  return [...byKey.values()].toSorted((a, b) => compareText(a.key, b.key));
}

/** Orders text by code units: the same on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
