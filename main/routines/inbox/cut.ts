/*
 * What becomes of a stretch of held slots of which some are taken out. Pure. Every slot of the stretch is in exactly one piece,
 * in their order.
 */

export type Piece =
  /** A slot that is taken out. */
  | { readonly kind: "taken"; readonly slot: number }
  /** Slots that stay together, from the first to the last, so many of them. */
  | { readonly kind: "rest"; readonly first: number; readonly last: number; readonly count: number };

/** Cuts the slots that are taken out of a stretch. `slots` are all of it in ascending order, in milliseconds since the epoch. */
export function cut(slots: readonly number[], taken: ReadonlySet<number>): readonly Piece[] {
  const pieces: Piece[] = [];
  for (const slot of slots) {
    const before = pieces.at(-1);
    if (taken.has(slot)) pieces.push({ kind: "taken", slot });
    else if (before?.kind === "rest") pieces[pieces.length - 1] = { ...before, last: slot, count: before.count + 1 };
    else pieces.push({ kind: "rest", first: slot, last: slot, count: 1 });
  }
  return pieces;
}
