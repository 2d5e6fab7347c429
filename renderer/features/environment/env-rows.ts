import type { Env, EnvBinding, EnvInput, VersionSelector } from "../../../preload/contract/environment.ts";

/** One line of an env as it is being edited. What the other kind last held is kept, so that switching back loses nothing. */
export interface EnvRow {
  /** Names the line, not the key: keys may be changed, empty or there twice while they are typed. */
  readonly id: string;
  readonly key: string;
  readonly kind: "plain" | "secret";
  readonly value: string;
  readonly secretId: string | null;
  readonly version: VersionSelector;
}

/** An env as it is being edited, in the order in which it is shown. */
export type EnvDraft = readonly EnvRow[];

let made = 0;

/** A line that nobody has written in yet. */
export function emptyRow(): EnvRow {
  made += 1;
  return { id: `row-${made}`, key: "", kind: "plain", value: "", secretId: null, version: "latest" };
}

/** A line that holds a binding. */
export function rowOf(key: string, binding: EnvBinding): EnvRow {
  return binding.type === "plain"
    ? { ...emptyRow(), key, value: binding.value }
    : { ...emptyRow(), key, kind: "secret", secretId: binding.secretId, version: binding.version };
}

/** A stored env as lines, by key. */
export function envRows(env: Env): EnvDraft {
  return Object.entries(env)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, binding]) => rowOf(key, binding));
}

/** Whether there is nothing in a line that could be saved or lost. */
export function isBlank(row: EnvRow): boolean {
  return row.key.trim() === "" && (row.kind === "plain" ? row.value === "" : row.secretId === null);
}

/**
 * The lines as `routines.update`, `agents.update` and `projects.update` take them. Blank ones are left out; a secret that
 * is not chosen yet goes as an empty id, which the control plane refuses, so that no line is lost without a word.
 */
export function envInputOf(rows: EnvDraft): EnvInput {
  return Object.fromEntries(
    rows
      .filter((row) => !isBlank(row))
      .map((row): [string, EnvInput[string]] => [
        row.key.trim(),
        row.kind === "plain"
          ? { type: "plain", value: row.value }
          : { type: "secret_ref", secretId: row.secretId ?? "", version: row.version },
      ]),
  );
}

/** The bindings of lines that are complete, as they would be stored; of two lines with one key the later one. */
export function envOf(rows: EnvDraft): Env {
  return Object.fromEntries(
    rows.flatMap((row): [string, EnvBinding][] => {
      const key = row.key.trim();
      if (key === "") return [];
      if (row.kind === "plain") return [[key, { type: "plain", value: row.value }]];
      return row.secretId === null ? [] : [[key, { type: "secret_ref", secretId: row.secretId, version: row.version }]];
    }),
  );
}

/** Whether saving these lines would change this env. The order of keys is no part of it. */
export function isSameEnv(rows: EnvDraft, env: Env): boolean {
  const written = rows.filter((row) => !isBlank(row));
  if (written.length !== Object.keys(env).length) return false;
  return written.every((row) => {
    const key = row.key.trim();
    const binding = Object.hasOwn(env, key) ? env[key] : undefined;
    return binding !== undefined && isSameBinding(row, binding);
  });
}

/** Whether a line holds this binding. */
function isSameBinding(row: EnvRow, binding: EnvBinding): boolean {
  return binding.type === "plain"
    ? row.kind === "plain" && row.value === binding.value
    : row.kind === "secret" && row.secretId === binding.secretId && row.version === binding.version;
}
