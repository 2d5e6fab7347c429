import { and, desc, eq, notInArray, type SQL, sql } from "drizzle-orm";
import type { RoutineRecord } from "../../preload/contract/routines.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { routines } from "../database/schema/routines.ts";
import { routineRuns } from "../database/schema/runs.ts";
import { agents, projects } from "../database/schema/work.ts";
import { type RoutineRow, snapshotOf } from "./snapshot.ts";

export interface RoutineFilter {
  readonly status?: RoutineRecord["status"] | undefined;
  readonly projectId?: string | undefined;
}

/** The routines of a company by title, each with the names it points at and its last run. */
export function routineRecords(executor: Executor, companyId: string, filter: RoutineFilter): Promise<RoutineRecord[]> {
  return select(executor, [
    eq(routines.companyId, companyId),
    filter.status ? eq(routines.status, filter.status) : undefined,
    filter.projectId ? eq(routines.projectId, filter.projectId) : undefined,
  ]);
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

/** The last run is the last firing that did not give way to another. */
async function select(executor: Executor, where: (SQL | undefined)[]): Promise<RoutineRecord[]> {
  const last = executor
    .select({ at: routineRuns.triggeredAt, status: routineRuns.status })
    .from(routineRuns)
    .where(
      and(eq(routineRuns.routineId, routines.id), notInArray(routineRuns.status, ["coalesced", "skipped", "held"])),
    )
    .orderBy(desc(routineRuns.triggeredAt), desc(routineRuns.id))
    .limit(1)
    .as("last");
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
    .where(and(...where))
    .orderBy(sql`lower(${routines.title})`, routines.id);
  return rows.map((row) => recordOf(row.routine, row));
}

function recordOf(
  routine: RoutineRow,
  more: { agentName: string | null; projectName: string | null; lastRunAt: Date | null; lastRunStatus: string | null },
): RoutineRecord {
  const { snapshotVersion: _, triggers: __, ...definition } = snapshotOf(routine);
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
