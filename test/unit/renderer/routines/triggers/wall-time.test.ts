import fc from "fast-check";
import { expect, test } from "vitest";
import { instantOf, wallOf } from "../../../../../renderer/features/routines/triggers/wall-time.ts";

const zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Chatham"];

test("an instant comes back from what the clock shows, or the earlier one where it shows it twice", () => {
  const minutes = fc.integer({ min: Date.UTC(2020, 0) / 60_000, max: Date.UTC(2038, 0) / 60_000 });
  fc.assert(
    fc.property(minutes, fc.constantFrom(...zones), (minute, zone) => {
      const instant = minute * 60_000;
      const found = instantOf(wallOf(instant, zone), zone);
      if (found.outcome !== "found") throw new Error("what a clock shows is there");
      const at = Date.parse(found.at);
      const passes = found.repeated ? [0, 3_600_000, 1_800_000] : [0];
      expect(passes).toContain(instant - at);
      expect(wallOf(at, zone)).toBe(wallOf(instant, zone));
    }),
    { numRuns: 2_000 },
  );
});

test("a time that the clock leaves out is missing, and one that it shows twice is the first", () => {
  expect(instantOf("2026-03-29T02:30", "Europe/Berlin")).toEqual({ outcome: "missing" });
  expect(instantOf("2026-10-25T02:30", "Europe/Berlin")).toEqual({
    outcome: "found",
    at: "2026-10-25T00:30:00.000Z",
    repeated: true,
  });
});

test.each(["", "2026-03-29", "2026-13-01T00:00", "12026-01-01T00:00"])("%j is no time", (text) => {
  expect(instantOf(text, "UTC")).toEqual({ outcome: "unreadable" });
});
