import type { Env } from "../../../preload/contract/environment.ts";
import type { Variable } from "../../../preload/contract/routines.ts";
import { fieldsOf, sameField } from "./draft.ts";
import type { RoutineDraft } from "./draft.ts";
import { mergeLines } from "./line-merge.ts";
import { variablesInUse } from "./variables.ts";

export type Side = "mine" | "theirs";

/** A field that both sides changed, each in another way. An absent field is undefined. */
export interface Conflict {
  /** As `fieldsOf` names it. */
  readonly name: string;
  readonly mine: FieldValue;
  readonly theirs: FieldValue;
}

export type FieldValue = ReturnType<ReturnType<typeof fieldsOf>["get"]>;

export interface Merge {
  /** Both sides' changes; a conflict is as `mine` has it until it is decided. */
  readonly merged: RoutineDraft;
  readonly conflicts: readonly Conflict[];
  /** Fields that came from the other side, so that the operator sees what was taken in. */
  readonly taken: readonly string[];
}

/**
 * Merges two changes of a routine that were made on the same base, field by field: env by key, variables by name,
 * instructions by lines where that is clean. A field that one side alone changed has that side's value; equal changes
 * are no conflict. `decided` settles conflicts by name.
 */
export function mergeRoutine(
  base: RoutineDraft,
  mine: RoutineDraft,
  theirs: RoutineDraft,
  decided: ReadonlyMap<string, Side> = new Map(),
): Merge {
  const sides = { base: fieldsOf(base), mine: fieldsOf(mine), theirs: fieldsOf(theirs) };
  const names = new Set([...sides.mine.keys(), ...sides.theirs.keys(), ...sides.base.keys()]);
  const fields = new Map<string, FieldValue>();
  const conflicts: Conflict[] = [];
  const taken: string[] = [];
  for (const name of names) {
    const [before, own, other] = [sides.base.get(name), sides.mine.get(name), sides.theirs.get(name)];
    if (sameField(own, other) || sameField(other, before)) {
      fields.set(name, own);
      continue;
    }
    if (sameField(own, before)) {
      fields.set(name, other);
      taken.push(name);
      continue;
    }
    const both = name === "instructions" ? mergedText(before, own, other) : null;
    if (both === null) conflicts.push({ name, mine: own, theirs: other });
    else taken.push(name);
    fields.set(name, both ?? (decided.get(name) === "theirs" ? other : own));
  }
  return { merged: draftFrom(fields, [mine, theirs, base]), conflicts, taken };
}

function mergedText(base: FieldValue, mine: FieldValue, theirs: FieldValue): string | null {
  if (typeof base !== "string" || typeof mine !== "string" || typeof theirs !== "string") return null;
  return mergeLines(base, mine, theirs);
}

/**
 * A draft of these fields. A placeholder that came back by the merge, because one side removed it and the other wrote it
 * elsewhere, keeps the definition that one of the drafts has for it.
 */
function draftFrom(
  fields: ReadonlyMap<string, FieldValue>,
  drafts: readonly [RoutineDraft, ...RoutineDraft[]],
): RoutineDraft {
  const [model] = drafts;
  const below = (prefix: string) =>
    [...fields].flatMap(([name, value]) =>
      name.startsWith(prefix) && value !== undefined ? [[name.slice(prefix.length), value] as const] : [],
    );
  const plain = Object.fromEntries(
    [...fields].filter(([name, value]) => !name.includes(".") && value !== undefined),
  ) as Partial<RoutineDraft>;
  const whole = { ...model, ...plain };
  const definitions = below("variables.").map(([, variable]) => variable as Variable);
  return {
    ...whole,
    limits: { ...model.limits, ...(Object.fromEntries(below("limits.")) as Partial<RoutineDraft["limits"]>) },
    retry: { ...model.retry, ...(Object.fromEntries(below("retry.")) as Partial<RoutineDraft["retry"]>) },
    env: Object.fromEntries(below("env.")) as Env,
    variables: variablesInUse(whole.title, whole.instructions, [
      ...definitions,
      ...drafts.flatMap(({ variables }) => variables),
    ]),
  };
}
