import type { Env, Layer } from "../../preload/contract/environment.ts";
import { Refusal } from "../contract/refusal.ts";
import { type Executor, runStatement, type Statement } from "../database/database.ts";
import type { Json } from "../database/schema/work.ts";
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

/** What the sheets of a company's routines are made of, as one statement read it. */
export interface SheetSources {
  readonly agents: readonly (EnvironmentSheet["agent"] & { readonly status: "active" | "paused" })[];
  readonly projects: readonly NonNullable<EnvironmentSheet["project"]>[];
  readonly bindings: readonly SheetBinding[];
}

/**
 * SQL for the sources of sheets, as one `jsonb`. Takes SQL for the id of the company and for arrays of ids, so that the sources
 * can be read, and compared with what was read, within a larger statement.
 */
export function sheetSourcesSql(of: Readonly<Record<"company" | "agents" | "projects" | "routines", string>>): string {
  return `jsonb_build_object(
    'agents', (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'name', name, 'status', status, 'adapter', adapter,
                 'adapterConfig', adapter_config, 'passThrough', to_jsonb(pass_through), 'env', env) order by id), '[]')
       from agents where id = any((${of.agents})::uuid[]) and company_id = ${of.company}),
    'projects', (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'name', name, 'env', env) order by id), '[]')
       from projects where id = any((${of.projects})::uuid[]) and company_id = ${of.company}),
    'bindings', (select coalesce(jsonb_agg(jsonb_build_object('targetType', target_type, 'targetId', target_id,
                   'configPath', config_path, 'secretId', secret_id, 'selector', version_selector)
                   order by config_path collate "C", target_type, target_id), '[]')
       from company_secret_bindings
       where company_id = ${of.company} and starts_with(config_path, 'env.')
         and ((target_type = 'agent' and target_id = any((${of.agents})::text[]))
           or (target_type = 'project' and target_id = any((${of.projects})::text[]))
           or (target_type = 'routine' and target_id = any((${of.routines})::text[])))))`;
}

const SOURCES: Statement = {
  name: "sheet_sources",
  text: `select ${sheetSourcesSql({ company: "$1::uuid", agents: "$2::uuid[]", projects: "$3::uuid[]", routines: "$4::uuid[]" })} as sources`,
};

/**
 * The sheets of several routines of a company in their order, each with what `buildSheet` would say. Agents, projects and
 * bindings of all are read by one statement, so that an edit at the same time is in all of them or in none.
 */
export async function buildSheets(
  executor: Executor,
  companyId: string,
  inputs: readonly Omit<SheetInput, "companyId">[],
): Promise<(EnvironmentSheet | Refusal)[]> {
  const [row] = await runStatement<{ sources: SheetSources }>(executor, SOURCES, [
    companyId,
    distinct(inputs.map(({ agentId }) => agentId)),
    distinct(inputs.flatMap(({ projectId }) => projectId ?? [])),
    distinct(inputs.map(({ routine }) => routine.id)),
  ]);
  if (!row) throw new Error("the database gave no answer for the sheets");
  return sheetsOf(row.sources, inputs);
}

/** The sheets of routines in their order, made of their sources; each with what `buildSheet` would say. */
export function sheetsOf(
  sources: SheetSources,
  inputs: readonly Omit<SheetInput, "companyId">[],
): (EnvironmentSheet | Refusal)[] {
  const agents = new Map(sources.agents.map((agent) => [agent.id, agentPart(agent)]));
  const projects = new Map(sources.projects.map((project) => [project.id, project]));
  const bindings = new Map<string, SheetBinding[]>();
  const boundTo = (layer: Layer, id: string) => bindings.get(`${layer} ${id}`) ?? [];
  for (const binding of sources.bindings) {
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

/** What of an agent stands in its sheets. */
function agentPart(agent: EnvironmentSheet["agent"]): EnvironmentSheet["agent"] {
  const { id, name, adapter, adapterConfig, passThrough, env } = agent;
  return { id, name, adapter, adapterConfig, passThrough, env };
}

const distinct = (ids: readonly string[]): string[] => [...new Set(ids)];

function missing(what: "agent" | "project"): Refusal {
  return new Refusal(`${what}_missing`, `The ${what} of the routine does not exist.`, {
    next: `Choose another ${what} for the routine.`,
    fields: { [what]: "does not exist any more" },
  });
}
