import { DAY } from "./clock-face.ts";

/** A change of a zone's clock. Offsets are milliseconds to add to UTC; `at` is the first instant of the new one. */
export interface Transition {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

/** A stretch of constant offset, as far as it is known: it may be cut at a turn of the year, where nothing changes. */
export interface Stretch {
  readonly offset: number;
  /** The first instant that is not part of it. */
  readonly end: number;
  /** The change that began it, where that was less than some days before the instant that was asked for, or in its year. */
  readonly began: Transition | null;
}

export interface Zone {
  /** As it was given, with the platform's capitals. */
  readonly name: string;
  offsetAt(instant: number): number;
  stretchAt(instant: number): Stretch;
  /** Changes in `(from, to]`. */
  transitions(from: number, to: number): Transition[];
}

/** Years of a zone whose changes are kept, and zones that are kept: some megabytes at most. */
const YEARS_KEPT = 200;
const ZONES_KEPT = 600;
/** No zone changed its clock there and back within so few days since 1970; `test/faults/calendar.test.ts` compares by minutes. */
const PROBE = 4 * DAY;
/** A year's list holds the changes of some days around it too: what they repeat or leave out reaches into the year. */
const MARGIN = 3 * DAY;

const zones = new Map<string, Zone>();

/** The zone of an IANA name or alias, in any case; null where the platform knows none. Offsets such as `+02:00` are no zones. */
export function findZone(name: string): Zone | null {
  const kept = zones.get(name);
  if (kept) return kept;
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) return null;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
  const resolved = format.resolvedOptions().timeZone;
  const zone = zoneOf(resolved.toLowerCase() === name.toLowerCase() ? resolved : name, format);
  if (zones.size >= ZONES_KEPT) zones.clear();
  zones.set(name, zone);
  return zone;
}

function zoneOf(name: string, format: Intl.DateTimeFormat): Zone {
  const years = new Map<number, readonly Transition[]>();
  const offsetAt = (instant: number): number => offsetIn(format.format(instant));

  const ofYear = (year: number): readonly Transition[] => {
    const kept = years.get(year);
    if (kept) return kept;
    const found = changes(offsetAt, Date.UTC(year, 0, 1) - MARGIN, Date.UTC(year + 1, 0, 1) + MARGIN);
    if (years.size >= YEARS_KEPT) years.clear();
    years.set(year, found);
    return found;
  };

  return {
    name,
    offsetAt,
    stretchAt: (instant) => {
      const year = new Date(instant).getUTCFullYear();
      const known = ofYear(year);
      const began = known.findLast(({ at }) => at <= instant) ?? null;
      const next = known.find(({ at }) => at > instant) ?? null;
      return {
        offset: began?.after ?? next?.before ?? offsetAt(instant),
        end: Math.min(next?.at ?? Infinity, Date.UTC(year + 1, 0, 1)),
        began,
      };
    },
    transitions: (from, to) => {
      const found: Transition[] = [];
      for (let year = new Date(from).getUTCFullYear(); year <= new Date(to).getUTCFullYear(); year += 1) {
        const [begin, end] = [Math.max(from + 1, Date.UTC(year, 0, 1)), Math.min(to + 1, Date.UTC(year + 1, 0, 1))];
        found.push(...ofYear(year).filter(({ at }) => at >= begin && at < end));
      }
      return found;
    },
  };
}

/** The offset in a text that ends with `GMT`, `GMT+05:30` or `GMT-00:44:30`. */
function offsetIn(text: string): number {
  const match = /GMT(?:([+\u2212-])(\d{1,2}):?(\d{2})?(?::(\d{2}))?)?$/.exec(text);
  if (!match) throw new Error(`no offset in "${text}"`);
  const [, sign, hours = "0", minutes = "0", seconds = "0"] = match;
  const size = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
  return sign === undefined || sign === "+" ? size : -size;
}

function changes(offsetAt: (instant: number) => number, from: number, to: number): Transition[] {
  const found: Transition[] = [];
  let offset = offsetAt(from);
  for (let instant = from; instant < to; instant += PROBE) {
    const end = Math.min(to, instant + PROBE);
    const last = offsetAt(end);
    if (last !== offset) found.push({ at: changeBetween(offsetAt, instant, end), before: offset, after: last });
    offset = last;
  }
  return found;
}

/** The first instant with another offset than at `from`, by halves; changes are at full seconds. */
function changeBetween(offsetAt: (instant: number) => number, from: number, to: number): number {
  const offset = offsetAt(from);
  let [same, other] = [from, to];
  while (other - same > 1_000) {
    const middle = same + Math.floor((other - same) / 2_000) * 1_000;
    if (offsetAt(middle) === offset) same = middle;
    else other = middle;
  }
  return other;
}
