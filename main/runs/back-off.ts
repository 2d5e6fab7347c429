/** How long a run waits between its attempts. */
export interface BackOff {
  /** Before the second attempt, in seconds. */
  readonly backoffSeconds: number;
  /** Each wait is so many times the one before it. */
  readonly backoffFactor: number;
  /** No wait is longer, in seconds. */
  readonly backoffCapSeconds: number;
  /** The share by which a wait may be shorter or longer: 0 for none, 1 for anything up to twice as long. */
  readonly backoffJitter: number;
}

/** When a run may be tried again after its n-th attempt. `random` is from 0 to 1, and spreads the waits by the jitter. */
export function retryAt(now: Date, attempt: number, backOff: BackOff, random: number): Date {
  const { backoffSeconds, backoffFactor, backoffCapSeconds, backoffJitter } = backOff;
  const wait = Math.min(backoffCapSeconds, backoffSeconds * backoffFactor ** (attempt - 1));
  const spread = Math.min(backoffCapSeconds, wait * (1 + backoffJitter * (2 * random - 1)));
  return new Date(now.getTime() + Math.round(spread * 1_000));
}
