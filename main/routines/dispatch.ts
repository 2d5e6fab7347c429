import { randomUUID } from "node:crypto";
import { and, asc, eq, inArray } from "drizzle-orm";
import type { VariableValues } from "../../preload/contract/routines.ts";
import type { RunSource, RunStatus } from "../../preload/contract/runs.ts";
import { activeRunStatuses } from "../../preload/rules/run-states.ts";
import { Refusal } from "../contract/refusal.ts";
import { announce } from "../database/changes.ts";
import type { Database, Executor } from "../database/database.ts";
import { routines, routineTriggers } from "../database/schema/routines.ts";
import { routineRuns } from "../database/schema/runs.ts";
import type { Json } from "../database/schema/work.ts";
import { type EnvironmentSheet, sheetsOf } from "../environment/sheet.ts";
import type { Clock } from "../instance/clock.ts";
import { findAgent, findProject } from "../work/lookup.ts";
import { type Basis, type FiredRoutine, type QueuedRun, readFiring, type RunState, writeRun } from "./firing.ts";
import { lostTo } from "./give-way.ts";
import { lockRoutine } from "./lookup.ts";
import { requireStorable } from "./storable.ts";
import { resolveValues } from "./variables.ts";
import { fingerprintOf, type Overrides, routinePart, textOf, withoutAgent } from "./work-order.ts";

export interface DispatchServices {
  readonly database: Database;
  readonly clock: Clock;
  /** Tells the worker of a run that waits; called after it is committed. */
  readonly wake: (runId: string) => void;
}

export interface DispatchRequest extends Overrides {
  readonly companyId: string;
  readonly routineId: string;
  readonly source: RunSource;
  readonly variables: VariableValues;
  readonly payload: Json | null;
  /** The same key, routine and source always mean the same run. */
  readonly idempotencyKey: string | null;
  /** The trigger that was called. */
  readonly triggerId?: string;
  /** Left out, nobody's schedule is behind it. */
  readonly slot?: DispatchedSlot;
}

/** What a dispatch came to: its own row, and the queued run that stands for it now, if one does. */
export interface Dispatched {
  readonly runId: string;
  readonly status: RunStatus;
  readonly queuedRunId: string | null;
  /** Whether the row was there already, made by an earlier firing with the same key. */
  readonly repeated: boolean;
}

/** The slot that a trigger fires for. */
export interface DispatchedSlot {
  /** Null where the trigger was removed while the slot was held. */
  readonly triggerId: string | null;
  readonly at: Date;
  /** In which the run says what day it is. */
  readonly zone: string;
  /** A run that makes up for a missed slot may have to wait for its turn. */
  readonly notBefore: Date | null;
  /** The id of the row that stood for the slot while it was held, which is taken out already; the firing's row keeps it. */
  readonly rowId?: string;
}

/**
 * Fires a routine: decides everything at once, and answers with the id of the firing's row. The row is queued, or says which
 * active run it gave way to (`coalesced`, `skipped`). A key seen before answers with the row it made then. Paused routines can be
 * fired by hand. Refusals leave no row.
 */
export async function dispatch(services: DispatchServices, request: DispatchRequest): Promise<string> {
  requireStorable(request.idempotencyKey, "idempotencyKey");
  requireStorable(request.payload, "payload");
  requireStorable(Object.keys(request.variables ?? {}), "variables");
  for (const [name, value] of Object.entries(request.variables ?? {})) requireStorable(value, `variables.${name}`);
  const now = services.clock.now();
  const { orm } = services.database;
  const { runId, queuedRunId } =
    (await fireFreely(orm, now, request)) ?? (await orm.transaction((tx) => decide(tx, now, request)));
  if (queuedRunId !== null) services.wake(queuedRunId);
  return runId;
}

/**
 * A firing that nothing stands in the way of, without a lock that is waited for: the statement which writes the run finds
 * everything as it was read. Null where it does not, and nothing is written then; and where a trigger is to be told of it.
 */
async function fireFreely(orm: Executor, now: Date, request: DispatchRequest): Promise<Dispatched | null> {
  if (request.triggerId !== undefined) return null;
  const fired = await fireOnce(orm, now, request);
  return fired.kind === "done" ? fired.dispatched : null;
}

/**
 * The decision about a firing, in a transaction of the caller.
 *
 * The lock on the routine puts its firings in a row, so that what is looked up here stays true. Only a finished run that
 * is retried becomes active past that lock; then the unique index refuses the insert and the decision is made again.
 */
export async function decide(tx: Executor, now: Date, request: DispatchRequest): Promise<Dispatched> {
  await lockRoutine(tx, request.companyId, request.routineId);
  const dispatched = await fire(tx, now, request);
  if (request.triggerId !== undefined && !dispatched.repeated) {
    await tx
      .update(routineTriggers)
      .set({ lastFiredAt: now, lastResult: `${dispatched.status}: run ${dispatched.runId}` })
      .where(eq(routineTriggers.id, request.triggerId));
  }
  return dispatched;
}

async function fire(tx: Executor, now: Date, request: DispatchRequest): Promise<Dispatched> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const fired = await fireOnce(tx, now, request);
    if (fired.kind === "done") return fired.dispatched;
    if (fired.active) return giveWay(tx, fired.basis.routine, fired.run, fired.active);
  }
  throw new Error(`what stands in the way of a firing came and went ${ROUNDS} times`);
}

const ROUNDS = 10;

type Fired =
  | { readonly kind: "done"; readonly dispatched: Dispatched }
  /** Nothing was written. Where no run is named that does the same work, something changed meanwhile. */
  | { readonly kind: "refused"; readonly basis: Basis; readonly run: QueuedRun; readonly active: RunState | null };

async function fireOnce(executor: Executor, now: Date, request: DispatchRequest): Promise<Fired> {
  const { companyId } = request;
  const agent = request.agent ? await findAgent(executor, companyId, request.agent) : null;
  const project = request.project ? await findProject(executor, companyId, request.project) : null;
  const basis = await readFiring(executor, { ...request, agentId: agent?.id ?? null, projectId: project?.id ?? null });
  if (!basis) throw new Refusal("routine_missing", "The routine is not there any more.");
  if (basis.seen) {
    const { id, status } = basis.seen;
    const queuedRunId = status === "queued" ? id : null;
    return { kind: "done", dispatched: { runId: id, status, queuedRunId, repeated: true } };
  }
  const { run, sheet } = prepareRun(basis, now, request);
  const { added, active } = await writeRun(executor, basis, run, sheet, null);
  if (!added) return { kind: "refused", basis, run, active };
  return { kind: "done", dispatched: { runId: run.id, status: "queued", queuedRunId: run.id, repeated: false } };
}

/** The row of a firing that may run, and its sheet. Refuses what cannot be started. */
export function prepareRun(
  basis: Basis,
  now: Date,
  request: Pick<DispatchRequest, "source" | "variables" | "payload" | "idempotencyKey" | "triggerId" | "slot">,
): { readonly run: QueuedRun; readonly sheet: EnvironmentSheet } {
  const { routine, agentId, projectId } = basis;
  if (routine.status === "archived") {
    throw new Refusal("routine_archived", `${JSON.stringify(routine.title)} was not started: it is archived.`, {
      next: "Resume the routine first.",
      fields: { routine: "is archived" },
    });
  }
  if (agentId === null) throw withoutAgent(routine);
  const [sheet] = sheetsOf(basis.sources, [{ agentId, projectId, routine: routinePart(routine) }]);
  if (sheet instanceof Refusal) throw sheet;
  if (!sheet) throw new Error("a sheet was asked for and not made");
  if (basis.sources.agents.some(({ id, status }) => id === agentId && status === "paused")) {
    const { name } = sheet.agent;
    throw new Refusal("agent_inactive", `The run was not started: the agent ${JSON.stringify(name)} is paused.`, {
      next: "Set the agent to active, or name another agent for this run.",
      fields: { agent: "is paused" },
      details: { agent: name },
    });
  }
  const variables = resolveValues(routine.variables, request.variables);
  const { payload, slot } = request;
  const text = slot ? textOf(routine, variables, slot.at, slot.zone) : textOf(routine, variables, now);
  const run: QueuedRun = {
    id: slot?.rowId ?? randomUUID(),
    companyId: routine.companyId,
    routineId: routine.id,
    source: request.source,
    status: "queued",
    triggerId: slot ? slot.triggerId : (request.triggerId ?? null),
    slotAt: slot?.at ?? null,
    notBefore: slot?.notBefore ?? null,
    ...text,
    triggeredAt: now,
    queuedAt: now,
    routineRevisionId: routine.latestRevisionId,
    agentId,
    projectId,
    variables,
    triggerPayload: payload,
    idempotencyKey: request.idempotencyKey,
    dispatchFingerprint: fingerprintOf({ payload, agentId, projectId, variables }),
    exclusive: routine.concurrencyPolicy !== "always_enqueue",
    maxAttempts: routine.retry.maxAttempts,
    backoffSeconds: routine.retry.backoffSeconds,
    backoffFactor: routine.retry.backoffFactor,
    backoffCapSeconds: routine.retry.backoffCapSeconds,
    backoffJitter: routine.retry.jitter,
    retryOnInterruption: routine.retry.onInterruption,
    timeoutSeconds: routine.limits.timeoutSeconds,
    logLimitBytes: routine.limits.logLimitBytes,
    createdAt: now,
    updatedAt: now,
  };
  return { run, sheet };
}

/**
 * The run that does the same work already: received, queued (waiting for a retry too) or running, whichever policy it was
 * started under. The oldest one is named.
 */
export async function activeRun(
  tx: Executor,
  run: { readonly routineId: string; readonly dispatchFingerprint: string },
): Promise<RunState | null> {
  const [row] = await tx
    .select({ id: routineRuns.id, status: routineRuns.status })
    .from(routineRuns)
    .where(
      and(
        eq(routineRuns.routineId, run.routineId),
        eq(routineRuns.dispatchFingerprint, run.dispatchFingerprint),
        inArray(routineRuns.status, [...activeRunStatuses]),
      ),
    )
    .orderBy(asc(routineRuns.triggeredAt), asc(routineRuns.id))
    .limit(1);
  return row ?? null;
}

/** Writes the row of a firing that does not run, and names the run it gave way to. */
async function giveWay(tx: Executor, routine: FiredRoutine, run: QueuedRun, active: RunState): Promise<Dispatched> {
  const lost = lostTo(routine, active);
  const at = run.triggeredAt;
  await tx.insert(routineRuns).values({ ...run, ...lost, exclusive: false, queuedAt: null, completedAt: at });
  await tx.update(routines).set({ lastTriggeredAt: at }).where(eq(routines.id, run.routineId));
  await announce(tx, { topic: "runs", companyId: run.companyId, id: run.id });
  const queuedRunId = lost.status === "coalesced" && active.status === "queued" ? active.id : null;
  return { runId: run.id, status: lost.status, queuedRunId, repeated: false };
}
