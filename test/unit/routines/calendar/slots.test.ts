import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCron } from "../../../../main/routines/calendar/expression.ts";
import { nextSlot, previousSlot, type Schedule } from "../../../../main/routines/calendar/slots.ts";
import { findZone } from "../../../../main/routines/calendar/zone.ts";
import { changedHours, EXPRESSIONS, oracleSlots, walk } from "../../../fixtures/calendar-oracle.ts";
import { slotsBetween } from "../../../fixtures/slots-between.ts";

const DAY = 86_400_000;

function schedule(source: string, zoneName: string): Schedule {
  const parsed = parseCron(source);
  const zone = findZone(zoneName);
  if (!parsed.ok) throw new Error(`${source}: ${parsed.problem.message}`);
  if (!zone) throw new Error(zoneName);
  return { expression: parsed.expression, zone };
}

const text = (instant: number | null) => (instant === null ? null : new Date(instant).toISOString().slice(0, 16));
const times = (source: string, zone: string, from: string, count: number) => {
  const found: (string | null)[] = [];
  let at: number | null = Date.parse(from);
  for (let index = 0; index < count && at !== null; index += 1)
    found.push(text((at = nextSlot(schedule(source, zone), at))));
  return found;
};

const NEW_YORK = "America/New_York";

describe("next", () => {
  test.each([
    ["a midnight schedule", "0 0 * * *", "UTC", "2026-01-01T00:00Z", ["2026-01-02T00:00", "2026-01-03T00:00"]],
    ["the hour of midnight", "*/15 * * * *", "UTC", "2025-12-31T23:50Z", ["2026-01-01T00:00", "2026-01-01T00:15"]],
    ["days as alternatives", "0 0 13 * 5", "UTC", "2026-02-06T00:00Z", ["2026-02-13T00:00", "2026-02-20T00:00"]],
    [
      "days together behind a star",
      "0 0 */2 * 1",
      "UTC",
      "2026-01-01T00:00Z",
      ["2026-01-05T00:00", "2026-01-19T00:00"],
    ],
    ["a leap day over 2100", "0 0 29 2 *", "UTC", "2096-03-01T00:00Z", ["2104-02-29T00:00"]],
    ["a leap day on a Sunday", "0 0 29 2 */7", "UTC", "2080-01-01T00:00Z", ["2088-02-29T00:00"]],
    ["a time in the gap", "30 2 * * *", NEW_YORK, "2026-03-07T08:00Z", ["2026-03-08T07:00", "2026-03-09T06:30"]],
    [
      "times in the gap, once together",
      "0,30 2,3 * * *",
      NEW_YORK,
      "2026-03-08T06:59Z",
      ["2026-03-08T07:00", "2026-03-08T07:30"],
    ],
    ["a star in the gap", "*/30 2 * * *", NEW_YORK, "2026-03-07T08:00Z", ["2026-03-09T06:00"]],
    ["a time in the overlap", "30 1 * * *", NEW_YORK, "2026-11-01T00:00Z", ["2026-11-01T05:30", "2026-11-02T06:30"]],
    [
      "a star in the overlap",
      "*/30 1 * * *",
      NEW_YORK,
      "2026-11-01T05:00Z",
      ["2026-11-01T05:30", "2026-11-01T06:00", "2026-11-01T06:30"],
    ],
    ["after the first pass", "30 1 * * *", NEW_YORK, "2026-11-01T05:31Z", ["2026-11-02T06:30"]],
    ["a gap of 30 minutes", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00Z", ["2026-10-03T15:30"]],
    [
      "an overlap of 30 minutes",
      "45 1 * * *",
      "Australia/Lord_Howe",
      "2026-04-04T00:00Z",
      ["2026-04-04T14:45", "2026-04-05T15:15"],
    ],
    ["a gap at midnight", "0 0 * * *", "Africa/Cairo", "2026-04-23T00:00Z", ["2026-04-23T22:00", "2026-04-24T21:00"]],
    [
      "a gap at midnight in Beirut",
      "0 0 * * *",
      "Asia/Beirut",
      "2026-03-28T00:00Z",
      ["2026-03-28T22:00", "2026-03-29T21:00"],
    ],
    [
      "an overlap at midnight",
      "30 23 * * *",
      "America/Santiago",
      "2026-04-04T12:00Z",
      ["2026-04-05T02:30", "2026-04-06T03:30"],
    ],
    [
      "a day that did not exist",
      "0 12 * * *",
      "Pacific/Apia",
      "2011-12-29T23:00Z",
      ["2011-12-30T10:00", "2011-12-30T22:00"],
    ],
    [
      "such a day by the clock",
      "0 */12 * * *",
      "Pacific/Apia",
      "2011-12-29T23:00Z",
      ["2011-12-30T10:00", "2011-12-30T22:00"],
    ],
    ["another such day", "0 12 21 8 *", "Pacific/Kwajalein", "1993-08-01T00:00Z", ["1993-08-21T12:00"]],
  ])("%s: %s in %s after %s", (_, source, zone, from, expected) => {
    expect(times(source, zone, from, expected.length)).toEqual(expected);
  });

  test("zones: aliases and any case are known, offsets and inventions are not", () => {
    for (const name of ["Asia/Calcutta", "Asia/Kolkata", "US/Eastern", "UTC", "Etc/GMT+5", "Pacific/Chatham"]) {
      expect(findZone(name)?.name).toBe(name);
    }
    expect(findZone("europe/berlin")?.name).toBe("Europe/Berlin");
    for (const name of ["", "Mars/Olympus", "+02:00", "Europe/", "local", "constructor"])
      expect(findZone(name)).toBeNull();
  });
});

const zones = Intl.supportedValuesOf("timeZone");
const instant = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2037, 11, 31) });

describe("laws", () => {
  test("next is after, previous before, and nothing is between", () => {
    fc.assert(
      fc.property(fc.constantFrom(...EXPRESSIONS), fc.constantFrom(...zones), instant, (source, zone, at) => {
        const given = schedule(source, zone);
        const next = nextSlot(given, at);
        const previous = previousSlot(given, at + 1);
        if (next === null || previous === null) throw new Error("no slot");
        expect(next).toBeGreaterThan(at);
        expect(previous).toBeLessThanOrEqual(at);
        expect(nextSlot(given, previous)).toBe(next);
        expect(previousSlot(given, next)).toBe(previous);
        expect(previousSlot(given, next + 1)).toBe(next);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("against the oracle", () => {
  test("around changes of clocks, and anywhere", { timeout: 120_000 }, () => {
    const year = fc.integer({ min: 2020, max: 2037 });
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        year,
        fc.nat(),
        fc.uniqueArray(fc.constantFrom(...EXPRESSIONS), { minLength: 30, maxLength: 30 }),
        (zone, chosen, pick, sources) => {
          const changed = changedHours(zone, Date.UTC(chosen, 0, 1), Date.UTC(chosen + 1, 0, 1));
          const anywhere = Date.UTC(chosen, 0, 1) + (pick % 365) * DAY;
          const middle = changed[pick % Math.max(1, changed.length)] ?? anywhere;
          const [from, to] = [middle - DAY / 2, middle + DAY];
          const minutes = walk(zone, from - DAY, to);
          for (const source of sources) {
            const slots = slotsBetween(schedule(source, zone), from, to);
            expect({ source, zone, slots }).toEqual({ source, zone, slots: oracleSlots(source, minutes, from) });
          }
        },
      ),
      { seed: 20_262_037, numRuns: 150 },
    );
  });
});
