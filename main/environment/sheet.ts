import { randomUUID } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import type { Env, Layer } from "../../preload/contract/environment.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { runSheets } from "../database/schema/runs.ts";
import type { Json } from "../database/schema/work.ts";
import { canonicalJson, sha256 } from "./hash.ts";
import type { LayerEnv } from "./layers.ts";

/**
 * What a run is pinned to at dispatch: how its agent is started, the env shape of each layer, and who was bound to which
 * secret. Later edits do not touch it. Holds no secret values; resolution reads `bindings` as they stand in the database.
 */
export interface EnvironmentSheet {
  readonly agent: {
    readonly id: string;
    readonly name: string;
    readonly adapter: string;
    readonly adapterConfig: { readonly [key: string]: Json };
    readonly passThrough: readonly string[];
    readonly env: Env;
  };
  readonly project: { readonly id: string; readonly name: string; readonly env: Env } | null;
  readonly routine: {
    readonly id: string;
    readonly revisionId: string;
    readonly revisionNumber: number;
    readonly env: Env;
  };
  readonly bindings: readonly SheetBinding[];
}

export interface SheetBinding {
  readonly targetType: Layer;
  readonly targetId: string;
  readonly configPath: string;
  readonly secretId: string;
  /** `latest` or a version number, as text. */
  readonly selector: string;
}

export interface SheetInput {
  readonly companyId: string;
  readonly agentId: string;
  readonly projectId: string | null;
  readonly routine: EnvironmentSheet["routine"];
}

/** The layers of a sheet, lowest first. */
export function layersOf(sheet: EnvironmentSheet): LayerEnv[] {
  const project = sheet.project;
  return [
    { layer: "agent", consumerId: sheet.agent.id, env: sheet.agent.env },
    ...(project ? [{ layer: "project" as const, consumerId: project.id, env: project.env }] : []),
    { layer: "routine", consumerId: sheet.routine.id, env: sheet.routine.env },
  ];
}

/**
 * The sheet as things stand now. The routine's env is the caller's, who holds its row. Refuses with `agent_missing` or
 * `project_missing` what the company does not have.
 */
export async function buildSheet(executor: Executor, input: SheetInput): Promise<EnvironmentSheet> {
  const [sheet] = await buildSheets(executor, input.companyId, [input]);
  if (sheet instanceof Refusal) throw sheet;
  if (!sheet) throw new Error("a sheet was asked for and not made");
  return sheet;
}

/**
 * The sheets of several routines of a company in their order, each with what `buildSheet` would say. Agents, projects and
 * bindings of all are read by one statement, so that an edit at the same time is in all of them or in none.
 */
export async function buildSheets(
  executor: Executor,
  companyId: string,
  inputs: readonly Omit<SheetInput, "companyId">[],
): Promise<(EnvironmentSheet | Refusal)[]> {
  const agentIds = distinct(inputs.map(({ agentId }) => agentId));
  const projectIds = distinct(inputs.flatMap(({ projectId }) => projectId ?? []));
  const routineIds = distinct(inputs.map(({ routine }) => routine.id));
  const { rows } = await executor.execute<{
    agents: EnvironmentSheet["agent"][];
    projects: NonNullable<EnvironmentSheet["project"]>[];
    bindings: SheetBinding[];
  }>(sql`
    select
      (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'name', name, 'adapter', adapter,
                                   'adapterConfig', adapter_config, 'passThrough', to_jsonb(pass_through), 'env', env)),
                       '[]')
         from agents where id = any(${sql.param(agentIds)}::uuid[]) and company_id = ${companyId}::uuid) as agents,
      (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'name', name, 'env', env)), '[]')
         from projects where id = any(${sql.param(projectIds)}::uuid[]) and company_id = ${companyId}::uuid) as projects,
      (select coalesce(jsonb_agg(jsonb_build_object('targetType', target_type, 'targetId', target_id,
                                   'configPath', config_path, 'secretId', secret_id, 'selector', version_selector)
                                 order by config_path collate "C"), '[]')
         from company_secret_bindings
         where company_id = ${companyId}::uuid and starts_with(config_path, 'env.')
           and ((target_type = 'agent' and target_id = any(${sql.param(agentIds)}::text[]))
             or (target_type = 'project' and target_id = any(${sql.param(projectIds)}::text[]))
             or (target_type = 'routine' and target_id = any(${sql.param(routineIds)}::text[])))) as bindings`);
  const [row] = rows;
  if (!row) throw new Error("the database gave no answer for the sheets");
  const agents = new Map(row.agents.map((agent) => [agent.id, agent]));
  const projects = new Map(row.projects.map((project) => [project.id, project]));
  const bindings = new Map<string, SheetBinding[]>();
  const boundTo = (layer: Layer, id: string) => bindings.get(`${layer} ${id}`) ?? [];
  for (const binding of row.bindings) {
    const { targetType, targetId } = binding;
    bindings.set(`${targetType} ${targetId}`, [...boundTo(targetType, targetId), binding]);
  }
  return inputs.map(({ agentId, projectId, routine }) => {
    const agent = agents.get(agentId);
    if (!agent) return missing("agent");
    const project = projectId === null ? null : projects.get(projectId);
    if (project === undefined) return missing("project");
    return {
      agent,
      project,
      routine,
      // In the order of the layers' names, which is part of the sheet's content.
      bindings: [
        ...boundTo("agent", agentId),
        ...(project ? boundTo("project", project.id) : []),
        ...boundTo("routine", routine.id),
      ],
    };
  });
}

const distinct = (ids: readonly string[]): string[] => [...new Set(ids)];

function missing(what: "agent" | "project"): Refusal {
  return new Refusal(`${what}_missing`, `The ${what} of the routine does not exist.`, {
    next: `Choose another ${what} for the routine.`,
    fields: { [what]: "does not exist any more" },
  });
}

/**
 * Stores a sheet once per content, and answers with its row: the same for equal sheets, also when several are pinned at
 * the same moment.
 */
export async function pinSheet(
  executor: Executor,
  companyId: string,
  sheet: EnvironmentSheet,
): Promise<{ id: string }> {
  const contentSha256 = sha256(sheet);
  const find = async () => {
    const [row] = await executor
      .select({ id: runSheets.id })
      .from(runSheets)
      .where(and(eq(runSheets.companyId, companyId), eq(runSheets.contentSha256, contentSha256)));
    return row;
  };
  const known = await find();
  if (known) return known;
  const content = JSON.parse(canonicalJson(sheet)) as Json;
  const [added] = await executor
    .insert(runSheets)
    .values({ id: randomUUID(), companyId, contentSha256, sheet: content })
    .onConflictDoNothing({ target: [runSheets.companyId, runSheets.contentSha256] })
    .returning({ id: runSheets.id });
  // Without a row somebody else was faster, and has committed by now.
  const row = added ?? (await find());
  if (!row) throw new Error("a pinned sheet is neither new nor there");
  return row;
}
