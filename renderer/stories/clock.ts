/*
 * Stories stand still in time, so that "3 h ago" says the same in every picture. The preview imports this file before all
 * others. Timers go on; only what asks for the present instant gets this one.
 */

/** The present of every story, in milliseconds since 1970. */
export const NOW = Date.parse("2026-03-08T12:00:00.000Z");

class StandingDate extends Date {
  constructor(...parts: readonly number[]) {
    if (parts.length === 0) super(NOW);
    // Whatever `Date` takes goes through as it is.
    else super(...(parts as unknown as [number, number]));
  }

  static override now(): number {
    return NOW;
  }
}

globalThis.Date = StandingDate as DateConstructor;

/** The instant so many minutes before the present of the stories. A negative number is in the future. */
export function minutesAgo(minutes: number): string {
  return new Date(NOW - minutes * 60_000).toISOString();
}

/** The instant so many hours before the present of the stories. */
export function hoursAgo(hours: number): string {
  return minutesAgo(hours * 60);
}

/** The instant so many days before the present of the stories. */
export function daysAgo(days: number): string {
  return hoursAgo(days * 24);
}
