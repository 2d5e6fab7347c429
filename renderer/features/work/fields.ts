import type { Env, EnvBinding } from "../../../preload/contract/environment.ts";

/**
 * A record as its form holds it: texts by field name, such as `name` or `env.GH_TOKEN`. Flat, so that two changes of one
 * record can be held against each other field by field. A field that is not there is absent.
 */
export type Fields = Readonly<Record<string, string>>;

export type Side = "mine" | "theirs";

/** A field that both sides changed, each in another way. An absent field is undefined. */
export interface Conflict {
  readonly name: string;
  readonly mine: string | undefined;
  readonly theirs: string | undefined;
}

export interface Merge {
  /** Both sides' changes; a conflict is as `mine` has it. */
  readonly merged: Fields;
  readonly conflicts: readonly Conflict[];
  /** Fields that came from the other side. */
  readonly taken: readonly string[];
}

/**
 * Merges two changes that were made on the same base. A field that one side alone changed has that side's value; equal
 * changes are no conflict.
 */
export function mergeFields(base: Fields, mine: Fields, theirs: Fields): Merge {
  const merged = new Map<string, string>();
  const conflicts: Conflict[] = [];
  const taken: string[] = [];
  for (const name of namesOf(mine, theirs, base)) {
    const [before, own, other] = [field(base, name), field(mine, name), field(theirs, name)];
    const foreign = own === before && other !== before;
    if (foreign) taken.push(name);
    else if (own !== other && other !== before) conflicts.push({ name, mine: own, theirs: other });
    const value = foreign ? other : own;
    if (value !== undefined) merged.set(name, value);
  }
  return { merged: Object.fromEntries(merged), conflicts, taken };
}

/** Names of the fields that differ, in the order of the first, then of the second. */
export function changedNames(before: Fields, after: Fields): readonly string[] {
  return namesOf(before, after).filter((name) => field(before, name) !== field(after, name));
}

/** With these changes; an undefined value leaves its field out. */
export function withFields(fields: Fields, changes: Readonly<Record<string, string | undefined>>): Fields {
  const entries = Object.entries({ ...fields, ...changes });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

export function field(fields: Fields, name: string): string | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function namesOf(...sides: readonly Fields[]): readonly string[] {
  return [...new Set(sides.flatMap((side) => Object.keys(side)))];
}

const ENV = "env.";

/** An env as fields, one for each key. */
export function envFields(env: Env): Fields {
  const keys = Object.keys(env).toSorted();
  return Object.fromEntries(keys.flatMap((key) => bindingField(key, env[key])));
}

function bindingField(key: string, binding: EnvBinding | undefined): (readonly [string, string])[] {
  if (binding === undefined) return [];
  const written = binding.type === "plain" ? [binding.value] : [binding.secretId, binding.version];
  return [[`${ENV}${key}`, JSON.stringify(written)]];
}

/** The env that `envFields` made these of. */
export function envOfFields(fields: Fields): Env {
  const names = Object.keys(fields).filter((name) => name.startsWith(ENV));
  return Object.fromEntries(names.map((name) => [name.slice(ENV.length), bindingOf(field(fields, name) ?? "[]")]));
}

/** The binding behind the text of an env field. */
export function bindingOf(text: string): EnvBinding {
  const [first, version] = JSON.parse(text) as [string, (number | "latest")?];
  return version === undefined ? { type: "plain", value: first } : { type: "secret_ref", secretId: first, version };
}

/** These fields with another env. */
export function withEnv(fields: Fields, env: Env): Fields {
  const others = Object.entries(fields).filter(([name]) => !name.startsWith(ENV));
  return { ...Object.fromEntries(others), ...envFields(env) };
}

export function isEnvField(name: string): boolean {
  return name.startsWith(ENV);
}
