import { expect, test } from "vitest";
import { parseCron } from "../../main/routines/calendar/expression.ts";
import { findZone } from "../../main/routines/calendar/zone.ts";
import { changedHours, EXPRESSIONS, oracleSlots, walk } from "../fixtures/calendar-oracle.ts";
import { slotsBetween } from "../fixtures/slots-between.ts";

const HOUR = 3_600_000;

/** All zones, all their changes, all expressions. Zones that behave alike in all those years share one comparison. */
test(
  "every expression agrees with the oracle around every change of every zone, 2020 to 2037",
  { timeout: 4 * HOUR },
  () => {
    const seen = new Set<string>();
    const disagreements: unknown[] = [];
    const done = { zones: 0, windows: 0, comparisons: 0 };
    const expressions = EXPRESSIONS.map((source) => {
      const parsed = parseCron(source);
      if (!parsed.ok) throw new Error(source);
      return { source, expression: parsed.expression };
    });
    for (const name of Intl.supportedValuesOf("timeZone")) {
      const zone = findZone(name);
      if (!zone) throw new Error(name);
      const changed = changedHours(name, Date.UTC(2020, 0, 1), Date.UTC(2038, 0, 1));
      if (changed.length > 0) done.zones += 1;
      for (const change of changed) {
        const [from, to] = [change - 12 * HOUR, change + 18 * HOUR];
        const minutes = walk(name, from - 24 * HOUR, to);
        // The same minutes shown at the same instants are the same question.
        const likeness = minutes.reduce((text, { instant, wall }, index) => {
          const before = minutes[index - 1];
          return before && wall - before.wall === 60_000 ? text : `${text} ${instant}>${wall}`;
        }, `${from}`);
        const asked = seen.has(likeness) ? [] : expressions;
        seen.add(likeness);
        if (asked.length > 0) done.windows += 1;
        for (const { source, expression } of asked) {
          done.comparisons += 1;
          const slots = slotsBetween({ expression, zone }, from, to);
          const wanted = oracleSlots(source, minutes, from);
          if (slots.join() !== wanted.join()) disagreements.push({ name, source, from, slots, wanted });
        }
      }
    }
    process.stdout.write(`calendar: ${JSON.stringify(done)}\n`);
    expect(disagreements.slice(0, 5)).toEqual([]);
    expect(done.comparisons).toBeGreaterThan(100_000);
  },
);
