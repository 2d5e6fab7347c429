/*
 * Between instants and what the clock of a zone shows, as fields for a date and a time have it: `2026-03-08T07:00`.
 */

export type WallInstant =
  | { readonly outcome: "found"; /** ISO 8601 in UTC. */ readonly at: string; readonly repeated: boolean }
  | { readonly outcome: "missing" | "unreadable" };

const DAY_MS = 86_400_000;

/** What the zone's clock shows at an instant, to the minute. */
export function wallOf(instant: number, zone: string): string {
  return new Date(instant + offsetAt(instant, zone)).toISOString().slice(0, 16);
}

/**
 * The instant at which the zone's clock shows a time. Where it shows it twice, the first; where it never does, because the
 * clock is put forward over it, `missing`.
 */
export function instantOf(wall: string, zone: string): WallInstant {
  const shown = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(wall) ? Date.parse(`${wall}:00.000Z`) : Number.NaN;
  if (Number.isNaN(shown)) return { outcome: "unreadable" };
  // A clock that changes within a day of the time has one offset before and one after.
  const offsets = [shown - DAY_MS, shown + DAY_MS].map((instant) => offsetAt(instant, zone));
  const instants = [...new Set(offsets.map((offset) => shown - offset))].filter((at) => wallOf(at, zone) === wall);
  const [first] = instants.toSorted((a, b) => a - b);
  if (first === undefined) return { outcome: "missing" };
  return { outcome: "found", at: new Date(first).toISOString(), repeated: instants.length > 1 };
}

/** Making a format takes far longer than using it. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds to add to UTC for what the clock shows; seconds of old offsets are left out. */
function offsetAt(instant: number, zone: string): number {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
    formats.set(zone, format);
  }
  const match = /GMT([+\u2212-])(\d{2}):(\d{2})/.exec(format.format(instant));
  if (match === null) return 0;
  const size = (Number(match[2]) * 60 + Number(match[3])) * 60_000;
  return match[1] === "+" ? size : -size;
}
