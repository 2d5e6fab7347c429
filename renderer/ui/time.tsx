import { useSyncExternalStore } from "react";
import { bothZonesText, instantText, relativeText } from "./time-text.ts";
import "./time.css";

/** How often relative times are said anew, in milliseconds. One clock serves all of them. */
const REFRESH_MS = 15_000;

let now = Date.now();
const listeners = new Set<() => void>();
let timer: number | undefined;

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    now = Date.now();
    timer = window.setInterval(() => {
      now = Date.now();
      for (const each of listeners) each();
    }, REFRESH_MS);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.clearInterval(timer);
  };
}

export interface TimeProps {
  readonly instant: string;
  /** Shows the exact one too. For places with room in which nothing takes the focus. */
  readonly exactly?: boolean;
  /** Says the exact one as the clock of this zone shows it, and this machine's where that differs. */
  readonly zone?: string | null;
  /** What something to come is called from its instant on, where it has not come about: `due`. */
  readonly reached?: string;
}

/**
 * An instant as people say it, with the exact one on hover, for those who hear the page, and where the focus is in its row
 * or entry of a list.
 */
export function Time({ instant, exactly = false, zone = null, reached }: TimeProps) {
  const seen = useSyncExternalStore(subscribe, () => now);
  const exact = zone === null ? instantText(instant) : bothZonesText(instant, zone);
  return (
    <time dateTime={instant} title={exact} className={exactly ? "tabular" : "time tabular"} data-exact={exact}>
      {reached !== undefined && Date.parse(instant) <= seen
        ? reached
        : relativeText(instant, justNow(Date.parse(instant), seen))}
      <span className={exactly ? "time-exact" : "unseen"}>, {exact}</span>
    </time>
  );
}

/** What came after the clock was last looked at is now, not in a few seconds. What is to come is reckoned from the clock. */
function justNow(instant: number, seen: number): number {
  return instant > seen && instant - seen <= REFRESH_MS ? instant : seen;
}
