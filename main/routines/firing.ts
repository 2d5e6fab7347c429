import { getTableColumns } from "drizzle-orm";
import type { RunStatus } from "../../preload/contract/runs.ts";
import { activeRunStatuses } from "../../preload/rules/run-states.ts";
import { announceSql } from "../database/changes.ts";
import { type Executor, runStatement, type Statement } from "../database/database.ts";
import { routineRuns } from "../database/schema/runs.ts";
import { sha256, canonicalJson } from "../environment/hash.ts";
import { type EnvironmentSheet, type SheetSources, sheetSourcesSql } from "../environment/sheet.ts";
import type { RoutineRow } from "./snapshot.ts";

/*
 * A firing in two statements: one reads everything that decides about it, one writes the run where all of that is still so. What
 * lies between is pure, so that it may be done ahead of time.
 */

/** What of a routine its firings need. */
export type FiredRoutine = Pick<
  RoutineRow,
  | "id"
  | "companyId"
  | "projectId"
  | "title"
  | "instructions"
  | "assigneeAgentId"
  | "status"
  | "concurrencyPolicy"
  | "catchUpPolicy"
  | "variables"
  | "env"
  | "retry"
  | "limits"
  | "latestRevisionId"
  | "latestRevisionNumber"
>;

/** What a firing is decided by. */
export interface Basis {
  readonly routine: FiredRoutine;
  /** Changes with every change of the routine's row, and so with every firing: each writes there when it was. */
  readonly version: string;
  /** Who carries it out, and for which project. */
  readonly agentId: string | null;
  readonly projectId: string | null;
  readonly sources: SheetSources;
  /** As the database wrote them, to be compared by it. */
  readonly sourcesText: string;
}

/** SQL for a basis: the columns of `routine` in JSON and what its sheet is made of, for an agent and a project. */
export function basisSql(routine: string, agent: string, project: string): string {
  return `jsonb_build_object('id', ${routine}.id, 'companyId', ${routine}.company_id, 'projectId', ${routine}.project_id,
      'title', ${routine}.title, 'instructions', ${routine}.instructions, 'assigneeAgentId', ${routine}.assignee_agent_id,
      'status', ${routine}.status, 'concurrencyPolicy', ${routine}.concurrency_policy,
      'catchUpPolicy', ${routine}.catch_up_policy, 'variables', ${routine}.variables, 'env', ${routine}.env,
      'retry', ${routine}.retry, 'limits', ${routine}.limits, 'latestRevisionId', ${routine}.latest_revision_id,
      'latestRevisionNumber', ${routine}.latest_revision_number) as routine,
    ${routine}.xmin::text as version, ${agent} as "agentId", ${project} as "projectId",
    ${sourcesSql(routine, agent, project)}::text as "sourcesText"`;
}

const sourcesSql = (routine: string, agent: string, project: string) =>
  sheetSourcesSql({
    company: `${routine}.company_id`,
    agents: `array[${agent}]`,
    projects: `array[${project}]`,
    routines: `array[${routine}.id]`,
  });

/** A row of `basisSql` as the database answers it. */
export type BasisRow = Omit<Basis, "sources">;

export function basisOf<Row extends BasisRow>(row: Row): Row & Basis {
  return { ...row, sources: JSON.parse(row.sourcesText) as SheetSources };
}

const READ: Statement = {
  name: "read_firing",
  text: `
    select ${basisSql("r", "coalesce($3::uuid, r.assignee_agent_id)", "coalesce($4::uuid, r.project_id)")},
      (select jsonb_build_object('id', id, 'status', status) from routine_runs
       where routine_id = r.id and source = $5 and idempotency_key = $6) as seen
    from routines r where r.company_id = $1 and r.id = $2`,
};

export interface RunState {
  readonly id: string;
  readonly status: RunStatus;
}

export interface FiringKey {
  readonly companyId: string;
  readonly routineId: string;
  /** Ids of those that stand in for the routine's own. */
  readonly agentId: string | null;
  readonly projectId: string | null;
  readonly source: string;
  readonly idempotencyKey: string | null;
}

/** Reads what a firing is decided by, and the run that it made before under its key; null where there is no such routine. */
export async function readFiring(
  executor: Executor,
  key: FiringKey,
): Promise<(Basis & { readonly seen: RunState | null }) | null> {
  const { companyId, routineId, agentId, projectId, source, idempotencyKey } = key;
  const values = [companyId, routineId, agentId, projectId, source, idempotencyKey];
  const [row] = await runStatement<BasisRow & { seen: RunState | null }>(executor, READ, values);
  return row ? basisOf(row) : null;
}

/** The columns of a run that its firing sets. */
const RUN_KEYS = [
  "id",
  "companyId",
  "routineId",
  "triggerId",
  "source",
  "status",
  "title",
  "instructions",
  "triggeredAt",
  "slotAt",
  "routineRevisionId",
  "agentId",
  "projectId",
  "variables",
  "triggerPayload",
  "idempotencyKey",
  "dispatchFingerprint",
  "exclusive",
  "notBefore",
  "maxAttempts",
  "backoffSeconds",
  "backoffFactor",
  "backoffCapSeconds",
  "backoffJitter",
  "retryOnInterruption",
  "timeoutSeconds",
  "logLimitBytes",
  "queuedAt",
  "createdAt",
  "updatedAt",
] as const satisfies readonly (keyof typeof routineRuns.$inferInsert)[];

/** A run to be queued, with everything but its sheet. */
export type QueuedRun = Readonly<Required<Pick<typeof routineRuns.$inferInsert, (typeof RUN_KEYS)[number]>>>;

const columnsOfRun = getTableColumns(routineRuns);
const RUN_COLUMNS = RUN_KEYS.map((key) => columnsOfRun[key].name);
const ACTIVE = activeRunStatuses.map((status) => `'${status}'`).join(", ");

/** Moves a trigger past the slot that the run is for. */
export interface TriggerMove {
  readonly id: string;
  /** As for the routine. */
  readonly version: string;
  readonly accountedUntil: Date;
  readonly nextRunAt: Date | null;
  readonly lastResult: string;
}

/*
 * $1 company, $2 routine, $3 agent, $4 project, $5 version, $6 sources, $7 the run as JSON of its columns, $8 hash and $9 content of
 * its sheet; of a slot also $10 trigger, $11 its version, $12 accounted until, $13 next run, $14 result.
 *
 * The lock waits for other firings. Whoever changed the row before it was ours gave it another version, and then nothing is written;
 * so what the statement sees of other runs is as it stands under the lock, although it began before. Who pauses all schedules
 * changes their triggers, and who is paused or held from the start is seen.
 */
const writing = (slotted: boolean): Statement => ({
  name: slotted ? "write_slot" : "write_firing",
  text: `
  with routine as (
    select r.id from routines r
    where r.company_id = $1 and r.id = $2 and r.xmin::text = $5 and ${sourcesSql("r", "$3::uuid", "$4::uuid")} = $6::jsonb
    ${
      slotted
        ? `and not exists (select from scheduler_pause) and not exists (select from restore_holds where released_at is null)`
        : ""
    }
    for no key update of r
  ), ready as materialized (${
    slotted
      ? `select t.id from routine_triggers t
         where t.id = $10 and t.xmin::text = $11 and exists (select from routine) for update of t`
      : "select id from routine"
  }), run as (
    select * from jsonb_populate_record(null::routine_runs, $7::jsonb)
  ), active as (
    select a.id, a.status from routine_runs a join run on run.exclusive
    where a.routine_id = $2 and a.dispatch_fingerprint = run.dispatch_fingerprint and a.status in (${ACTIVE})
    order by a.triggered_at, a.id limit 1
  ), free as (
    select from ready where not exists (select from active)
  ), known as (
    select id from run_sheets where company_id = $1 and content_sha256 = $8
  ), pinned as (
    insert into run_sheets (id, company_id, content_sha256, sheet)
    select gen_random_uuid(), $1, $8, $9::jsonb from free where not exists (select from known)
    on conflict (company_id, content_sha256) do nothing
    returning id
  ), added as (
    insert into routine_runs (${RUN_COLUMNS.join(", ")}, sheet_id)
    select ${RUN_COLUMNS.map((name) => `run.${name}`).join(", ")}, sheet.id
    from free, run, (select id from known union all select id from pinned) sheet
    on conflict do nothing
    returning id, company_id, triggered_at
  ), touched as (
    update routines set last_triggered_at = added.triggered_at, last_enqueued_at = added.triggered_at
    from added where routines.id = $2
  )${
    slotted
      ? `, moved as (
    update routine_triggers set accounted_until = $12, next_run_at = $13, last_fired_at = added.triggered_at, last_result = $14
    from added where routine_triggers.id = $10
  )`
      : ""
  }
  select (select to_jsonb(active) from active) as active, exists (select from added) as added,
    (select ${announceSql("runs", "company_id", "id")} from added)`,
});

const WRITE_FIRING = writing(false);
const WRITE_SLOT = writing(true);

/** What writing a run came to: where it was not added, an active run of the same work may be why. */
export interface Written {
  readonly added: boolean;
  readonly active: RunState | null;
}

/**
 * Queues a run with its pinned sheet where everything is as it was read, nothing of its kind is active and nobody has its key or
 * slot; and moves its trigger. Else it does nothing at all. One statement: outside of a transaction it is one by itself.
 */
export async function writeRun(
  executor: Executor,
  basis: Pick<Basis, "version" | "agentId" | "projectId" | "sourcesText">,
  run: QueuedRun,
  sheet: EnvironmentSheet,
  move: TriggerMove | null,
): Promise<Written> {
  const columns = Object.fromEntries(RUN_KEYS.map((key) => [columnsOfRun[key].name, run[key]]));
  const { version, agentId, projectId, sourcesText } = basis;
  const [row] = await runStatement<Written>(executor, move === null ? WRITE_FIRING : WRITE_SLOT, [
    run.companyId,
    run.routineId,
    agentId,
    projectId,
    version,
    sourcesText,
    JSON.stringify(columns),
    sha256(sheet),
    canonicalJson(sheet),
    ...(move === null ? [] : [move.id, move.version, move.accountedUntil, move.nextRunAt, move.lastResult]),
  ]);
  if (!row) throw new Error("the database gave no answer for a run");
  return row;
}
