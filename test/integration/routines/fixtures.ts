import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { asRefusal, type Refusal } from "../../../main/contract/refusal.ts";
import type { Database } from "../../../main/database/database.ts";
import { routineRuns } from "../../../main/database/schema/runs.ts";
import { companySecretBindings, companySecrets } from "../../../main/database/schema/secrets.ts";
import { activityLog, agents, companies, projects } from "../../../main/database/schema/work.ts";
import type { Clock } from "../../../main/instance/clock.ts";
import { OPERATOR } from "../../../main/record/activity.ts";
import { createRoutine, updateRoutine } from "../../../main/routines/definition.ts";
import { dispatch, type DispatchRequest } from "../../../main/routines/dispatch.ts";
import { findRoutine } from "../../../main/routines/lookup.ts";
import type { Env } from "../../../preload/contract/environment.ts";
import type { RoutineChanges, RoutineInput } from "../../../preload/contract/routines.ts";

export const NOW = new Date("2026-03-08T07:00:00.000Z");

export const clock: Clock = { now: () => NOW, monotonicMs: () => 0, after: () => () => undefined };

/** A company with an agent and a project, and what tests do to its routines. */
export async function aCompany(database: Database) {
  const companyId = randomUUID();
  const { orm } = database;
  await orm.insert(companies).values({ id: companyId, name: `Company ${companyId}`, issuePrefix: prefixOf(companyId) });
  const agentId = await anAgent(database, companyId);
  const projectId = await aProject(database, companyId);
  const note = { companyId, actor: OPERATOR, now: NOW, changeSummary: null };
  const routine = (routineId: string) => findRoutine(orm, companyId, routineId);
  return {
    companyId,
    agentId,
    projectId,
    routine,
    note,
    create: (input: Partial<RoutineInput> = {}): Promise<string> =>
      createRoutine(database, { ...note, routine: { title: `Routine ${randomUUID()}`, agent: agentId, ...input } }),
    update: (routineId: string, changes: RoutineChanges, baseRevisionId?: string): Promise<void> =>
      updateRoutine(database, { ...note, routineId, changes, baseRevisionId }),
    fire: (
      routineId: string,
      request: Partial<DispatchRequest> = {},
      wake: (runId: string) => void = () => undefined,
    ) =>
      dispatch(
        { database, clock, wake },
        {
          companyId,
          routineId,
          source: "manual",
          variables: {},
          payload: null,
          idempotencyKey: null,
          ...request,
        },
      ),
    runs: async (routineId: string) =>
      orm.select().from(routineRuns).where(eq(routineRuns.routineId, routineId)).orderBy(routineRuns.triggeredAt),
    run: async (runId: string) => {
      const [row] = await orm.select().from(routineRuns).where(eq(routineRuns.id, runId));
      if (!row) throw new Error(`there is no run ${runId}`);
      return row;
    },
    bindings: async (routineId: string) => {
      const rows = await orm.select().from(companySecretBindings).where(eq(companySecretBindings.targetId, routineId));
      return rows.map((row) => `${row.targetType} ${row.configPath} ${row.secretId} ${row.versionSelector}`).toSorted();
    },
    actions: async (routineId: string) => {
      const rows = await orm
        .select({ action: activityLog.action })
        .from(activityLog)
        .where(eq(activityLog.entityId, routineId));
      return rows.map((row) => row.action).toSorted();
    },
    secret: (key: string, status: (typeof companySecrets.$inferInsert)["status"] = "active") =>
      aSecret(database, companyId, key, status),
  };
}

const prefixOf = (companyId: string): string => `T${companyId.replaceAll("-", "").slice(0, 9).toUpperCase()}`;

export async function anAgent(
  database: Database,
  companyId: string,
  values: { name?: string; env?: Env; command?: string[]; status?: "active" | "paused" } = {},
): Promise<string> {
  const id = randomUUID();
  await database.orm.insert(agents).values({
    id,
    companyId,
    name: values.name ?? `Agent ${id}`,
    status: values.status ?? "active",
    adapter: "process",
    adapterConfig: { command: values.command ?? [process.execPath, "-e", ""], instructions: "none" },
    env: values.env ?? {},
  });
  return id;
}

export async function aProject(database: Database, companyId: string, env: Env = {}): Promise<string> {
  const id = randomUUID();
  await database.orm.insert(projects).values({ id, companyId, name: `Project ${id}`, env });
  return id;
}

/** A secret by its row alone; none of its values are there. */
export async function aSecret(
  database: Database,
  companyId: string,
  key: string,
  status: (typeof companySecrets.$inferInsert)["status"] = "active",
): Promise<string> {
  const id = randomUUID();
  await database.orm
    .insert(companySecrets)
    .values({ id, companyId, key, name: key, ...(status ? { status } : {}), latestVersion: 1 });
  return id;
}

/** The refusal that the work ends with; anything else fails the test. */
export async function refusalOf(work: Promise<unknown>): Promise<Refusal> {
  try {
    await work;
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal) return refusal;
    throw error;
  }
  throw new Error("nothing was refused");
}
