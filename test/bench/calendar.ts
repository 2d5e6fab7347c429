import { parseCron } from "../../main/routines/calendar/expression.ts";
import { nextSlot, previousSlot } from "../../main/routines/calendar/slots.ts";
import { findZone } from "../../main/routines/calendar/zone.ts";
import type { BenchRow } from "./row.ts";

const SOURCES = [
  "* * * * *",
  "0 0 29 2 1",
  "0 0 29 2 */7",
  "30 2 * * mon-fri",
  "0 0 13 * */5",
  "59 23 31 12 *",
  "*/30 2 8 3 *",
];

/** The slowest next and previous of any of some expressions in every zone: at first, and with the zone's changes known. */
export async function calendarBench(): Promise<BenchRow[]> {
  const zones = Intl.supportedValuesOf("timeZone");
  const worst = { cold: 0, warm: 0, previous: 0 };
  let warm = 0;
  const from = Date.UTC(2088, 2, 1);
  for (const [index, name] of zones.entries()) {
    for (const [turn, source] of SOURCES.entries()) {
      // A year of its own for each, so that nothing of the zone is known.
      const at = from + ((index + turn) % 20) * 366 * 86_400_000;
      const start = performance.now();
      const parsed = parseCron(source);
      const zone = findZone(name);
      if (!parsed.ok || !zone) throw new Error(source);
      const schedule = { expression: parsed.expression, zone };
      nextSlot(schedule, at);
      const known = performance.now();
      nextSlot(schedule, at);
      const again = performance.now();
      previousSlot(schedule, at);
      const done = performance.now();
      // The first zones warm the compiler up.
      if (index < 5) continue;
      worst.cold = Math.max(worst.cold, known - start);
      worst.warm = Math.max(worst.warm, again - known);
      worst.previous = Math.max(worst.previous, done - again);
      warm += again - known;
    }
  }
  const count = (zones.length - 5) * SOURCES.length;
  const row = (what: string, figure: number): BenchRow => ({
    what: `${what} (${figure.toFixed(3)} ms)`,
    against: "the limit of 5 ms",
    ratio: `${(figure / 5).toFixed(3)} x`,
    goal: "<= 1 x",
  });
  return [
    row(`slowest parse and first next of ${count}`, worst.cold),
    row(`slowest next of ${count} with a known zone`, worst.warm),
    row("mean next with a known zone", warm / count),
    row("slowest previous", worst.previous),
  ];
}
