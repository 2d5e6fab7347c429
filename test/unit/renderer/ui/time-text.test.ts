import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bothZonesText,
  bytesText,
  durationText,
  hereText,
  instantText,
  relativeText,
  zonedText,
} from "../../../../renderer/ui/time-text.ts";

const NOW = Date.parse("2026-03-08T12:00:00.000Z");
const before = (seconds: number) => new Date(NOW - seconds * 1_000).toISOString();

describe("a relative time", () => {
  test.each([
    [0, "just now"],
    [9, "just now"],
    [-9, "now"],
    [10, "10 s ago"],
    [59, "59 s ago"],
    [60, "1 min ago"],
    [89, "1 min ago"],
    [3_599, "59 min ago"],
    [3_600, "1 h ago"],
    [3 * 3_600, "3 h ago"],
    [86_400, "1 day ago"],
    [40 * 86_400, "1 month ago"],
    [800 * 86_400, "2 years ago"],
    [-360, "in 6 min"],
  ])("%d s before is %s", (seconds, text) => {
    expect(relativeText(before(seconds), NOW)).toBe(text);
  });

  test("of the past never speaks of the future", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
        expect(relativeText(before(seconds), NOW)).toMatch(/^(just now|\d+ .* ago)$/);
      }),
    );
  });
});

describe("a length of time", () => {
  test.each([
    [0, "0 ms"],
    [0.44, "440 ms"],
    [1.44, "1.4 s"],
    [9.9, "9.9 s"],
    [9.96, "10 s"],
    [10, "10 s"],
    [59.4, "59 s"],
    [59.6, "1 m 0 s"],
    [60, "1 m 0 s"],
    [252, "4 m 12 s"],
    [3_600, "1 h 0 m"],
    [7_500, "2 h 5 m"],
    [-5, "0 ms"],
  ])("%d s is %s", (seconds, text) => {
    expect(durationText(new Date(NOW).toISOString(), new Date(NOW + seconds * 1_000).toISOString())).toBe(text);
  });

  test("is none where one end is missing", () => {
    expect(durationText(null, before(0))).toBeNull();
    expect(durationText(before(0), null)).toBeNull();
  });
});

describe("a number of bytes", () => {
  test.each([
    [0, "0 B"],
    [512, "512 B"],
    [1_023, "1023 B"],
    [1_024, "1.0 KiB"],
    [10_240, "10 KiB"],
    [65_536, "64 KiB"],
    [1_048_575, "1.0 MiB"],
    [1_468_006, "1.4 MiB"],
    [67_108_864, "64.0 MiB"],
    [1_073_741_823, "1.0 GiB"],
    [80_000_000_000, "74.5 GiB"],
  ])("%d is %s", (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });
});

test("an exact instant names day, year, and the second", () => {
  const text = instantText("2026-03-08T12:34:56.789Z");
  expect(text).toContain("2026");
  // Some zones are not whole hours apart.
  expect(text).toMatch(/(?:34|04|19|49):56/);
});

describe("an instant in a zone", () => {
  const here = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const [instant, elsewhere] = ["2026-03-09T08:00:00.000Z", "Pacific/Kiritimati"];

  test("is said once where this machine's clock shows the same", () => {
    expect(hereText(instant, here)).toBeNull();
    expect(bothZonesText(instant, here)).toBe(`${zonedText(instant, here)} ${here}`);
  });

  test("is said by both clocks where they differ", () => {
    expect(hereText(instant, elsewhere)).toBe(zonedText(instant, here));
    expect(bothZonesText(instant, elsewhere)).toBe(
      `${zonedText(instant, elsewhere)} ${elsewhere} (${zonedText(instant, here)} here)`,
    );
  });
});
