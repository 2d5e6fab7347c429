import type { ManifestEntry, PreviewEntry } from "../../preload/contract/environment.ts";
import { compareText, type Winner } from "./layers.ts";

/** What became of one reference when it was read: its values are elsewhere. */
export type ReferenceOutcome =
  | { readonly ok: true; readonly secretKey: string; readonly version: number; readonly provider: string }
  | { readonly ok: false; readonly secretKey: string | null };

/** What is known of one reference before a run reads it. */
export interface ReferenceState {
  readonly secretKey: string | null;
  readonly secretStatus: string | null;
  /** The version that would be read, or null where none would. */
  readonly version: number | null;
  /** The code that a run would be refused with, or null. */
  readonly problem: string | null;
}

/**
 * The manifest of a run: one entry per key that a layer sets, with what became of it, then the runtime's own names. An
 * outcome is looked up by the winner's key; every winner that refers to a secret has one.
 */
export function manifestOf(
  winners: readonly Winner[],
  outcomes: ReadonlyMap<string, ReferenceOutcome>,
  runtimeNames: readonly string[],
): ManifestEntry[] {
  const entries = winners.map((winner): ManifestEntry => {
    const { key, layer, binding } = winner;
    const overrides = winner.overrides.length > 0 ? { overrides: [...winner.overrides] } : {};
    if (binding.type === "plain") return { key, layer, source: "plain", outcome: "success", ...overrides };
    const outcome = outcomes.get(key);
    const known = outcome?.ok ? { version: outcome.version, provider: outcome.provider } : {};
    const named = outcome?.secretKey ? { secretKey: outcome.secretKey } : {};
    return {
      key,
      layer,
      source: "secret",
      secretId: binding.secretId,
      ...named,
      ...known,
      outcome: outcome?.ok ? "success" : "failure",
      ...overrides,
    };
  });
  const runtime = runtimeNames
    .toSorted(compareText)
    .map((key): ManifestEntry => ({ key, layer: "runtime", source: "runtime", outcome: "success" }));
  return [...entries, ...runtime];
}

/** The manifest of an attempt that is over: `hits` says by key how often its value was in the output. */
export function withMaskHits(manifest: readonly ManifestEntry[], hits: ReadonlyMap<string, number>): ManifestEntry[] {
  return manifest.map((entry) => {
    const maskHits = entry.source === "secret" ? (hits.get(entry.key) ?? 0) : 0;
    return maskHits > 0 ? { ...entry, maskHits } : entry;
  });
}

/** The preview of the same winners. A version that a run could not read is not shown as its version. */
export function previewOf(winners: readonly Winner[], states: ReadonlyMap<string, ReferenceState>): PreviewEntry[] {
  return winners.map((winner): PreviewEntry => {
    const { key, layer, binding } = winner;
    const overrides = [...winner.overrides];
    if (binding.type === "plain") return { key, layer, overrides, source: "plain", problem: null };
    const state = states.get(key) ?? {
      secretKey: null,
      secretStatus: null,
      version: null,
      problem: "secret_missing",
    };
    return {
      key,
      layer,
      overrides,
      source: "secret",
      secretId: binding.secretId,
      secretKey: state.secretKey,
      secretStatus: state.secretStatus,
      selector: binding.version,
      version: state.problem === null ? state.version : null,
      problem: state.problem,
    };
  });
}
