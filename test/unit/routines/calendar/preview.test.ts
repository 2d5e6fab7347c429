import fc from "fast-check";
import { expect, test } from "vitest";
import { upcomingSlots } from "../../../../main/routines/calendar/preview.ts";
import { readSchedule } from "../../../../main/routines/calendar/schedule.ts";
import { EXPRESSIONS } from "../../../fixtures/calendar-oracle.ts";

const NEW_YORK = "America/New_York";

test.each([
  [
    "30 2 * * *",
    NEW_YORK,
    "2026-03-08T05:00Z",
    "2026-03-08 03:00",
    "runs once at 03:00 because 02:30 does not exist on that day",
  ],
  [
    "0,30 2 * * *",
    NEW_YORK,
    "2026-03-08T05:00Z",
    "2026-03-08 03:00",
    "runs once at 03:00 because 02:00 and 02:30 do not exist on that day",
  ],
  [
    "0-59 2 * * *",
    NEW_YORK,
    "2026-03-08T05:00Z",
    "2026-03-08 03:00",
    "runs once at 03:00 because the 60 times from 02:00 to 02:59 do not exist on that day",
  ],
  [
    "*/30 2 * * *",
    NEW_YORK,
    "2026-03-08T05:00Z",
    "2026-03-09 02:00",
    "no run at 02:00 and 02:30 on 2026-03-08, which do not exist",
  ],
  ["30 1 * * *", NEW_YORK, "2026-11-01T04:00Z", "2026-11-01 01:30", "runs once, at the first of two 01:30 on that day"],
  ["*/30 1 * * *", NEW_YORK, "2026-11-01T05:00Z", "2026-11-01 01:30", "the first of two 01:30 on that day"],
  ["*/30 1 * * *", NEW_YORK, "2026-11-01T05:30Z", "2026-11-01 01:00", "the second of two 01:00 on that day"],
  [
    "0 0 * * *",
    "Africa/Cairo",
    "2026-04-23T12:00Z",
    "2026-04-24 01:00",
    "runs once at 01:00 because 00:00 does not exist on that day",
  ],
  [
    "0 12 * * *",
    "Pacific/Apia",
    "2011-12-29T23:00Z",
    "2011-12-31 00:00",
    "runs once at 2011-12-31 00:00 because 2011-12-30 12:00 does not exist",
  ],
  ["30 4 * * *", NEW_YORK, "2026-03-08T05:00Z", "2026-03-08 04:30", null],
])("%s in %s after %s: %s, %s", (source, zone, from, local, note) => {
  expect(upcomingSlots(readSchedule(source, zone), Date.parse(from), 1)).toEqual([
    { at: expect.any(Number), local, note },
  ]);
});

test("the marks never change what is due, and stand on few days", () => {
  fc.assert(
    fc.property(fc.constantFrom(...EXPRESSIONS), fc.integer({ min: 0, max: 364 }), (source, day) => {
      const upcoming = upcomingSlots(readSchedule(source, NEW_YORK), Date.UTC(2026, 0, 1 + day), 10);
      expect(upcoming).toHaveLength(10);
      for (const { note } of upcoming) expect(note ?? "").not.toMatch(/undefined|NaN/);
    }),
    { numRuns: 300 },
  );
});
