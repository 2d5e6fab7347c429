import type { Clock } from "../instance/clock.ts";

/** Rings once at the earliest moment that was asked for, and can then be set again. */
export interface Alarm {
  /** Asks to be rung at an instant of the wall clock; one that is past rings at once. */
  setFor(due: Date): void;
  /** Asks to be rung after so many milliseconds. */
  setIn(ms: number): void;
  /** Rings no more, whatever is asked. */
  stop(): void;
}

/** Never sleeps longer than `longestMs` at a stretch: then it rings too early, so that a clock which jumps is noticed. */
export function createAlarm(clock: Clock, longestMs: number, ring: () => void): Alarm {
  let ringsAt: number | null = null;
  let cancel: () => void = () => undefined;
  let stopped = false;

  function setIn(ms: number): void {
    const delay = Math.max(1, Math.min(ms, longestMs));
    const at = clock.monotonicMs() + delay;
    if (stopped || (ringsAt !== null && ringsAt <= at)) return;
    cancel();
    ringsAt = at;
    cancel = clock.after(delay, () => {
      ringsAt = null;
      ring();
    });
  }

  return {
    setFor: (due) => setIn(due.getTime() - clock.now().getTime()),
    setIn,
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}
