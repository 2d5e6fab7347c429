import { asc, eq } from "drizzle-orm";
import type { Standstill, UpcomingTime } from "../../preload/contract/triggers.ts";
import { asRefusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { routineTriggers } from "../database/schema/routines.ts";
import { readHold } from "../runs/hold.ts";
import { upcomingSlots } from "./calendar/preview.ts";
import { findZone } from "./calendar/zone.ts";
import { readSchedule } from "./calendar/schedule.ts";
import { readPause } from "./scheduler/pause.ts";
import type { RoutineRow } from "./snapshot.ts";
import type { TriggerRow } from "./trigger-clock.ts";

export interface Upcoming {
  readonly times: UpcomingTime[];
  readonly switchedOff: number;
  readonly standstill: Standstill | null;
}

/**
 * When the enabled triggers of a routine are due after `now`, so many times at most, also while nothing starts it; and whether
 * that is so.
 */
export async function upcomingOf(
  executor: Executor,
  { id, status }: Pick<RoutineRow, "id" | "status">,
  now: Date,
  count: number,
): Promise<Upcoming> {
  const rows = await executor
    .select()
    .from(routineTriggers)
    .where(eq(routineTriggers.routineId, id))
    .orderBy(asc(routineTriggers.createdAt), asc(routineTriggers.id));
  return {
    times: nextTimes(rows, now, count),
    switchedOff: rows.filter(({ enabled }) => !enabled).length,
    standstill: standstillOf(status, {
      held: (await readHold(executor)) !== null,
      paused: (await readPause(executor)) !== null,
    }),
  };
}

/** Why no trigger of a routine starts it; what stands in the way of all of them comes first. */
export function standstillOf(
  status: RoutineRow["status"],
  everything: { readonly held: boolean; readonly paused: boolean },
): Standstill | null {
  if (everything.held) return "restore_held";
  if (everything.paused) return "all_paused";
  return status === "active" ? null : `routine_${status}`;
}

type Times = Pick<TriggerRow, "id" | "kind" | "label" | "enabled" | "cronExpression" | "timezone" | "onceAt">;

/** The next times of those of these triggers that are enabled. One whose row cannot be read has none. */
export function nextTimes(rows: readonly Times[], now: Date, count: number): UpcomingTime[] {
  return rows
    .filter(({ enabled }) => enabled)
    .flatMap((row) => timesAfter(row, now.getTime(), count))
    .toSorted((a, b) => a.at.localeCompare(b.at))
    .slice(0, count);
}

function timesAfter(row: Times, after: number, count: number): UpcomingTime[] {
  const { id: triggerId, label, timezone } = row;
  if (row.kind === "schedule") {
    const schedule = scheduleOf(row);
    if (schedule === null) return [];
    return upcomingSlots(schedule, after, count).map(({ at, local, note }) => ({
      at: new Date(at).toISOString(),
      triggerId,
      label,
      zone: schedule.zone.name,
      local,
      note,
    }));
  }
  const at = row.onceAt?.getTime() ?? -Infinity;
  if (row.kind !== "once" || at <= after) return [];
  const zone = findZone(timezone ?? "UTC");
  const local = new Date(at + (zone?.offsetAt(at) ?? 0)).toISOString().slice(0, 16).replace("T", " ");
  return [{ at: new Date(at).toISOString(), triggerId, label, zone: zone?.name ?? "UTC", local, note: null }];
}

/** Null for a row that was written by hand and is no schedule; the scheduler tells of it. */
function scheduleOf({ cronExpression, timezone }: Times) {
  try {
    return readSchedule(cronExpression ?? "", timezone ?? "");
  } catch (error) {
    if (!asRefusal(error)) throw error;
    return null;
  }
}
