import fc from "fast-check";
import { expect, test } from "vitest";
import {
  axisOf,
  bucketStart,
  BUCKETS,
  BUCKETS_AHEAD,
  placeIn,
  windowAt,
  withAhead,
} from "../../../../renderer/features/home/timeline-window.ts";

const someInstant = fc.date({ min: new Date("2000-01-01"), max: new Date("2040-01-01"), noInvalidDate: true });

test("the window ends after now, within half an hour, and is a day long", () => {
  fc.assert(
    fc.property(someInstant, (date) => {
      const { since, until } = windowAt(date.getTime());
      const ahead = Date.parse(until) - date.getTime();
      expect(ahead).toBeGreaterThan(0);
      expect(ahead).toBeLessThanOrEqual(30 * 60_000);
      expect(Date.parse(until) - Date.parse(since)).toBe(24 * 3_600_000);
    }),
  );
});

test("the last bucket holds now", () => {
  const now = Date.parse("2026-11-21T09:12:00Z");
  expect(bucketStart(windowAt(now), BUCKETS - 1)).toBe("2026-11-21T09:00:00.000Z");
});

test("the axis names every sixth hour inside the window", () => {
  for (const { at, label } of axisOf(windowAt(Date.parse("2026-11-21T09:12:00Z")))) {
    expect(at).toBeGreaterThanOrEqual(0);
    expect(at).toBeLessThan(1);
    expect(label).toMatch(/^(00|06|12|18):00$/);
  }
});

test("what is to come follows the day in buckets of the same length, and now stands where they meet, or just before", () => {
  fc.assert(
    fc.property(someInstant, (date) => {
      const day = windowAt(date.getTime());
      const shown = withAhead(day);
      expect(shown.since).toBe(day.since);
      expect(bucketStart(shown, BUCKETS)).toBe(day.until);
      expect(bucketStart(shown, BUCKETS + BUCKETS_AHEAD)).toBe(shown.until);
      const place = placeIn(shown, date.getTime()) * (BUCKETS + BUCKETS_AHEAD);
      expect(place).toBeGreaterThanOrEqual(BUCKETS - 1);
      expect(place).toBeLessThanOrEqual(BUCKETS);
    }),
  );
});
