const UNITS: readonly (readonly [seconds: number, name: Intl.RelativeTimeFormatUnit])[] = [
  [31_556_952, "year"],
  [2_629_746, "month"],
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
];
const formatter = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "short" });

/** How long ago, or in how long, an instant is: `3 hr. ago`, `in 6 min.`, `now`. `now` in milliseconds since 1970. */
export function relativeText(instant: string, now: number): string {
  const seconds = Math.round((Date.parse(instant) - now) / 1_000);
  const unit = UNITS.find(([size]) => Math.abs(seconds) >= size);
  if (unit) return formatter.format(Math.trunc(seconds / unit[0]), unit[1]);
  return Math.abs(seconds) < 10 ? "now" : formatter.format(seconds, "second");
}

/** The exact instant in the machine's zone, to the second. */
export function instantText(instant: string): string {
  return new Date(instant).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

/** A length of time: `31 ms`, `1.4 s`, `12 s`, `4 m 12 s`, `2 h 5 m`. In milliseconds; null where one end is missing. */
export function durationText(from: string | null, to: string | null): string | null {
  if (from === null || to === null) return null;
  const seconds = Math.max(0, (Date.parse(to) - Date.parse(from)) / 1_000);
  // What rounds up to the next unit is said in it.
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} m ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
}

/** A number of bytes: `512 B`, `64 KiB`, `1.4 MiB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  const kibibytes = bytes / 1_024;
  if (kibibytes < 1_023.5) return `${kibibytes.toFixed(kibibytes < 9.95 ? 1 : 0)} KiB`;
  return `${(bytes / (1_024 * 1_024)).toFixed(1)} MiB`;
}
