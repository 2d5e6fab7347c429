import { and, eq, sql } from "drizzle-orm";
import type { Env, EnvInput, Layer } from "../../preload/contract/environment.ts";
import type { Executor } from "../database/database.ts";
import { routines } from "../database/schema/routines.ts";
import { agents, companies, projects } from "../database/schema/work.ts";
import type { Launch } from "../work/adapters/config-credentials.ts";
import { updateAgent } from "../work/agents.ts";
import { findAgent, findProject } from "../work/lookup.ts";
import { updateProject } from "../work/projects.ts";
import { updateRoutineIn } from "./definition.ts";
import { findRoutine } from "./lookup.ts";
import type { ChangeNote } from "./revision-log.ts";

/** Whoever has an env of its own, under one roof. */
export interface Consumer {
  readonly layer: Layer;
  readonly id: string;
  /** An agent's or project's name, a routine's title. */
  readonly name: string;
  readonly env: Env;
  /** How it is started; null of what is no agent. */
  readonly launch: Launch | null;
}

/** All of a company: agents, projects, then routines, paused and archived ones too, each by name. */
export async function listConsumers(executor: Executor, companyId: string): Promise<Consumer[]> {
  const ofAgents = await executor
    .select({ id: agents.id, name: agents.name, env: agents.env, launch })
    .from(agents)
    .where(eq(agents.companyId, companyId))
    .orderBy(sql`lower(${agents.name})`, agents.id);
  const ofProjects = await executor
    .select({ id: projects.id, name: projects.name, env: projects.env })
    .from(projects)
    .where(eq(projects.companyId, companyId))
    .orderBy(sql`lower(${projects.name})`, projects.id);
  const ofRoutines = await executor
    .select({ id: routines.id, name: routines.title, env: routines.env })
    .from(routines)
    .where(eq(routines.companyId, companyId))
    .orderBy(sql`lower(${routines.title})`, routines.id);
  return [
    ...ofAgents.map(({ id, name, env, launch }): Consumer => ({ layer: "agent", id, name, env, launch })),
    ...ofProjects.map(({ id, name, env }): Consumer => ({ layer: "project", id, name, env, launch: null })),
    ...ofRoutines.map(({ id, name, env }): Consumer => ({ layer: "routine", id, name, env, launch: null })),
  ];
}

const launch = { adapter: agents.adapter, config: agents.adapterConfig };

/** One of a company by id, name or title. Refuses as the lookups of agents, projects and routines do. */
export async function findConsumer(
  executor: Executor,
  companyId: string,
  layer: Layer,
  reference: string,
): Promise<Consumer> {
  if (layer === "routine") {
    const { id, title, env } = await findRoutine(executor, companyId, reference);
    return { layer, id, name: title, env, launch: null };
  }
  if (layer === "project") {
    const { id, name, env } = await findProject(executor, companyId, reference);
    return { layer, id, name, env, launch: null };
  }
  const { id, name, env, adapter, adapterConfig: config } = await findAgent(executor, companyId, reference);
  return { layer, id, name, env, launch: { adapter, config } };
}

/**
 * Holds a consumer until the transaction ends and answers with it as it is now. Those of one company are sealed one after
 * the other, so that equal values of two find one secret.
 */
export async function lockConsumer(tx: Executor, companyId: string, { layer, id }: Consumer): Promise<Consumer | null> {
  await tx.select({ id: companies.id }).from(companies).where(eq(companies.id, companyId)).for("no key update");
  if (layer === "routine") {
    const [row] = await tx
      .select({ id: routines.id, name: routines.title, env: routines.env })
      .from(routines)
      .where(and(eq(routines.companyId, companyId), eq(routines.id, id)))
      .for("no key update");
    return row ? { layer, ...row, launch: null } : null;
  }
  if (layer === "project") {
    const [row] = await tx
      .select({ id: projects.id, name: projects.name, env: projects.env })
      .from(projects)
      .where(and(eq(projects.companyId, companyId), eq(projects.id, id)))
      .for("update");
    return row ? { layer, ...row, launch: null } : null;
  }
  const [row] = await tx
    .select({ id: agents.id, name: agents.name, env: agents.env, launch })
    .from(agents)
    .where(and(eq(agents.companyId, companyId), eq(agents.id, id)))
    .for("update");
  return row ? { layer, ...row } : null;
}

/**
 * Saves an env, and of an agent how it is started where that is given, as a form of its layer would: judged, bound, recorded,
 * announced; of a routine as a new revision.
 */
export async function saveConsumerEnv(
  tx: Executor,
  consumer: Consumer,
  change: ChangeNote & {
    readonly companyId: string;
    readonly env: EnvInput;
    readonly config?: Launch["config"] | undefined;
    readonly strict: boolean;
  },
): Promise<void> {
  const { companyId, env, config, strict } = change;
  switch (consumer.layer) {
    case "agent":
      await updateAgent(tx, companyId, consumer.id, { env, ...(config === undefined ? {} : { config }) }, strict);
      return;
    case "project":
      await updateProject(tx, companyId, consumer.id, { env }, strict);
      return;
    case "routine":
      await updateRoutineIn(tx, { ...change, routineId: consumer.id, changes: { env }, baseRevisionId: undefined });
  }
}
