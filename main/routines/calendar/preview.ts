import { matchesWithin } from "./clock-face.ts";
import { isFixed, nextSlot, type Schedule } from "./slots.ts";
import type { Transition } from "./zone.ts";

/** One of the next slots as an operator is shown it. */
export interface UpcomingSlot {
  readonly at: number;
  /** What the zone's clock shows then: `2026-03-08 03:00`. */
  readonly local: string;
  /** What a change of the clock does to this slot, or to the times before it; null on other days. */
  readonly note: string | null;
}

/** Times that a note names one by one. */
const MOST_NAMED = 3;
/** A note looks at no more left-out times than all of two days. */
const MOST_LEFT_OUT = 2 * 1_440;

/** The next slots after an instant, with notes at changes of the clock. */
export function upcomingSlots(schedule: Schedule, after: number, count: number): UpcomingSlot[] {
  const upcoming: UpcomingSlot[] = [];
  let previous = after;
  while (upcoming.length < count) {
    const at = nextSlot(schedule, previous);
    if (at === null) break;
    const local = minuteText(at + schedule.zone.offsetAt(at));
    upcoming.push({ at, local, note: noteOf(schedule, previous, at) });
    previous = at;
  }
  return upcoming;
}

function noteOf(schedule: Schedule, previous: number, at: number): string | null {
  const notes = isFixed(schedule.expression) ? fixedNote(schedule, at) : clockNotes(schedule, previous, at);
  return notes.length > 0 ? notes.join("; ") : null;
}

function fixedNote(schedule: Schedule, at: number): string[] {
  const { expression, zone } = schedule;
  const { began, offset } = zone.stretchAt(at);
  if (began?.at === at && began.after > began.before) {
    const leftOut = matchesWithin(expression, at + began.before, at + began.after, MOST_LEFT_OUT);
    if (leftOut.length > 0) {
      const shown = at + offset;
      return [
        `runs once at ${timeOn(shown, leftOut[0])} because ${named(leftOut, shown)} ${existence(leftOut, sameDay(leftOut[0], shown))}`,
      ];
    }
  }
  return repeated(schedule, at) === "first"
    ? [`runs once, at the first of two ${timeText(at + offset)} on that day`]
    : [];
}

function clockNotes(schedule: Schedule, previous: number, at: number): string[] {
  const { expression, zone } = schedule;
  const notes: string[] = [];
  for (const change of zone.transitions(previous, at)) {
    const leftOut = matchesWithin(expression, change.at + change.before, change.at + change.after, MOST_LEFT_OUT);
    const [first] = leftOut;
    if (first !== undefined)
      notes.push(`no run at ${named(leftOut, null)} on ${dateText(first)}, which ${existence(leftOut, false)}`);
  }
  const pass = repeated(schedule, at);
  if (pass !== null) notes.push(`the ${pass} of two ${timeText(at + zone.offsetAt(at))} on that day`);
  return notes;
}

/** Which of two passes of the clock this instant is in, where the clock shows its time twice. */
function repeated({ zone }: Schedule, at: number): "first" | "second" | null {
  const { offset, end, began } = zone.stretchAt(at);
  if (began && at + offset < began.at + began.before) return "second";
  const following: Transition | undefined = zone.transitions(end - 1, end)[0];
  return following && at + offset >= following.at + following.after ? "first" : null;
}

function existence(leftOut: readonly number[], onThatDay: boolean): string {
  return `${leftOut.length > 1 ? "do" : "does"} not exist${onThatDay ? " on that day" : ""}`;
}

function named(walls: readonly number[], shown: number | null): string {
  const [first = 0] = walls;
  const last = walls.at(-1) ?? first;
  const text = (wall: number) => (shown === null ? timeText(wall) : timeOn(wall, shown));
  if (walls.length > MOST_NAMED) return `the ${walls.length} times from ${text(first)} to ${text(last)}`;
  const texts = walls.map(text);
  return texts.length === 1 ? text(first) : `${texts.slice(0, -1).join(", ")} and ${text(last)}`;
}

/** The time, with its date where that is another one than `other` has. */
function timeOn(wall: number, other: number | undefined): string {
  return other === undefined || sameDay(wall, other) ? timeText(wall) : minuteText(wall);
}

function sameDay(wall: number | undefined, other: number): boolean {
  return wall !== undefined && dateText(wall) === dateText(other);
}

const minuteText = (wall: number): string => `${dateText(wall)} ${timeText(wall)}`;
const dateText = (wall: number): string => new Date(wall).toISOString().slice(0, 10);
const timeText = (wall: number): string => new Date(wall).toISOString().slice(11, 16);
