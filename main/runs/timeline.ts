import type { TimelineMark, TimelineRoutine } from "../../preload/contract/runs.ts";
import { WORST_FIRST } from "../../preload/rules/worst-status.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Database } from "../database/database.ts";

/** The longest stretch of time that a timeline shows, in days. */
const LONGEST_DAYS = 31;
const DAY_MS = 86_400_000;

const MOST_ROUTINES = 50;

/** Above every instant in milliseconds, so that the rank of a status decides before the instant does. */
const RANK_STEP = 2 ** 50;

/**
 * One pass over the runs of the stretch. The worst status and its newest instant are one number, the greatest of which
 * needs no sorting; the run with them is then looked up by its routine and instant.
 */
const TIMELINE = `
  with marks as materialized (
    select routine_id,
      ((extract(epoch from triggered_at - $2::timestamptz) * 1000)::bigint * $4 / $5)::int as bucket,
      count(*)::int as count,
      max(triggered_at) as newest,
      max((${WORST_FIRST.length} - array_position($6::text[], status)) * ${RANK_STEP}
        + (extract(epoch from triggered_at) * 1000)::bigint) as worst
    from routine_runs
    where company_id = $1 and triggered_at >= $2 and triggered_at < $3
    group by 1, 2
  ), recent as (
    select routine_id, row_number() over (order by max(newest) desc, routine_id) as place, count(*) over () as routines
    from marks
    group by routine_id
  ), shown as (
    select recent.place, recent.routines, marks.routine_id, marks.bucket, marks.count,
      ($6::text[])[${WORST_FIRST.length} - marks.worst / ${RANK_STEP}] as status,
      timestamptz 'epoch' + (marks.worst % ${RANK_STEP}) * interval '1 millisecond' as at
    from recent
    join marks on marks.routine_id = recent.routine_id
    where recent.place <= ${MOST_ROUTINES}
  )
  select shown.routine_id as "routineId", routines.title, routines.status as "routineStatus", shown.bucket, shown.status,
    shown.count, run.id as "runId", greatest(shown.routines - ${MOST_ROUTINES}, 0)::int as more
  from shown
  join routines on routines.id = shown.routine_id
  cross join lateral (
    select id from routine_runs
    where routine_id = shown.routine_id and triggered_at = shown.at and status = shown.status
    order by triggered_at desc, id desc
    limit 1
  ) run
  order by shown.place, shown.bucket`;

interface Row extends TimelineMark {
  readonly routineId: string;
  readonly title: string;
  readonly routineStatus: TimelineRoutine["status"];
  readonly more: number;
}

export interface TimelineRequest {
  readonly companyId: string;
  readonly since: Date;
  readonly until: Date;
  readonly buckets: number;
}

/** The runs between two instants by routine and bucket, the routine with the newest run first. One statement. */
export async function runTimeline(
  database: Database,
  request: TimelineRequest,
): Promise<{ routines: TimelineRoutine[]; more: number }> {
  const { companyId, since, until, buckets } = request;
  const lengthMs = until.getTime() - since.getTime();
  if (lengthMs <= 0) throw refused("must be after `since`");
  if (lengthMs > LONGEST_DAYS * DAY_MS) throw refused(`must be at most ${LONGEST_DAYS} days after \`since\``);
  const values = [companyId, since, until, buckets, lengthMs, WORST_FIRST];
  const { rows } = await database.pool.query<Row>(TIMELINE, values);
  const routines = new Map<string, TimelineRoutine>();
  for (const { routineId, title, routineStatus, bucket, status, count, runId } of rows) {
    const routine = routines.get(routineId) ?? { routineId, title, status: routineStatus, marks: [] };
    routines.set(routineId, routine);
    routine.marks.push({ bucket, status, count, runId });
  }
  return { routines: [...routines.values()], more: rows[0]?.more ?? 0 };
}

function refused(message: string): Refusal {
  return new Refusal("invalid_input", `The stretch of time is not valid: until: ${message}.`, {
    fields: { until: message },
  });
}
