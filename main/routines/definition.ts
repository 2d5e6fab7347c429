import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import type { Actor } from "../../preload/contract/common.ts";
import type { RoutineChanges, RoutineInput, Snapshot } from "../../preload/contract/routines.ts";
import { ROUTINE_DEFAULTS } from "../../preload/rules/routine-defaults.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Database, Executor } from "../database/database.ts";
import { routineRevisions, routines } from "../database/schema/routines.ts";
import { normaliseEnv } from "../environment/env-input.ts";
import { canonicalJson } from "../environment/hash.ts";
import { endWaitingRetries } from "../runs/waiting-retries.ts";
import { syncBindings } from "../secrets/references.ts";
import { findAgent, findProject } from "../work/lookup.ts";
import { lockRoutine } from "./lookup.ts";
import { type ChangeNote, insertRevision, recordRoutine, requireLatest, saveRevision } from "./revision-log.ts";
import { columnsOf, snapshotOf } from "./snapshot.ts";
import { requireStorable } from "./storable.ts";
import { followStatus, startsByItself } from "./trigger-clock.ts";
import { definedTriggers } from "./trigger-definitions.ts";
import { placeTriggers, triggerSnapshots } from "./trigger-snapshots.ts";
import { newPublicId, requireDefaults } from "./triggers.ts";
import { deriveVariables } from "./variables.ts";

/** A routine of which only the title is known. */
const BLANK: Snapshot = {
  ...ROUTINE_DEFAULTS,
  snapshotVersion: 1,
  title: "",
  instructions: "",
  agentId: null,
  projectId: null,
  variables: [],
  env: {},
  triggers: [],
};

export interface StrictChoice {
  /** Refuses an env that holds a credential in clear; so it is unless told otherwise. */
  readonly strict?: boolean;
}

export type NewRoutine = ChangeNote &
  StrictChoice & {
    readonly companyId: string;
    readonly routine: RoutineInput;
    /** Starts it paused although it has an agent. */
    readonly paused?: boolean;
  };

/** Creates a routine with revision 1 and answers with its id. Without an agent it starts paused. */
export async function createRoutine(database: Database, input: NewRoutine): Promise<string> {
  return database.orm.transaction((tx) => createRoutineIn(tx, input));
}

/** The same in a transaction of the caller. */
export async function createRoutineIn(tx: Executor, input: NewRoutine): Promise<string> {
  const { companyId, now, actor, strict = true } = input;
  const routine = { id: randomUUID(), companyId };
  const revisionId = randomUUID();
  requireStorable(input.changeSummary, "changeSummary");
  const defined = definedTriggers([], input.routine.triggers ?? [], randomUUID, newPublicId);
  const snapshot = await changed(tx, companyId, BLANK, input.routine, strict);
  snapshot.triggers = defined.triggers;
  const [row] = await tx
    .insert(routines)
    .values({
      ...routine,
      ...columnsOf(snapshot),
      status: snapshot.agentId === null || input.paused === true ? "paused" : "active",
      latestRevisionId: revisionId,
      latestRevisionNumber: 1,
      createdByType: actor.type,
      createdById: actor.id,
      createdAt: now,
      updatedAt: now,
    })
    .returning();
  if (!row) throw new Error("an insert answers with its row");
  await bind(tx, routine, snapshot);
  await placeTriggers(tx, row, snapshot.triggers, { actor, now, on: defined.enabled, why: "" });
  if (await startsByItself(tx, row.id)) requireDefaults(snapshot.variables);
  await recordRoutine(tx, routine, actor, "routine.created", { title: snapshot.title });
  await insertRevision(tx, {
    routine,
    id: revisionId,
    number: 1,
    snapshot,
    note: input,
    restoredFromRevisionId: null,
  });
  return routine.id;
}

export type RoutineChange = ChangeNote &
  StrictChoice & {
    readonly companyId: string;
    readonly routineId: string;
    readonly changes: RoutineChanges;
    readonly baseRevisionId: string | undefined;
  };

/**
 * Changes a routine: what is left out stays. A change that changes nothing appends no revision, but writes the bindings
 * of a given env again. Refuses `revision_stale` when `baseRevisionId` is not the latest; then nothing is changed.
 */
export async function updateRoutine(database: Database, input: RoutineChange): Promise<void> {
  await database.orm.transaction((tx) => updateRoutineIn(tx, input));
}

/** The same in a transaction of the caller. */
export async function updateRoutineIn(tx: Executor, input: RoutineChange): Promise<void> {
  requireStorable(input.changeSummary, "changeSummary");
  const routine = await lockRoutine(tx, input.companyId, input.routineId);
  await requireLatest(tx, routine, input.baseRevisionId);
  const base = snapshotOf(routine, await triggerSnapshots(tx, routine.id));
  const snapshot = await changed(tx, input.companyId, base, input.changes, input.strict ?? true);
  if (input.changes.triggers !== undefined) {
    const defined = definedTriggers(base.triggers, input.changes.triggers, randomUUID, newPublicId);
    snapshot.triggers = defined.triggers;
    const why = "Its schedule was changed before it was due to run.";
    await placeTriggers(tx, routine, defined.triggers, {
      actor: input.actor,
      now: input.now,
      on: defined.enabled,
      why,
    });
  }
  if (input.changes.env !== undefined) await bind(tx, routine, snapshot);
  const latest = await latestSnapshot(tx, routine.latestRevisionId);
  if (canonicalJson(snapshot) === canonicalJson(latest)) return;
  if (await startsByItself(tx, routine.id)) requireDefaults(snapshot.variables);
  await saveRevision(tx, routine, snapshot, { ...input, restoredFrom: null });
}

/** What a snapshot becomes by the changes, with every reference found in the company and every rule kept. */
async function changed(
  tx: Executor,
  companyId: string,
  base: Snapshot,
  changes: RoutineChanges,
  strict: boolean,
): Promise<Snapshot> {
  const title = changes.title ?? base.title;
  const instructions = changes.instructions ?? base.instructions;
  const { agent, project } = changes;
  const rule = { strict, before: base.env };
  const next: Snapshot = {
    ...base,
    title,
    instructions,
    agentId: await chosen(agent, base.agentId, (reference) => findAgent(tx, companyId, reference)),
    projectId: await chosen(project, base.projectId, (reference) => findProject(tx, companyId, reference)),
    priority: changes.priority ?? base.priority,
    concurrencyPolicy: changes.concurrencyPolicy ?? base.concurrencyPolicy,
    catchUpPolicy: changes.catchUpPolicy ?? base.catchUpPolicy,
    variables: deriveVariables(title, instructions, changes.variables ?? base.variables),
    env: changes.env ? await normaliseEnv(tx, companyId, "routine", changes.env, rule) : base.env,
    retry: merged(base.retry, changes.retry),
    limits: merged(base.limits, changes.limits),
  };
  requireStorable(next.title, "title");
  requireStorable(next.instructions, "instructions");
  for (const variable of next.variables) requireStorable(variable, `variables.${variable.name}`);
  return next;
}

/** The fields with those that a change sets: one that is there and undefined was left out. */
function merged<Fields extends object>(base: Fields, changes: object | undefined): Fields {
  return { ...base, ...Object.fromEntries(Object.entries(changes ?? {}).filter(([, value]) => value !== undefined)) };
}

/** The id of what is named; null clears it, and left out it stays. */
async function chosen(
  reference: string | null | undefined,
  current: string | null,
  find: (reference: string) => Promise<{ id: string }>,
): Promise<string | null> {
  if (reference === undefined) return current;
  return reference === null ? null : (await find(reference)).id;
}

const bind = (tx: Executor, routine: { id: string; companyId: string }, { env }: Snapshot): Promise<void> =>
  syncBindings(tx, { companyId: routine.companyId, type: "routine", id: routine.id }, env);

/** History is what a change is held against: a routine whose agent was removed from under it differs from it. */
async function latestSnapshot(tx: Executor, revisionId: string): Promise<Snapshot | null> {
  const [row] = await tx
    .select({ snapshot: routineRevisions.snapshot })
    .from(routineRevisions)
    .where(eq(routineRevisions.id, revisionId));
  return row?.snapshot ?? null;
}

export type StatusChange = "pause" | "resume" | "archive";

/**
 * Pauses, resumes or archives a routine; no revision is appended. What is already so stays as it is. An archived routine
 * can be resumed, and is not paused: it does not run anyway. Runs that wait for their next attempt are over when it is
 * paused or archived; answers how many.
 */
export async function changeStatus(
  database: Database,
  input: {
    readonly companyId: string;
    readonly routineId: string;
    readonly change: StatusChange;
    readonly actor: Actor;
    readonly now: Date;
  },
): Promise<number> {
  return database.orm.transaction(async (tx) => {
    const routine = await lockRoutine(tx, input.companyId, input.routineId);
    const { status, action, why } = STATUS_CHANGES[input.change];
    if (routine.status === status) return 0;
    if (input.change === "resume" && routine.assigneeAgentId === null) {
      throw new Refusal("routine_without_agent", "The routine was not resumed: it has no agent.", {
        next: "Give it an agent first.",
        fields: { agent: "needs an agent" },
      });
    }
    if (input.change === "pause" && routine.status === "archived") {
      throw new Refusal("routine_archived", "The routine was not paused: it is archived and does not run.", {
        next: "Resume it first.",
        fields: { routine: "is archived" },
      });
    }
    await tx.update(routines).set({ status, updatedAt: input.now }).where(eq(routines.id, routine.id));
    await followStatus(tx, routine, status, input.now);
    const stopped = { companyId: routine.companyId, routineId: routine.id };
    const endedRetries = why === null ? 0 : await endWaitingRetries(tx, { ...stopped, why }, input.now);
    const details = { title: routine.title, ...(endedRetries === 0 ? {} : { endedRetries }) };
    await recordRoutine(tx, routine, input.actor, action, details);
    return endedRetries;
  });
}

const STATUS_CHANGES = {
  pause: { status: "paused", action: "routine.paused", why: "routine_paused" },
  resume: { status: "active", action: "routine.resumed", why: null },
  archive: { status: "archived", action: "routine.archived", why: "routine_archived" },
} as const;
