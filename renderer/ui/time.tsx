import { useEffect, useState } from "react";

/** How often a relative time is said anew, in milliseconds. */
const REFRESH_MS = 15_000;

/** An instant as people say it, with the exact one on hover and for who cannot hover. */
export function Time({ instant }: { readonly instant: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), REFRESH_MS);
    return () => window.clearInterval(timer);
  }, []);
  const exact = new Date(instant).toLocaleString();
  return (
    <time dateTime={instant} title={exact} aria-label={`${relative(instant, now)}, ${exact}`}>
      {relative(instant, now)}
    </time>
  );
}

const UNITS: readonly (readonly [seconds: number, name: Intl.RelativeTimeFormatUnit])[] = [
  [31_556_952, "year"],
  [2_629_746, "month"],
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
];
const formatter = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "short" });

function relative(instant: string, now: number): string {
  const seconds = Math.round((Date.parse(instant) - now) / 1_000);
  const unit = UNITS.find(([size]) => Math.abs(seconds) >= size);
  if (unit) return formatter.format(Math.round(seconds / unit[0]), unit[1]);
  return Math.abs(seconds) < 10 ? "now" : formatter.format(seconds, "second");
}
