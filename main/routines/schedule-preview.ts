import type { SchedulePreview } from "../../preload/contract/triggers.ts";
import { explainCron } from "./calendar/explain.ts";
import { parseCron } from "./calendar/expression.ts";
import { upcomingSlots } from "./calendar/preview.ts";
import { findZone } from "./calendar/zone.ts";

/** What an expression means in a zone, with so many times after `now`; or what is wrong with it, and where. */
export function previewSchedule(source: string, zoneName: string, now: Date, count: number): SchedulePreview {
  const parsed = parseCron(source);
  if (!parsed.ok) return { outcome: "invalid", field: "expression", ...parsed.problem };
  const zone = findZone(zoneName);
  if (!zone) {
    return {
      outcome: "invalid",
      field: "zone",
      message: `there is no time zone "${zoneName}"`,
      position: 0,
      length: zoneName.length,
    };
  }
  const times = upcomingSlots({ expression: parsed.expression, zone }, now.getTime(), count);
  return {
    outcome: "valid",
    explanation: explainCron(parsed.expression, zone.name),
    times: times.map(({ at, local, note }) => ({ at: new Date(at).toISOString(), local, note })),
  };
}
