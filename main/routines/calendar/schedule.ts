import { Refusal } from "../../contract/refusal.ts";
import { markProblem, parseCron } from "./expression.ts";
import type { Schedule } from "./slots.ts";
import { findZone } from "./zone.ts";

/** The schedule of an expression and a zone as an operator wrote them. Refused: `cron_invalid` with the position, `zone_unknown`. */
export function readSchedule(source: string, zoneName: string): Schedule {
  const parsed = parseCron(source);
  if (!parsed.ok) {
    const { message, position, length } = parsed.problem;
    const text = `The schedule is refused: ${message}, at character ${position + 1}: ${markProblem(source, parsed.problem)}`;
    throw new Refusal("cron_invalid", text, {
      fields: { expression: text },
      next: "Write five fields (minute, hour, day of the month, month, day of the week), such as `0 2 * * mon-fri`.",
      // Counted from 1, as editors do.
      details: { position: position + 1, length },
    });
  }
  const zone = findZone(zoneName);
  if (!zone) {
    const text = `There is no time zone "${zoneName.slice(0, 64)}".`;
    throw new Refusal("zone_unknown", text, {
      fields: { zone: text },
      next: "Name one of the IANA database, such as Europe/Berlin or UTC.",
    });
  }
  return { expression: parsed.expression, zone };
}
