import { sql } from "drizzle-orm";
import type {
  AffectedFiring,
  AffectedRoutine,
  Blast,
  RoutineStarts,
  SecretChange,
} from "../../preload/contract/blast.ts";
import type { Env, Layer } from "../../preload/contract/environment.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { findSecret, type SecretRow } from "../secrets/lookup.ts";
import {
  affectedKeys,
  authorityOf,
  type BlastCase,
  byStrength,
  countEffects,
  type NamedLayer,
  stateAfter,
  strongest,
} from "./blast-effects.ts";
import type { TriggerRow } from "./trigger-clock.ts";
import { nextTimes, standstillOf } from "./upcoming.ts";

/** Waiting runs of an answer. */
const FIRINGS = 200;
/** Routines of an answer for which it is told what starts them. */
const STARTS = 200;
/** Dates for each of these. */
const DATES = 3;

export interface BlastInput {
  readonly companyId: string;
  readonly secret: string;
  readonly change: SecretChange;
  /** Of the changes that concern one version; the others leave it out of account. */
  readonly version?: number | undefined;
  readonly now: Date;
  readonly platform?: NodeJS.Platform;
}

interface Named {
  readonly id: string;
  readonly name: string;
  readonly env: Env;
}

interface RoutineFacts {
  readonly id: string;
  readonly title: string;
  readonly status: AffectedRoutine["status"];
  readonly agentId: string | null;
  readonly projectId: string | null;
  readonly env: Env;
}

interface TriggerFacts extends Pick<TriggerRow, "id" | "kind" | "label" | "enabled" | "cronExpression" | "timezone"> {
  readonly routineId: string;
  readonly onceAt: string | null;
}

interface Binding {
  readonly targetType: string;
  readonly targetId: string;
  readonly targetName: string | null;
  readonly configPath: string;
}

interface SheetFacts {
  readonly id: string;
  readonly agent: Named;
  readonly project: Named | null;
  readonly routine: Named;
  readonly bindings: readonly { targetType: Layer; targetId: string; configPath: string }[];
}

interface Waiting {
  readonly id: string;
  readonly routineId: string;
  readonly title: string;
  readonly notBefore: string | null;
  readonly attempts: number;
  readonly sheetId: string;
}

interface Facts extends Record<string, unknown> {
  versions: { version: number; readable: boolean }[];
  bindings: Binding[];
  routines: RoutineFacts[];
  triggers: TriggerFacts[];
  held: boolean;
  paused: boolean;
  agents: Named[];
  projects: Named[];
  sheets: SheetFacts[];
  waiting: Waiting[];
}

/**
 * What a change of a secret would do to the routines of its company and to the runs that wait. Needs no key and changes
 * nothing. Two statements, whatever the number of routines. Refuses `secret_missing`, `secret_foreign`, `secret_deleted`,
 * and `version_missing` for a version that there is not.
 */
export async function blastOf(executor: Executor, input: BlastInput): Promise<Blast> {
  const { companyId, change, platform = process.platform } = input;
  const secret = await findSecret(executor, companyId, input.secret);
  if (secret.status === "deleted") throw deleted(secret);
  const facts = await factsOf(executor, secret);
  const versions = new Map(facts.versions.map(({ version, readable }) => [version, readable]));
  const version = input.version ?? null;
  if (version !== null && !versions.has(version)) throw versionMissing(secret, version);
  const before = { status: secret.status, latestVersion: secret.latestVersion, versions };
  const inQuestion = { secretId: secret.id, before, after: stateAfter(before, change, version), platform };
  const routines = withStarts(affectedRoutines(facts, inQuestion), facts, input.now);
  const firings = affectedFirings(facts, inQuestion);
  return {
    secret: { id: secret.id, key: secret.key, status: secret.status, latestVersion: secret.latestVersion },
    change,
    version,
    counts: {
      routines: countEffects(routines.filter(({ status }) => status !== "archived").map(({ effect }) => effect)),
      firings: countEffects(firings.map(({ effect }) => effect)),
    },
    routines,
    firings: firings.slice(0, FIRINGS),
    moreFirings: Math.max(0, firings.length - FIRINGS),
    idle: idleBindings(facts, routines),
  };
}

function affectedRoutines(facts: Facts, inQuestion: BlastCase): AffectedRoutine[] {
  const agents = new Map(facts.agents.map((agent) => [agent.id, agent]));
  const projects = new Map(facts.projects.map((project) => [project.id, project]));
  const bindings = new Set(
    facts.bindings.map(({ targetType, targetId, configPath }) =>
      authorityOf(targetType as Layer, targetId, configPath),
    ),
  );
  return facts.routines
    .flatMap(({ id, title, status, agentId, projectId, env }): AffectedRoutine[] => {
      const layers = layersOf(agents.get(agentId ?? ""), projects.get(projectId ?? ""), { id, name: title, env });
      const keys = affectedKeys(layers, bindings, inQuestion);
      return keys.length === 0 ? [] : [{ routineId: id, title, status, effect: strongest(keys), keys, starts: null }];
    })
    .toSorted((a, b) => archivedLast(a, b) || byStrength(a.effect, b.effect));
}

/** The routines, those that feel the change with what starts them: the first so many, because dates take time to find. */
function withStarts(routines: readonly AffectedRoutine[], facts: Facts, now: Date): AffectedRoutine[] {
  const triggers = new Map<string, TriggerFacts[]>();
  for (const trigger of facts.triggers) {
    triggers.set(trigger.routineId, [...(triggers.get(trigger.routineId) ?? []), trigger]);
  }
  return routines.map((routine, index) => {
    const { status, effect, routineId } = routine;
    if (index >= STARTS || status === "archived" || effect === "unaffected") return routine;
    return { ...routine, starts: startsOf(triggers.get(routineId) ?? [], standstillOf(status, facts), now) };
  });
}

function startsOf(
  triggers: readonly TriggerFacts[],
  standstill: RoutineStarts["standstill"],
  now: Date,
): RoutineStarts {
  const enabled = triggers.filter((trigger) => trigger.enabled);
  const dated = enabled.map(({ onceAt, ...trigger }) => ({
    ...trigger,
    onceAt: onceAt === null ? null : new Date(onceAt),
  }));
  return {
    next: standstill === null ? nextTimes(dated, now, DATES) : [],
    undated: (["webhook", "api"] as const).filter((kind) => enabled.some((trigger) => trigger.kind === kind)),
    switchedOff: triggers.length - enabled.length,
    standstill,
  };
}

const archivedLast = (a: AffectedRoutine, b: AffectedRoutine): number =>
  Number(a.status === "archived") - Number(b.status === "archived");

/** What waits, judged once for all runs that share a sheet. */
function affectedFirings(facts: Facts, inQuestion: BlastCase): AffectedFiring[] {
  const keysOf = new Map(
    facts.sheets.map(({ id, agent, project, routine, bindings }) => {
      const authority = new Set(
        bindings.map(({ targetType, targetId, configPath }) => authorityOf(targetType, targetId, configPath)),
      );
      return [id, affectedKeys(layersOf(agent, project ?? undefined, routine), authority, inQuestion)] as const;
    }),
  );
  return facts.waiting.flatMap(({ id, routineId, title, notBefore, attempts, sheetId }): AffectedFiring[] => {
    const keys = keysOf.get(sheetId) ?? [];
    if (keys.length === 0) return [];
    const kind = attempts > 0 ? ("retry" as const) : ("queued" as const);
    return [{ kind, at: notBefore, runId: id, routineId, title, effect: strongest(keys), keys }];
  });
}

function layersOf(agent: Named | undefined, project: Named | undefined, routine: Named): NamedLayer[] {
  const layer = (kind: Layer, named: Named | undefined): NamedLayer[] =>
    named ? [{ layer: kind, consumerId: named.id, name: named.name, env: named.env }] : [];
  return [...layer("agent", agent), ...layer("project", project), ...layer("routine", routine)];
}

function idleBindings({ bindings }: Facts, routines: readonly AffectedRoutine[]): Blast["idle"] {
  const used = new Set(
    routines.flatMap(({ keys }) =>
      keys.map(({ layer, consumerId, key }) => authorityOf(layer, consumerId, `env.${key}`)),
    ),
  );
  return bindings.filter(
    ({ targetType, targetId, configPath }) => !used.has(authorityOf(targetType as Layer, targetId, configPath)),
  );
}

/** An env without its plain values: they may be long, and none of them matters here. */
const shape = (env: string) =>
  sql.raw(`(
  select coalesce(jsonb_object_agg(e.key, case when e.value ->> 'type' = 'secret_ref' then e.value
    else '{"type": "plain", "value": ""}' end), '{}') from jsonb_each(${env}) e)`);

/** All that is needed, of one moment: the secret's versions and bindings, the routines they reach with their triggers, and what waits. */
async function factsOf(executor: Executor, { id, companyId }: SecretRow): Promise<Facts> {
  const instant = sql.raw(`'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`);
  const { rows } = await executor.execute<Facts>(sql`
    with bound as materialized (
      select target_type, target_id, config_path from company_secret_bindings
      where secret_id = ${id} and company_id = ${companyId}
    ), reached as materialized (
      select id, title, status, assignee_agent_id, project_id, env from routines
      where company_id = ${companyId}
        and (id = any(array(select target_id::uuid from bound where target_type = 'routine'))
          or assignee_agent_id = any(array(select target_id::uuid from bound where target_type = 'agent'))
          or project_id = any(array(select target_id::uuid from bound where target_type = 'project')))
    ), queued as materialized (
      select id, routine_id, title, not_before, attempts, sheet_id, queued_at from routine_runs
      where company_id = ${companyId} and status = 'queued'
    ), sheets as materialized (
      select id, sheet from run_sheets
      where company_id = ${companyId} and id in (select sheet_id from queued)
        and sheet -> 'bindings' @> jsonb_build_array(jsonb_build_object('secretId', ${id}::text))
    )
    select
      (select coalesce(jsonb_agg(jsonb_build_object('version', version,
                'readable', status in ('current', 'previous') and revoked_at is null)), '[]')
         from company_secret_versions where secret_id = ${id}) as versions,
      (select coalesce(jsonb_agg(jsonb_build_object('targetType', b.target_type, 'targetId', b.target_id,
                'targetName', coalesce(a.name, p.name, r.title), 'configPath', b.config_path)
                order by b.target_type, lower(coalesce(a.name, p.name, r.title)), b.target_id, b.config_path), '[]')
         from bound b
         left join agents a on a.company_id = ${companyId} and a.id = case b.target_type when 'agent' then b.target_id::uuid end
         left join projects p on p.company_id = ${companyId} and p.id = case b.target_type when 'project' then b.target_id::uuid end
         left join routines r on r.company_id = ${companyId} and r.id = case b.target_type when 'routine' then b.target_id::uuid end
      ) as bindings,
      (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'title', title, 'status', status,
                'agentId', assignee_agent_id, 'projectId', project_id, 'env', ${shape("env")})
                order by lower(title), id), '[]') from reached) as routines,
      (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'routineId', routine_id, 'kind', kind, 'label', label,
                'enabled', enabled, 'cronExpression', cron_expression, 'timezone', timezone,
                'onceAt', to_char(once_at at time zone 'UTC', ${instant})) order by created_at, id), '[]')
         from routine_triggers where routine_id in (select id from reached where status <> 'archived')) as triggers,
      exists (select from restore_holds where released_at is null) as held,
      exists (select from scheduler_pause) as paused,
      (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'name', name, 'env', ${shape("env")})), '[]')
         from agents where company_id = ${companyId} and id in (select assignee_agent_id from reached)) as agents,
      (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'name', name, 'env', ${shape("env")})), '[]')
         from projects where company_id = ${companyId} and id in (select project_id from reached)) as projects,
      (select coalesce(jsonb_agg(jsonb_build_object('id', s.id,
                'agent', jsonb_build_object('id', s.sheet #> '{agent,id}', 'name', s.sheet #> '{agent,name}',
                  'env', ${shape("s.sheet #> '{agent,env}'")}),
                'project', case when jsonb_typeof(s.sheet -> 'project') = 'object' then
                  jsonb_build_object('id', s.sheet #> '{project,id}', 'name', s.sheet #> '{project,name}',
                    'env', ${shape("s.sheet #> '{project,env}'")}) end,
                'routine', jsonb_build_object('id', s.sheet #> '{routine,id}', 'name',
                    (select title from routines where id = (s.sheet #>> '{routine,id}')::uuid), 'env', ${shape("s.sheet #> '{routine,env}'")}),
                'bindings', (select coalesce(jsonb_agg(b), '[]') from jsonb_array_elements(s.sheet -> 'bindings') b
                             where b ->> 'secretId' = ${id}::text))), '[]') from sheets s) as sheets,
      (select coalesce(jsonb_agg(jsonb_build_object('id', q.id, 'routineId', q.routine_id, 'title', q.title,
                'notBefore', to_char(q.not_before at time zone 'UTC', ${instant}), 'attempts', q.attempts,
                'sheetId', q.sheet_id) order by coalesce(q.not_before, q.queued_at), q.id), '[]')
         from queued q where q.sheet_id in (select id from sheets)) as waiting`);
  const [row] = rows;
  if (!row) throw new Error("the database gave no answer for a blast view");
  return row;
}

function deleted({ key }: SecretRow): Refusal {
  return new Refusal("secret_deleted", `There is nothing to change: the secret "${key}" has been deleted.`, {
    next: "Create a new secret; the key is free again.",
    fields: { secret: "has been deleted" },
    details: { secret: key },
  });
}

function versionMissing({ key, latestVersion }: SecretRow, version: number): Refusal {
  return new Refusal("version_missing", `There is nothing to change: the secret "${key}" has no version ${version}.`, {
    next: `Its newest is ${latestVersion}: \`paperclip-desktop secrets show ${key}\``,
    fields: { version: "does not exist" },
    details: { secret: key, version, latest: latestVersion },
  });
}
