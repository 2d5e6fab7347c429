import type { Database } from "../../database/database.ts";
import type { Ended, Left, Seen } from "./decide.ts";

/** Of the runs with these ids, those that are over, with the outcome before them, and the stretches of missed slots. */
const SEEN = `
  select run.id as "runId", run.company_id as "companyId", run.routine_id as "routineId", routines.title as "routineTitle",
    run.status, run.sheet_id is not null as started, coalesce(run.slot_count, 1) as count, routines.catch_up_policy as policy, before.status as before
  from routine_runs run
  join routines on routines.id = run.routine_id
  left join lateral (
    select earlier.status from routine_runs earlier
    where earlier.routine_id = run.routine_id and earlier.id <> run.id and earlier.triggered_at <= run.triggered_at
      and earlier.status in ('succeeded', 'failed', 'timed_out', 'interrupted')
      and run.status in ('succeeded', 'failed', 'timed_out', 'interrupted')
    order by earlier.triggered_at desc, earlier.id desc
    limit 1
  ) before on true
  where run.id = any($1) and (
    (run.status in ('succeeded', 'failed', 'timed_out', 'interrupted') and run.completed_at >= $2)
    or (run.created_at >= $2 and run.slot_range is not null and (
      run.status = 'held' or (run.status = 'skipped' and run.failure ->> 'code' = 'slots_missed'))))
  order by run.completed_at nulls last, run.id`;

interface Row {
  readonly runId: string;
  readonly companyId: string;
  readonly routineId: string;
  readonly routineTitle: string;
  readonly status: Ended["outcome"] | "held" | "skipped";
  readonly started: boolean;
  readonly count: number;
  readonly policy: string;
  readonly before: Ended["outcome"] | null;
}

/** What became of runs that changed, as far as it happened since an instant. */
export async function readSeen(
  database: Database,
  runIds: readonly string[],
  since: Date,
): Promise<Seen & { readonly leftIds: readonly string[] }> {
  const { rows } = await database.pool.query<Row>(SEEN, [runIds, since]);
  const ended: Ended[] = [];
  const left: Left[] = [];
  const leftIds: string[] = [];
  for (const { runId, companyId, routineId, routineTitle, status, started, count, before, policy } of rows) {
    const routine = { companyId, routineId, routineTitle };
    if (status === "held" || status === "skipped") {
      leftIds.push(runId);
      // Where the latest of what was missed runs, it stands for the others.
      if (policy === "enqueue_latest_missed") continue;
      left.push({ ...routine, kind: status === "held" ? "held" : "missed", count });
    } else ended.push({ ...routine, runId, outcome: status, started, before });
  }
  return { ended, left, leftIds };
}
