import { and, desc, eq, notInArray, type SQL, sql } from "drizzle-orm";
import type { RoutineRecord } from "../../preload/contract/routines.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { routines } from "../database/schema/routines.ts";
import { routineRuns } from "../database/schema/runs.ts";
import { agents, projects } from "../database/schema/work.ts";
import { type RoutineRow, snapshotOf } from "./snapshot.ts";

/** The last run of each row of `routines`, to be joined laterally: its last firing that did not give way to another. */
export function lastRunOf(executor: Executor) {
  return executor
    .select({
      id: routineRuns.id,
      at: routineRuns.triggeredAt,
      status: routineRuns.status,
      failure: routineRuns.failure,
      completedAt: routineRuns.completedAt,
    })
    .from(routineRuns)
    .where(
      and(eq(routineRuns.routineId, routines.id), notInArray(routineRuns.status, ["coalesced", "skipped", "held"])),
    )
    .orderBy(desc(routineRuns.triggeredAt), desc(routineRuns.id))
    .limit(1)
    .as("last");
}

/** These routines of a company in the order given, each with the names it points at and its last run. */
export async function routineRecords(
  executor: Executor,
  companyId: string,
  ids: readonly string[],
): Promise<RoutineRecord[]> {
  if (ids.length === 0) return [];
  const wanted = sql`${routines.id} = any(${sql.param(ids)}::uuid[])`;
  const records = await select(executor, [eq(routines.companyId, companyId), wanted]);
  const byId = new Map(records.map((record) => [record.id, record]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** One routine as a record. Refuses `routine_missing`. */
export async function routineRecordOf(
  executor: Executor,
  companyId: string,
  routineId: string,
): Promise<RoutineRecord> {
  const [record] = await select(executor, [eq(routines.companyId, companyId), eq(routines.id, routineId)]);
  if (!record) throw new Refusal("routine_missing", "The routine is not there any more.");
  return record;
}

async function select(executor: Executor, where: (SQL | undefined)[]): Promise<RoutineRecord[]> {
  const last = lastRunOf(executor);
  const rows = await executor
    .select({
      routine: routines,
      agentName: agents.name,
      projectName: projects.name,
      lastRunAt: last.at,
      lastRunStatus: last.status,
    })
    .from(routines)
    .leftJoin(agents, eq(agents.id, routines.assigneeAgentId))
    .leftJoin(projects, eq(projects.id, routines.projectId))
    .leftJoinLateral(last, sql`true`)
    .where(and(...where));
  return rows.map((row) => recordOf(row.routine, row));
}

function recordOf(
  routine: RoutineRow,
  more: { agentName: string | null; projectName: string | null; lastRunAt: Date | null; lastRunStatus: string | null },
): RoutineRecord {
  const { snapshotVersion: _, triggers: __, ...definition } = snapshotOf(routine, []);
  return {
    ...definition,
    id: routine.id,
    companyId: routine.companyId,
    status: routine.status,
    agentName: more.agentName,
    projectName: more.projectName,
    latestRevisionId: routine.latestRevisionId,
    latestRevisionNumber: routine.latestRevisionNumber,
    lastRunAt: more.lastRunAt?.toISOString() ?? null,
    lastRunStatus: more.lastRunStatus,
    createdAt: routine.createdAt.toISOString(),
    updatedAt: routine.updatedAt.toISOString(),
  };
}
