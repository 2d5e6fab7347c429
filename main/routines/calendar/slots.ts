import { DAY, firstMatch, matchesWithin } from "./clock-face.ts";
import type { CronExpression } from "./expression.ts";
import type { Zone } from "./zone.ts";

/*
 * The slots of an expression in a zone. An instant is a number, the milliseconds since the epoch: it is compared with `<`,
 * cannot be changed in another's hand as a Date can, and is what clocks and the database's driver give and take.
 *
 * The clock's own changes are treated as in Debian's cron. A *fixed* expression (neither minute nor hour begins with `*`) names
 * times of day: those that the clock leaves out are made up for once, together, at the first instant after the gap, and those
 * that it shows twice count at the first pass. Any other expression follows the clock as it shows. The rule holds for a gap of
 * any length, also where a zone left out a whole day.
 */

export interface Schedule {
  readonly expression: CronExpression;
  readonly zone: Zone;
}

/** Instants before and after which there are no slots. */
const EARLIEST = Date.UTC(1900, 0, 1);
const LATEST = Date.UTC(9999, 11, 31);

/** Two clocks on earth differ by 26 hours at most. */
const WIDEST = 26 * 3_600_000;
/** How far back is looked for a slot; the sparsest expression has one in 40 years. */
const LONGEST_PAUSE = 41 * 366 * DAY;

/** Neither minute nor hour begins with `*`. */
export function isFixed({ minute, hour }: CronExpression): boolean {
  return !minute.star && !hour.star;
}

/** The first slot strictly after an instant; null only at the end of time. */
export function nextSlot({ expression, zone }: Schedule, after: number): number | null {
  const fixed = isFixed(expression);
  let from = Math.max(Math.floor(after) + 1, EARLIEST);
  while (from < LATEST) {
    const { offset, end, began } = zone.stretchAt(from);
    let wall = from + offset;
    if (fixed && began) {
      const leftOut = began.at === from && began.after > began.before;
      if (leftOut && matchesWithin(expression, from + began.before, wall, 1).length > 0) return from;
      // What the clock shows again after it was put back is past.
      wall = Math.max(wall, began.at + began.before);
    }
    const match = firstMatch(expression, wall);
    if (match === null) return null;
    const slot = match - offset;
    if (slot < end) return slot < LATEST ? slot : null;
    // Whatever lies between is without a match on any clock; near the end of the stretch another clock may show one again.
    from = end - from > WIDEST ? Math.max(end, slot - 2 * WIDEST) : end;
  }
  return null;
}

/** The last slot strictly before an instant; null where there is none since `EARLIEST`. */
export function previousSlot(schedule: Schedule, before: number): number | null {
  const until = Math.min(Math.ceil(before), LATEST);
  const within = (from: number): number | null => {
    const slot = nextSlot(schedule, from);
    return slot !== null && slot < until ? slot : null;
  };
  let last: number | null = null;
  // First a stretch that holds a slot, the shortest of doubling ones; then the last slot of it by halves.
  let span = 60_000;
  for (; last === null; span *= 2) {
    last = within(until - Math.min(span, LONGEST_PAUSE) - 1);
    if (span > LONGEST_PAUSE || until - span < EARLIEST) break;
  }
  let end = until;
  while (last !== null && end - last > 1) {
    const following = within(last);
    if (following === null) return last;
    last = following;
    const middle = Math.floor((last + end) / 2);
    const later = within(middle);
    if (later === null) end = middle;
    else last = later;
  }
  return last;
}
