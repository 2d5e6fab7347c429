import { useMemo } from "react";
import type { Env, EnvBinding, Layer, PreviewEntry } from "../../../preload/contract/environment.ts";
import type { VaultState } from "../../../preload/contract/secrets.ts";
import { useStatus } from "../../data/status.ts";
import { envOf } from "./env-rows.ts";
import type { EnvDraft, EnvRow } from "./env-rows.ts";
import { keyIdentity } from "./env-problems.ts";
import { inherited, precedence } from "./precedence.ts";
import type { LayerEnvs, Precedence } from "./precedence.ts";
import { referenceProblem } from "./reference-state.ts";
import type { ReferenceProblem, SecretState } from "./reference-state.ts";
import { usePlatform } from "./use-platform.ts";
import { useSecretStates } from "./use-secret-states.ts";

/** A key that another layer sets and this one does not. */
export interface InheritedKey extends Precedence {
  readonly key: string;
  readonly binding: EnvBinding;
  readonly problem: ReferenceProblem | null;
}

/** What would stop a run, with what it takes to mend it. */
export interface Attention {
  readonly key: string;
  readonly layer: Layer;
  readonly secretId: string;
  readonly problem: ReferenceProblem;
  /** The line of this layer; null where another layer has it. */
  readonly row: EnvRow | null;
}

/** How the lines of one layer stand among the others and to their secrets. */
export interface EnvView {
  secretOf(id: string): SecretState;
  precedenceOf(row: EnvRow): Precedence | null;
  problemOf(row: EnvRow): ReferenceProblem | null;
  readonly inherited: readonly InheritedKey[];
  readonly attention: readonly Attention[];
}

export interface EnvViewInput {
  readonly rows: EnvDraft;
  readonly layer: Layer;
  readonly others: LayerEnvs;
  readonly preview: readonly PreviewEntry[];
}

export function useEnvView({ rows, layer, others, preview }: EnvViewInput): EnvView {
  const platform = usePlatform();
  const vault = useStatus()?.vault.state;
  const envs: LayerEnvs = useMemo(() => ({ ...others, [layer]: envOf(rows) }), [others, layer, rows]);
  const winners = precedence(envs, platform);
  const below = inherited(layer, envs, platform);
  const secretOf = useSecretStates([
    ...rows.flatMap(({ kind, secretId }) => (kind === "secret" && secretId !== null ? [secretId] : [])),
    ...below.flatMap(({ key, layer: from }) => secretIdOf(envs[from], key)),
  ]);
  const judge = (key: string, from: Layer, binding: EnvBinding) =>
    problemOf(key, from, binding, secretOf, vault, preview);

  const inheritedKeys = below.flatMap(({ key, layer: from, overrides }): InheritedKey[] => {
    const binding = envs[from]?.[key];
    return binding === undefined ? [] : [{ key, winner: from, overrides, binding, problem: judge(key, from, binding) }];
  });
  const ofRow = (row: EnvRow) =>
    row.kind === "secret" && row.secretId !== null
      ? judge(row.key.trim(), layer, { type: "secret_ref", secretId: row.secretId, version: row.version })
      : null;
  const precedenceOf = (row: EnvRow) => winners.get(keyIdentity(row.key.trim(), platform)) ?? null;
  return {
    secretOf,
    precedenceOf,
    problemOf: ofRow,
    inherited: inheritedKeys,
    attention: [
      ...rows.flatMap((row): Attention[] => {
        const problem = ofRow(row);
        if (problem === null || row.secretId === null || precedenceOf(row)?.winner !== layer) return [];
        return [{ key: row.key.trim(), layer, secretId: row.secretId, problem, row }];
      }),
      ...inheritedKeys.flatMap(({ key, winner, binding, problem }): Attention[] =>
        problem === null || binding.type === "plain"
          ? []
          : [{ key, layer: winner, secretId: binding.secretId, problem, row: null }],
      ),
    ],
  };
}

function secretIdOf(env: Env | undefined, key: string): string[] {
  const binding = env?.[key];
  return binding?.type === "secret_ref" ? [binding.secretId] : [];
}

/** What can be judged here is judged here, as it is typed; the rest is as the preview of what is saved has it. */
function problemOf(
  key: string,
  layer: Layer,
  binding: EnvBinding,
  secretOf: (id: string) => SecretState,
  vault: VaultState | undefined,
  preview: readonly PreviewEntry[],
): ReferenceProblem | null {
  if (binding.type === "plain") return null;
  const known = referenceProblem(secretOf(binding.secretId), binding.version, vault);
  if (known) return known;
  const entry = preview.find((each) => each.key === key && each.layer === layer);
  const saved = entry?.secretId === binding.secretId && entry.selector === binding.version;
  // The secret's own state is newer than the preview; these two only the control plane can judge.
  if (!saved) return null;
  if (entry.problem === "binding_missing") return { code: entry.problem, what: "not bound" };
  return entry.problem === "provider_error" ? { code: entry.problem, what: "provider does not answer" } : null;
}
