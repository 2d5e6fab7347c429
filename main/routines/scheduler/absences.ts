/*
 * When no scheduler was awake, out of the stretches in which one was. Pure. Stretches of several processes may overlap.
 */

export interface Awake {
  /** In milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
  /** Why it ended, as it goes on behind a colon. */
  readonly why: string;
}

export interface Gap {
  readonly from: number;
  readonly until: number;
  readonly why: string;
}

/** The scheduler notes so often that it is awake; a shorter gap says nothing. */
export const SHORTEST_GAP_MS = 60_000;

/**
 * The gaps of `[since, until)`, in their order. Nothing is known of the time before the first stretch, so that is none.
 * `awake` comes in the order of its beginnings, with the one before `since` where there is one.
 */
export function gapsBetween(awake: readonly Awake[], since: number, until: number): readonly Gap[] {
  const gaps: Gap[] = [];
  let covered: { readonly until: number; readonly why: string } | null = null;
  const note = (to: number) => {
    if (covered === null) return;
    const [from, end] = [Math.max(covered.until, since), Math.min(to, until)];
    if (end - from >= SHORTEST_GAP_MS) gaps.push({ from, until: end, why: covered.why });
  };
  for (const stretch of awake) {
    note(stretch.from);
    if (covered === null || stretch.until >= covered.until) covered = stretch;
  }
  note(until);
  return gaps;
}
