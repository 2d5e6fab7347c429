import { expect, test } from "vitest";
import { runStatus } from "../../../../preload/contract/runs.ts";
import {
  byteCount,
  duration,
  plural,
  relativeTime,
  runStatusText,
  stateText,
} from "../../../../main/hosts/cli/format.ts";

const now = new Date("2026-03-08T12:00:00Z");
const at = (secondsFromNow: number) => new Date(now.getTime() + secondsFromNow * 1_000).toISOString();

test.each([
  [0, "now"],
  [-9, "now"],
  [-42, "42 s ago"],
  [-300, "5 min ago"],
  [-3 * 3_600, "3 h ago"],
  [-4 * 86_400, "4 d ago"],
  [-90 * 86_400, "3 months ago"],
  [-800 * 86_400, "3 y ago".replace("3", "2")],
  [540, "in 9 min"],
])("%i seconds from now is %s", (seconds, text) => {
  expect(relativeTime(at(seconds), now)).toBe(text);
});

test("no instant has no text", () => {
  expect(relativeTime(null, now)).toBeNull();
});

test("durations and sizes are short", () => {
  expect(duration(at(0), at(0.25))).toBe("250 ms");
  expect(duration(at(0), at(4.2))).toBe("4.2 s");
  expect(duration(at(0), at(252))).toBe("4 min 12 s");
  expect(duration(at(0), at(7_260))).toBe("2 h 1 min");
  expect(duration(null, at(1))).toBeNull();
  expect([0, 1_023, 1_024, 20 * 1_024, 3 * 1_024 ** 3].map(byteCount)).toEqual([
    "0 B",
    "1023 B",
    "1.0 KiB",
    "20 KiB",
    "3.0 GiB",
  ]);
  expect([plural(0, "key"), plural(1, "key"), plural(2, "process", "processes")]).toEqual([
    "0 keys",
    "1 key",
    "2 processes",
  ]);
});

test("each state of a run has a shape of its own or shares it with its like, and its word", () => {
  const texts = runStatus.options.map(runStatusText);
  expect(new Set(texts).size).toBe(runStatus.options.length);
  expect(runStatusText("timed_out")).toBe("◷ timed out");
  expect(stateText("locked")).toBe("⚿ locked");
  expect(stateText("something new")).toBe("· something new");
});
