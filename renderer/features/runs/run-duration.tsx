import { useSyncExternalStore } from "react";
import { durationText } from "../../ui/time-text.ts";

/** How often a length of time that goes on is said anew, in milliseconds. */
const TICK_MS = 1_000;

const listeners = new Set<() => void>();
let timer: number | undefined;
let now = Date.now();

/** One clock for all that go on. */
function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    timer = window.setInterval(() => {
      now = Date.now();
      for (const each of listeners) each();
    }, TICK_MS);
    now = Date.now();
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.clearInterval(timer);
  };
}

const watchNothing = () => () => undefined;

export interface RunDurationProps {
  readonly from: string | null;
  /** Null while it goes on. */
  readonly to: string | null;
  /** Whether it goes on while there is no end; what never began has no length. */
  readonly running: boolean;
}

/** How long a run or an attempt took, or has taken by now. */
export function RunDuration({ from, to, running }: RunDurationProps) {
  const ticks = running && to === null && from !== null;
  const seen = useSyncExternalStore(ticks ? subscribe : watchNothing, () => (ticks ? now : 0));
  const text = durationText(from, ticks ? new Date(seen).toISOString() : to);
  return text === null ? <span className="quiet">–</span> : <span className="tabular">{text}</span>;
}
