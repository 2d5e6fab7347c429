import type { SecretUsage } from "../../../preload/contract/secrets.ts";

export type Use = SecretUsage["usage"][number];

/** The statuses that a list is narrowed to. The first one is meant where the address says nothing. */
export const STATUSES = [
  { id: "active", label: "Active" },
  { id: "disabled", label: "Disabled" },
  { id: "archived", label: "Archived" },
  { id: "all", label: "Any state" },
] as const;
export type StatusChoice = (typeof STATUSES)[number]["id"];

/** `1 consumer`, `3 consumers`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

const CODES: Readonly<Record<string, string>> = {
  binding_missing: "it was not bound to this consumer",
  secret_missing: "there is no such secret",
  secret_foreign: "it belongs to another company",
  secret_deleted: "it is deleted",
  secret_inactive: "it was not active",
  version_missing: "there is no such version",
  version_inactive: "the version was not usable",
  provider_error: "the provider did not give it",
  vault_locked: "the vault was locked",
};

/** Every code with which an access is refused. */
export const REFUSAL_CODES: readonly string[] = Object.keys(CODES);

/** Why an access was refused, in words; an unknown code stands for itself. */
export function refusalText(code: string | null): string {
  return code === null ? "" : (CODES[code] ?? code);
}

/** The variable of a config path such as `env.GH_TOKEN`; another path as it is. */
export function variableOf(configPath: string): string {
  return configPath.startsWith("env.") ? configPath.slice("env.".length) : configPath;
}

/** The beginning of an id, for what has no name any more. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}
