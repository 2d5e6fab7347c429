/**
 * Milliseconds since 1970 of an instant that was noted or that a backup says; 0 where there is none, and where it lies ahead
 * of `now`: a clock that was wrong said it then, and nothing waits until it has come.
 */
export function pastMs(instant: string | null, now: Date): number {
  const at = instant === null ? 0 : Date.parse(instant);
  return at > now.getTime() ? 0 : at;
}
