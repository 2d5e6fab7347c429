import { and, asc, eq, gte, isNotNull, lte, or, sql } from "drizzle-orm";
import type { Absence, DueRoutine } from "../../../preload/contract/scheduler.ts";
import { asRefusal, Refusal } from "../../contract/refusal.ts";
import type { Executor } from "../../database/database.ts";
import { routines, routineTriggers } from "../../database/schema/routines.ts";
import { schedulerCoverage } from "../../database/schema/runs.ts";
import { gapsBetween, SHORTEST_GAP_MS } from "./absences.ts";
import { whyEnded } from "./coverage.ts";
import { slotsOf, zoneOf } from "./due.ts";

const MOST_ROUTINES = 100;
const LONGEST_MS = 31 * 86_400_000;

export interface Stretch {
  readonly since: Date;
  readonly until: Date;
  readonly buckets: number;
}

/** Refuses `invalid_input` for a stretch that is empty or too long. */
export function requireStretch({ since, until }: Stretch): void {
  const length = until.getTime() - since.getTime();
  if (length > 0 && length <= LONGEST_MS) return;
  const message = length > 0 ? "must be at most 31 days after `since`" : "must be after `since`";
  throw new Refusal("invalid_input", `The stretch of time is not valid: until: ${message}.`, {
    fields: { until: message },
  });
}

/** The routines of a company that are due by themselves, with the buckets in which they will be; the next one comes first. */
export async function routinesDue(
  executor: Executor,
  companyId: string,
  stretch: Stretch & { readonly now: Date },
): Promise<{ routines: DueRoutine[]; more: number }> {
  const rows = await executor
    .select({ title: routines.title, trigger: routineTriggers })
    .from(routineTriggers)
    .innerJoin(routines, eq(routines.id, routineTriggers.routineId))
    .where(
      and(
        eq(routines.companyId, companyId),
        eq(routines.status, "active"),
        eq(routineTriggers.enabled, true),
        isNotNull(routineTriggers.nextRunAt),
      ),
    )
    .orderBy(asc(routineTriggers.nextRunAt), asc(routineTriggers.id));
  const due = new Map<string, DueRoutine>();
  const ids = new Set(rows.map(({ trigger }) => trigger.routineId));
  for (const { title, trigger } of rows) {
    const { routineId, nextRunAt } = trigger;
    if (nextRunAt === null || (due.size >= MOST_ROUTINES && !due.has(routineId))) continue;
    const first = due.get(routineId) ?? {
      routineId,
      title,
      nextRunAt: nextRunAt.toISOString(),
      zone: zoneOf(trigger),
      ahead: [],
    };
    const ahead = new Set([...first.ahead, ...bucketsAhead(trigger, stretch)]);
    due.set(routineId, { ...first, ahead: [...ahead].toSorted((a, b) => a - b) });
  }
  return { routines: [...due.values()], more: ids.size - due.size };
}

/** One look per bucket, however dense the schedule is. */
function bucketsAhead(
  trigger: typeof routineTriggers.$inferSelect,
  { since, until, buckets, now }: Stretch & { readonly now: Date },
): number[] {
  const [from, to] = [since.getTime(), until.getTime()];
  const length = (to - from) / buckets;
  const found: number[] = [];
  try {
    const slots = slotsOf(trigger);
    let slot = slots.next(Math.max(now.getTime(), from - 1));
    while (slot !== null && slot < to) {
      const bucket = Math.floor((slot - from) / length);
      found.push(bucket);
      slot = slots.next(Math.ceil(from + (bucket + 1) * length) - 1);
    }
  } catch (error) {
    // A row that cannot be read is told of by the scheduler.
    if (!asRefusal(error)) throw error;
  }
  return found;
}

/** When no scheduler was awake in a stretch of time, up to now. */
export async function absencesIn(
  executor: Executor,
  { since, until, now }: Pick<Stretch, "since" | "until"> & { readonly now: Date },
): Promise<Absence[]> {
  const { beganAt, coveredUntil } = schedulerCoverage;
  const rows = await executor
    .select()
    .from(schedulerCoverage)
    .where(
      and(
        lte(beganAt, until),
        or(
          gte(coveredUntil, since),
          // Why it had ended that is the last one before.
          eq(
            beganAt,
            sql`(select max(began_at) from scheduler_coverage where began_at < ${since.toISOString()}::timestamptz)`,
          ),
        ),
      ),
    )
    .orderBy(asc(beganAt));
  const end = Math.min(now.getTime(), until.getTime());
  const awake = rows.map((row) => {
    const known = row.coveredUntil.getTime();
    const goesOn = row.endedBy === null && now.getTime() - known < SHORTEST_GAP_MS;
    return { from: row.beganAt.getTime(), until: goesOn ? now.getTime() : known, why: whyEnded(row.endedBy) };
  });
  return gapsBetween(awake, since.getTime(), end).map((gap) => ({
    from: new Date(gap.from).toISOString(),
    until: new Date(gap.until).toISOString(),
    why: gap.why,
  }));
}
