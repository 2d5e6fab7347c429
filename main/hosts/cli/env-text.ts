import type { Env } from "../../../preload/contract/environment.ts";
import type { Invocation } from "./invocation.ts";
import type { Session } from "./session.ts";
import { oneLine } from "./text.ts";

/** The keys of secrets by their ids. */
export type SecretKeys = ReadonlyMap<string, string>;

/**
 * The keys of a company's secrets, for an env that is shown to people; nothing is asked where none is needed. Secrets
 * that are archived or gone are not among them and stay ids.
 */
export async function secretKeysFor(
  { output }: Invocation,
  { client }: Session,
  { companyId, env }: { readonly companyId: string; readonly env: Env },
): Promise<SecretKeys> {
  const needed = !output.json && Object.values(env).some((binding) => binding.type === "secret_ref");
  if (!needed) return new Map();
  const { secrets } = await client.secrets.list({ company: companyId });
  return new Map(secrets.map(({ id, key }) => [id, key]));
}

/** An env as its lines: plain values as they stand, secrets by key and version with a glyph, never a value. */
export function envText(env: Env, keys: SecretKeys): string {
  return Object.entries(env)
    .map(([key, binding]) => {
      if (binding.type === "plain") return `${key} = ${oneLine(binding.value)}`;
      return `${key} = ⚿ ${keys.get(binding.secretId) ?? binding.secretId} ${versionText(binding.version)}`;
    })
    .join("\n");
}

export function versionText(version: number | "latest"): string {
  return version === "latest" ? "latest" : `v${version}`;
}
