import type { AffectedKey, BlastEffect, SecretChange } from "../../preload/contract/blast.ts";
import type { Layer, VersionSelector } from "../../preload/contract/environment.ts";
import type { ErrorCode } from "../../preload/contract/errors.ts";
import type { SecretStatus } from "../../preload/contract/secrets.ts";
import { type LayerEnv, winners } from "../environment/layers.ts";
import { nameIdentity } from "../environment/names.ts";

/** What resolution looks at: whether the secret is active, and which of its versions may be read. */
export interface SecretState {
  readonly status: SecretStatus;
  readonly latestVersion: number;
  /** Numbers of all versions; true where it may be read. */
  readonly versions: ReadonlyMap<number, boolean>;
}

/** The secret as it would be after a change. A change that its state refuses changes nothing. */
export function stateAfter(state: SecretState, change: SecretChange, version: number | null): SecretState {
  switch (change) {
    case "disable":
      return { ...state, status: "disabled" };
    case "archive":
      return { ...state, status: "archived" };
    case "delete":
      return { ...state, status: "deleted" };
    case "rotate":
    case "rollback": {
      if (state.status !== "active") return state;
      // A number that was reserved or failed at a provider is not used again.
      const next = Math.max(state.latestVersion, ...state.versions.keys()) + 1;
      return { ...state, latestVersion: next, versions: new Map(state.versions).set(next, true) };
    }
    case "disable_version":
    case "destroy_version":
      return version === null ? state : { ...state, versions: new Map(state.versions).set(version, false) };
  }
}

/** Whose env names the secret: a layer with its name for people. */
export interface NamedLayer extends LayerEnv {
  readonly name: string;
}

/** Who is bound to the secret, and where, as text. */
export const authorityOf = (type: Layer, consumerId: string, configPath: string): string =>
  JSON.stringify([type, consumerId, configPath]);

export interface BlastCase {
  readonly secretId: string;
  readonly before: SecretState;
  readonly after: SecretState;
  readonly platform: NodeJS.Platform;
}

/**
 * What a change means for every key of these layers (lowest first) that names the secret: by the rules of precedence and
 * of resolution, before and after. Sorted as the keys of a preview; per key the highest layer first.
 */
export function affectedKeys(
  layers: readonly NamedLayer[],
  bindings: ReadonlySet<string>,
  { secretId, before, after, platform }: BlastCase,
): AffectedKey[] {
  const won = winners(layers, platform);
  const winnerOf = new Map(won.map((winner) => [nameIdentity(winner.key, platform), winner]));
  const found = layers.toReversed().flatMap(({ layer, consumerId, name, env }) =>
    Object.entries(env).flatMap(([key, binding]): AffectedKey[] => {
      if (binding.type === "plain" || binding.secretId !== secretId) return [];
      const place = { key, layer, consumerId, consumerName: name, selector: binding.version };
      const winner = winnerOf.get(nameIdentity(key, platform));
      if (winner && (winner.layer !== layer || winner.key !== key)) {
        const nothing = { code: null, version: null, nextVersion: null };
        return [{ ...place, ...nothing, effect: "unaffected", reason: "overridden", overriddenBy: winner.layer }];
      }
      const bound = bindings.has(authorityOf(layer, consumerId, `env.${key}`));
      return [{ ...place, ...effectOf(binding.version, bound, before, after), overriddenBy: null }];
    }),
  );
  const order = new Map(won.map(({ key }, index) => [nameIdentity(key, platform), index]));
  const orderOf = ({ key }: AffectedKey) => order.get(nameIdentity(key, platform)) ?? 0;
  return found.toSorted((a, b) => orderOf(a) - orderOf(b));
}

function effectOf(
  selector: VersionSelector,
  bound: boolean,
  before: SecretState,
  after: SecretState,
): Pick<AffectedKey, "effect" | "code" | "version" | "nextVersion" | "reason"> {
  const now = judge(before, selector, bound);
  const then = judge(after, selector, bound);
  const read = { version: now.version, nextVersion: then.version };
  if (then.code !== null) {
    return now.code === null
      ? { ...read, effect: "stops", code: then.code, reason: null }
      : { ...read, effect: "unaffected", code: now.code, reason: "refused_already" };
  }
  if (now.version !== then.version) return { ...read, effect: "gets_new_value", code: null, reason: null };
  return { ...read, effect: "unaffected", code: null, reason: selector === "latest" ? "same_version" : "pinned" };
}

/** What a run would read, or the code that it would be refused with, in the order in which resolution judges. */
function judge(
  state: SecretState,
  selector: VersionSelector,
  bound: boolean,
): { readonly code: ErrorCode | null; readonly version: number | null } {
  const version = selector === "latest" ? state.latestVersion : selector;
  const code = ((): ErrorCode | null => {
    if (state.status === "deleted") return "secret_deleted";
    if (state.status !== "active") return "secret_inactive";
    if (!bound) return "binding_missing";
    const readable = state.versions.get(version);
    if (readable === undefined) return "version_missing";
    return readable ? null : "version_inactive";
  })();
  return { code, version: code === null ? version : null };
}

const STRENGTH: Readonly<Record<BlastEffect, number>> = { stops: 0, gets_new_value: 1, unaffected: 2 };

export const byStrength = (a: BlastEffect, b: BlastEffect): number => STRENGTH[a] - STRENGTH[b];

/** The strongest effect of several keys. */
export function strongest(keys: readonly AffectedKey[]): BlastEffect {
  return keys.map(({ effect }) => effect).toSorted(byStrength)[0] ?? "unaffected";
}

/** How often each effect stands there. */
export function countEffects(effects: readonly BlastEffect[]) {
  const count = (wanted: BlastEffect) => effects.filter((effect) => effect === wanted).length;
  return { stops: count("stops"), getsNewValue: count("gets_new_value"), unaffected: count("unaffected") };
}
