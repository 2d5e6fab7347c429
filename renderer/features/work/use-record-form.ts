import { useState } from "react";
import { changedNames, mergeFields, withFields } from "./fields.ts";
import type { Conflict, Fields, Side } from "./fields.ts";

/** A stored record as fields, with the instant it was last changed. */
export interface Stored {
  readonly fields: Fields;
  readonly updatedAt: string;
}

export interface RecordForm {
  /** What the form shows. */
  readonly fields: Fields;
  /** What is stored, as far as the form knows. */
  readonly base: Fields;
  /** Fields that both the form and somebody else changed, until each is decided. */
  readonly conflicts: readonly Conflict[];
  /** Fields that somebody else changed since the form was begun to be edited. */
  readonly taken: readonly string[];
  /** Counts how often the form was filled anew; as a key it makes parts that hold something of their own begin again. */
  readonly round: number;
  edit(changes: Readonly<Record<string, string | undefined>>): void;
  replace(change: (fields: Fields) => Fields): void;
  decide(conflict: Conflict, side: Side): void;
  discard(): void;
  /** What was sent was saved as this: it is the new base, and what was typed meanwhile stays. */
  saved(sent: Fields, record: Stored): void;
}

/** Why a form with open conflicts is not saved: it would overwrite what nobody decided about. */
export const UNDECIDED = "Decide first about what was changed elsewhere.";

/** Why nothing is imported into a record whose form is being edited. */
export const UNSAVED = "Save or discard the changes first.";

interface Held {
  readonly base: Stored;
  readonly fields: Fields;
  readonly conflicts: readonly Conflict[];
  readonly taken: readonly string[];
  readonly round: number;
}

/**
 * The form of a record that has no revisions. It follows the record: where nothing was typed wholly, otherwise field by
 * field, and a field that both sides changed waits for a decision.
 */
export function useRecordForm(stored: Stored): RecordForm {
  const [held, setHeld] = useState<Held>(() => begin(stored, 0));
  const current = follow(held, stored);
  if (current !== held) setHeld(current);
  const { base, fields, conflicts, taken, round } = current;
  return {
    fields,
    base: base.fields,
    conflicts,
    taken,
    round,
    edit: (changes) => setHeld((now) => ({ ...now, fields: withFields(now.fields, changes) })),
    replace: (change) => setHeld((now) => ({ ...now, fields: change(now.fields) })),
    decide: (conflict, side) => setHeld((now) => decided(now, conflict, side)),
    discard: () => setHeld((now) => begin(now.base, now.round + 1)),
    saved: (sent, record) => setHeld((now) => settled(now, sent, record)),
  };
}

function begin(base: Stored, round: number): Held {
  return { base, fields: base.fields, conflicts: [], taken: [], round };
}

/** An answer that is older than what a save answered with says nothing new. */
function follow(held: Held, stored: Stored): Held {
  if (stored === held.base || stored.updatedAt < held.base.updatedAt) return held;
  if (changedNames(held.base.fields, stored.fields).length === 0) {
    return stored.updatedAt === held.base.updatedAt ? held : { ...held, base: stored };
  }
  const wasClean = changedNames(held.base.fields, held.fields).length === 0;
  const { merged, conflicts, taken } = mergeFields(held.base.fields, held.fields, stored.fields);
  return {
    ...held,
    base: stored,
    fields: merged,
    conflicts: [...held.conflicts.flatMap((known) => stillOpen(known, merged, stored.fields)), ...conflicts].filter(
      ({ name }, index, all) => all.findLastIndex((each) => each.name === name) === index,
    ),
    taken: wasClean ? [] : [...new Set([...held.taken, ...taken])],
  };
}

/** A conflict that was not decided yet, as it stands after a further change. */
function stillOpen({ name }: Conflict, mine: Fields, theirs: Fields): Conflict[] {
  return mine[name] === theirs[name] ? [] : [{ name, mine: mine[name], theirs: theirs[name] }];
}

function decided(held: Held, { name, theirs }: Conflict, side: Side): Held {
  return {
    ...held,
    conflicts: held.conflicts.filter((each) => each.name !== name),
    fields: side === "theirs" ? withFields(held.fields, { [name]: theirs }) : held.fields,
  };
}

function settled(held: Held, sent: Fields, record: Stored): Held {
  const { merged, conflicts } = mergeFields(sent, held.fields, record.fields);
  return { ...held, base: record, fields: merged, conflicts, taken: [] };
}
