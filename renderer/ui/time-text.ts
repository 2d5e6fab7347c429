const UNITS: readonly (readonly [seconds: number, one: string, several: string])[] = [
  [31_556_952, "year", "years"],
  [2_629_746, "month", "months"],
  [86_400, "day", "days"],
  [3_600, "h", "h"],
  [60, "min", "min"],
  [10, "s", "s"],
];

/** How long ago, or in how long, an instant is: `3 h ago`, `in 6 min`, `just now`. `now` in milliseconds since 1970. */
export function relativeText(instant: string, now: number): string {
  const seconds = Math.round((Date.parse(instant) - now) / 1_000);
  const unit = UNITS.find(([size]) => Math.abs(seconds) >= size);
  if (unit === undefined) return seconds > 0 ? "now" : "just now";
  const [size, one, several] = unit;
  const count = size === 10 ? Math.abs(seconds) : Math.trunc(Math.abs(seconds) / size);
  const length = `${count} ${count === 1 ? one : several}`;
  return seconds > 0 ? `in ${length}` : `${length} ago`;
}

/** Making a format takes ten times as long as using it, and a list that is scrolled uses it for every row. */
let exact = { offset: Number.NaN, format: new Intl.DateTimeFormat() };

/** The exact instant in the machine's zone, to the second. */
export function instantText(instant: string): string {
  // A format keeps the zone that the machine was in when it was made.
  const offset = new Date().getTimezoneOffset();
  if (offset !== exact.offset) {
    exact = { offset, format: new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" }) };
  }
  return exact.format.format(new Date(instant));
}

/** The name of the machine's zone, for what is read elsewhere or later, such as a printed sheet. */
export function zoneHere(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Formats by zone; making one takes far longer than using it. */
const zoned = new Map<string, Intl.DateTimeFormat>();

/** What the clock of a zone shows at an instant, with the day of the week, to the minute: `Mon, 9 Mar 2026, 09:00`. */
export function zonedText(instant: string, zone: string): string {
  const known = zoned.get(zone);
  if (known !== undefined) return known.format(new Date(instant));
  const format = new Intl.DateTimeFormat(undefined, {
    timeZone: zone,
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  });
  zoned.set(zone, format);
  return format.format(new Date(instant));
}

/** The same on this machine's clock, or null where that shows the same time. */
export function hereText(instant: string, zone: string): string | null {
  const here = zonedText(instant, zoneHere());
  return here === zonedText(instant, zone) ? null : here;
}

/** The exact instant in a zone, and on this machine's clock where that shows another time. */
export function bothZonesText(instant: string, zone: string): string {
  const here = hereText(instant, zone);
  return `${zonedText(instant, zone)} ${zone}${here === null ? "" : ` (${here} here)`}`;
}

/** A length of time: `31 ms`, `1.4 s`, `12 s`, `4 m 12 s`, `2 h 5 m`. In milliseconds; null where one end is missing. */
export function durationText(from: string | null, to: string | null): string | null {
  if (from === null || to === null) return null;
  const milliseconds = Math.max(0, Date.parse(to) - Date.parse(from));
  if (milliseconds < 1_000) return `${milliseconds} ms`;
  const seconds = milliseconds / 1_000;
  // What rounds up to the next unit is said in it.
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} m ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
}

/** A number of bytes: `512 B`, `64 KiB`, `1.4 MiB`, `72.3 GiB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  const kibibytes = bytes / 1_024;
  if (kibibytes < 1_023.5) return `${kibibytes.toFixed(kibibytes < 9.95 ? 1 : 0)} KiB`;
  const mebibytes = kibibytes / 1_024;
  return mebibytes < 1_023.95 ? `${mebibytes.toFixed(1)} MiB` : `${(mebibytes / 1_024).toFixed(1)} GiB`;
}
