import type { EqualSecret } from "../secrets/equal-values.ts";

/** What there is of secrets before anything is sealed. */
export interface KnownSecrets {
  /** Active secrets by the value that they hold, the oldest first. */
  readonly equal: ReadonlyMap<string, readonly EqualSecret[]>;
  /** Keys and names, in lower case, that a new secret cannot have. */
  readonly taken: ReadonlySet<string>;
}

/** The secret that takes the place of a plain value; without an id it is still to be made. */
export interface Place {
  readonly secretId: string | null;
  readonly key: string;
  /** Whether this very call planned it. */
  readonly isNew: boolean;
}

/** Says where values go: equal ones to one secret, whether it is there already or planned by an earlier call. */
export type SealingPlan = (value: string, keys: readonly [string, ...string[]]) => Place;

const LONGEST_KEY = 64;

/**
 * A plan over what is known. A new secret gets the first of `keys` (each a key as it is stored) that is free, or the last
 * one with a number. The same questions in the same order get the same answers, so that what was shown is what is done.
 */
export function sealingPlan({ equal, taken }: KnownSecrets): SealingPlan {
  const planned = new Map<string, Place>();
  const used = new Set(taken);
  return (value, keys) => {
    const [there] = equal.get(value) ?? [];
    if (there) return { secretId: there.id, key: there.key, isNew: false };
    const earlier = planned.get(value);
    if (earlier) return earlier;
    const key = freeKey(keys, used);
    used.add(key);
    planned.set(value, { secretId: null, key, isNew: false });
    return { secretId: null, key, isNew: true };
  };
}

function freeKey(keys: readonly [string, ...string[]], used: ReadonlySet<string>): string {
  const free = keys.find((key) => !used.has(key));
  if (free !== undefined) return free;
  const base = keys.at(-1) ?? keys[0];
  for (let number = 2; ; number += 1) {
    const ending = `-${number}`;
    const key = `${base.slice(0, LONGEST_KEY - ending.length).replace(/-$/, "")}${ending}`;
    if (!used.has(key)) return key;
  }
}

/** A key that names whose value it is and what for: both in lower case with dashes, of 64 characters at most together. */
export function consumerKey(consumer: string, envKey: string): string {
  const room = LONGEST_KEY - envKey.length - 1;
  const whose = consumer.slice(0, Math.max(0, room)).replace(/-$/, "");
  return whose === "" ? envKey : `${whose}-${envKey}`;
}
