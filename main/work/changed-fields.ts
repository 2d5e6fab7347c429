import { canonicalJson } from "../environment/hash.ts";

/** Names of the fields that would change, never their values. */
export function changedFields(before: object, wanted: object): string[] {
  const old = new Map(Object.entries(before));
  return Object.entries(wanted)
    .filter(([field, value]) => canonicalJson(old.get(field)) !== canonicalJson(value))
    .map(([field]) => field);
}
