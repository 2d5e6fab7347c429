import { findZone } from "../calendar/zone.ts";
import { nextSlot, previousSlot } from "../calendar/slots.ts";
import { readSchedule } from "../calendar/schedule.ts";

/** The instants at which a trigger is due, in milliseconds since the epoch. */
export interface Slots {
  /** The first one strictly after an instant, or null. */
  next(after: number): number | null;
  /** The last one strictly before an instant, or null. */
  previous(before: number): number | null;
}

/** What of a trigger says when it is due. */
export interface TriggerTimes {
  readonly kind: "schedule" | "once" | "api" | "webhook";
  readonly cronExpression: string | null;
  readonly timezone: string | null;
  readonly onceAt: Date | null;
}

const NEVER: Slots = { next: () => null, previous: () => null };

/**
 * When a trigger is due: the slots of its expression in its own zone (never the machine's), or its one instant. Triggers of
 * other kinds have no slots. Refuses `cron_invalid` and `zone_unknown`, which only a row written by hand can hold.
 */
export function slotsOf({ kind, cronExpression, timezone, onceAt }: TriggerTimes): Slots {
  if (kind === "once") {
    const at = onceAt?.getTime();
    if (at === undefined) return NEVER;
    return { next: (after) => (at > after ? at : null), previous: (before) => (at < before ? at : null) };
  }
  if (kind !== "schedule") return NEVER;
  const schedule = readSchedule(cronExpression ?? "", timezone ?? "");
  return { next: (after) => nextSlot(schedule, after), previous: (before) => previousSlot(schedule, before) };
}

/** The zone in which a trigger's runs say what day it is. */
export function zoneOf({ timezone }: Pick<TriggerTimes, "timezone">): string {
  return (timezone === null ? null : findZone(timezone)?.name) ?? "UTC";
}
