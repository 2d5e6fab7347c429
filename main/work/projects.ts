import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import type { EnvInput } from "../../preload/contract/environment.ts";
import type { ProjectRecord } from "../../preload/contract/work.ts";
import { announce } from "../database/changes.ts";
import type { Executor } from "../database/database.ts";
import { projects } from "../database/schema/work.ts";
import { normaliseEnv } from "../environment/env-input.ts";
import { OPERATOR, recordActivity } from "../record/activity.ts";
import { syncBindings } from "../secrets/references.ts";
import { changedFields } from "./changed-fields.ts";
import { findCompany, findProject } from "./lookup.ts";
import { projectRecordOf } from "./records.ts";
import { refusingTakenName } from "./unique.ts";

export interface ProjectInput {
  readonly name: string;
  readonly description?: string | undefined;
  readonly env?: EnvInput | undefined;
}

export interface ProjectChanges {
  readonly name?: string | undefined;
  readonly description?: string | null | undefined;
  /** Replaces the whole env. */
  readonly env?: EnvInput | undefined;
}

export async function listProjects(executor: Executor, company: string | undefined): Promise<ProjectRecord[]> {
  const { id } = await findCompany(executor, company);
  const rows = await executor
    .select()
    .from(projects)
    .where(eq(projects.companyId, id))
    .orderBy(sql`lower(${projects.name})`);
  return rows.map(projectRecordOf);
}

/** Creates a project with its bindings. Refuses with `name_taken`, or with what is wrong about its env. */
export async function createProject(
  executor: Executor,
  company: string | undefined,
  input: ProjectInput,
  strict = true,
): Promise<ProjectRecord> {
  return refusingTakenName("project", input.name, () =>
    executor.transaction(async (tx) => {
      const companyId = (await findCompany(tx, company)).id;
      const env = await normaliseEnv(tx, companyId, "project", input.env ?? {}, { strict, before: {} });
      const values = { id: randomUUID(), companyId, name: input.name, description: input.description ?? null, env };
      const [row] = await tx.insert(projects).values(values).returning();
      if (!row) throw new Error("a project was inserted without a row");
      await syncBindings(tx, { companyId, type: "project", id: row.id }, env);
      await record(tx, row, "project.created", ["name"]);
      return projectRecordOf(row);
    }),
  );
}

/** Changes what is given and leaves the rest. Bindings follow the env in the same transaction. */
export async function updateProject(
  executor: Executor,
  company: string | undefined,
  reference: string,
  changes: ProjectChanges,
  strict = true,
): Promise<ProjectRecord> {
  return refusingTakenName("project", changes.name, () =>
    executor.transaction(async (tx) => {
      const companyId = (await findCompany(tx, company)).id;
      const { id } = await findProject(tx, companyId, reference);
      const [before] = await tx.select().from(projects).where(eq(projects.id, id)).for("update");
      if (!before) throw new Error("a project vanished while it was changed");
      const rule = { strict, before: before.env };
      const env = changes.env ? await normaliseEnv(tx, companyId, "project", changes.env, rule) : before.env;
      const wanted = {
        name: changes.name ?? before.name,
        description: changes.description === undefined ? before.description : changes.description,
        env,
      };
      if (changes.env) await syncBindings(tx, { companyId, type: "project", id }, env);
      const changed = changedFields(before, wanted);
      if (changed.length === 0) return projectRecordOf(before);
      const [row] = await tx
        .update(projects)
        .set({ ...wanted, updatedAt: sql`now()` })
        .where(eq(projects.id, id))
        .returning();
      if (!row) throw new Error("a project vanished while it was changed");
      await record(tx, row, "project.updated", changed);
      return projectRecordOf(row);
    }),
  );
}

async function record(
  executor: Executor,
  row: typeof projects.$inferSelect,
  action: string,
  changed: string[],
): Promise<void> {
  await recordActivity(executor, {
    companyId: row.companyId,
    actor: OPERATOR,
    action,
    entityType: "project",
    entityId: row.id,
    details: { name: row.name, changed },
  });
  await announce(executor, { topic: "projects", companyId: row.companyId, id: row.id });
}
