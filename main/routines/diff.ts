import type { Env, EnvBinding } from "../../preload/contract/environment.ts";
import type { RoutineDiff, Snapshot, Variable } from "../../preload/contract/routines.ts";
import type { TriggerSnapshot } from "../../preload/contract/trigger-snapshots.ts";
import { canonicalJson } from "../environment/hash.ts";
import { lineDiff } from "./line-diff.ts";

export interface NumberedSnapshot {
  readonly number: number;
  readonly snapshot: Snapshot;
}

/** Names by id, of what both snapshots point at. What has no name here is shown by its id. */
export interface DiffNames {
  readonly agents: ReadonlyMap<string, string>;
  readonly projects: ReadonlyMap<string, string>;
  /** Keys of secrets, such as `gh-token`. */
  readonly secrets: ReadonlyMap<string, string>;
}

export type EnvChange = RoutineDiff["env"][number];
type FieldChange = RoutineDiff["fields"][number];

/**
 * What changed between two revisions: fields (each trigger is one, by its id), lines of the instructions (empty when they are the same), env keys. Of the
 * env it says what kind of change it is and never a value, also not a plain one.
 */
export function routineDiff(from: NumberedSnapshot, to: NumberedSnapshot, names: DiffNames): RoutineDiff {
  const [before, after] = [from.snapshot.instructions, to.snapshot.instructions];
  return {
    from: from.number,
    to: to.number,
    fields: fieldChanges(from.snapshot, to.snapshot, names),
    instructions: before === after ? [] : lineDiff(before, after),
    env: envDiff(from.snapshot.env, to.snapshot.env, names.secrets),
  };
}

function fieldChanges(from: Snapshot, to: Snapshot, names: DiffNames): FieldChange[] {
  const rows = (snapshot: Snapshot): [string, unknown][] => [
    ["title", snapshot.title],
    ["agent", named(snapshot.agentId, names.agents)],
    ["project", named(snapshot.projectId, names.projects)],
    ["priority", snapshot.priority],
    ["concurrencyPolicy", snapshot.concurrencyPolicy],
    ["catchUpPolicy", snapshot.catchUpPolicy],
    ["retry.maxAttempts", snapshot.retry.maxAttempts],
    ["retry.backoffSeconds", snapshot.retry.backoffSeconds],
    ["retry.backoffFactor", snapshot.retry.backoffFactor],
    ["retry.backoffCapSeconds", snapshot.retry.backoffCapSeconds],
    ["retry.jitter", snapshot.retry.jitter],
    ["retry.onInterruption", snapshot.retry.onInterruption],
    ["limits.timeoutSeconds", snapshot.limits.timeoutSeconds],
    ["limits.logLimitBytes", snapshot.limits.logLimitBytes],
    ...snapshot.variables.map((variable): [string, unknown] => [`variables.${variable.name}`, variable]),
    ["variables", variableOrder(snapshot.variables, from.variables, to.variables)],
    ...snapshot.triggers.map((trigger): [string, unknown] => [`triggers.${trigger.id}`, withoutId(trigger)]),
  ];
  const before = new Map(rows(from));
  const after = new Map(rows(to));
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((field) => ({ field, from: canonical(before.get(field)), to: canonical(after.get(field)) }))
    .filter((row) => row.from !== row.to)
    .map((row) => ({ field: row.field, from: JSON.parse(row.from), to: JSON.parse(row.to) }));
}

/** The id names the row. */
function withoutId(trigger: TriggerSnapshot) {
  const { id: _, ...rest } = trigger;
  return rest;
}

const canonical = (value: unknown): string => canonicalJson(value ?? null);

const named = (id: string | null, names: ReadonlyMap<string, string>): string | null =>
  id === null ? null : (names.get(id) ?? id);

/** The order of those variables that both sides have; added and removed ones are rows of their own. */
function variableOrder(own: readonly Variable[], from: readonly Variable[], to: readonly Variable[]): string[] {
  const has = (list: readonly Variable[], name: string) => list.some((variable) => variable.name === name);
  return own.map(({ name }) => name).filter((name) => has(from, name) && has(to, name));
}

/** The env keys that differ, by key. Sides are secret keys with their selectors, or `plain`; never a value. */
export function envDiff(from: Env, to: Env, secretKeys: ReadonlyMap<string, string>): EnvChange[] {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].toSorted();
  return keys.flatMap((key): EnvChange[] => {
    const before = bindingOf(from, key);
    const after = bindingOf(to, key);
    const change = changeOf(before, after);
    return change ? [{ key, change, from: shown(before, secretKeys), to: shown(after, secretKeys) }] : [];
  });
}

const bindingOf = (env: Env, key: string): EnvBinding | null => (Object.hasOwn(env, key) ? (env[key] ?? null) : null);

function changeOf(from: EnvBinding | null, to: EnvBinding | null): EnvChange["change"] | null {
  if (!from) return "added";
  if (!to) return "removed";
  if (from.type === "plain") {
    if (to.type !== "plain") return "kind_changed";
    return from.value === to.value ? null : "value_changed";
  }
  if (to.type === "plain") return "kind_changed";
  if (from.secretId !== to.secretId) return "secret_changed";
  return from.version === to.version ? null : "version_changed";
}

function shown(binding: EnvBinding | null, secretKeys: ReadonlyMap<string, string>): string | null {
  if (!binding) return null;
  if (binding.type === "plain") return "plain";
  return `${secretKeys.get(binding.secretId) ?? binding.secretId} ${binding.version}`;
}
