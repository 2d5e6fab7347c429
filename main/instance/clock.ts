/** Time as it is handed to whoever needs it, so that tests own it. */
export interface Clock {
  /** The wall clock. */
  now(): Date;
  /** Milliseconds that never go back; only differences mean anything. */
  monotonicMs(): number;
  /** Calls back once after so many milliseconds; the answer cancels it. */
  after(delayMs: number, work: () => void): () => void;
}

/** The longest delay that a Node timer takes; a longer one would fire at once. */
const LONGEST_DELAY_MS = 2_147_483_647;

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  after: (delayMs, work) => {
    const timer = setTimeout(work, Math.min(Math.max(0, delayMs), LONGEST_DELAY_MS));
    return () => clearTimeout(timer);
  },
};
