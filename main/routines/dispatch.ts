import { randomUUID } from "node:crypto";
import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type { VariableValues } from "../../preload/contract/routines.ts";
import { activeRunStatuses, type RunSource, type RunStatus } from "../../preload/contract/runs.ts";
import { Refusal } from "../contract/refusal.ts";
import { announce } from "../database/changes.ts";
import type { Database, Executor } from "../database/database.ts";
import { routines, routineTriggers } from "../database/schema/routines.ts";
import { routineRuns } from "../database/schema/runs.ts";
import type { Json } from "../database/schema/work.ts";
import { pinSheet } from "../environment/sheet.ts";
import type { Clock } from "../instance/clock.ts";
import { lostTo } from "./give-way.ts";
import { lockRoutine } from "./lookup.ts";
import type { RoutineRow } from "./snapshot.ts";
import { requireStorable } from "./storable.ts";
import { resolveValues } from "./variables.ts";
import { assignmentOf, fingerprintOf, type Overrides, sheetOf, textOf } from "./work-order.ts";

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

type NewRun = typeof routineRuns.$inferInsert;

/**
 * Fires a routine: one transaction that decides everything, and answers with the id of the firing's row. The row is
 * queued, or says which active run it gave way to (`coalesced`, `skipped`). A key seen before answers with the row it
 * made then. Paused routines can be fired by hand. Refusals leave no row.
 */
export async function dispatch(services: DispatchServices, request: DispatchRequest): Promise<string> {
  requireStorable(request.idempotencyKey, "idempotencyKey");
  requireStorable(request.payload, "payload");
  requireStorable(Object.keys(request.variables ?? {}), "variables");
  for (const [name, value] of Object.entries(request.variables ?? {})) requireStorable(value, `variables.${name}`);
  const now = services.clock.now();
  const { runId, queuedRunId } = await services.database.orm.transaction((tx) => decide(tx, now, request));
  if (queuedRunId !== null) services.wake(queuedRunId);
  return runId;
}

/**
 * The decision about a firing, in a transaction of the caller.
 *
 * The lock on the routine puts its firings in a row, so that what is looked up here stays true. Only a finished run that
 * is retried becomes active past that lock; then the unique index refuses the insert and the decision is made again.
 */
export async function decide(tx: Executor, now: Date, request: DispatchRequest): Promise<Dispatched> {
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
  const routine = await lockRoutine(tx, request.companyId, request.routineId);
  const seen = await runOfKey(tx, request);
  if (seen) {
    return {
      runId: seen.id,
      status: seen.status,
      queuedRunId: seen.status === "queued" ? seen.id : null,
      repeated: true,
    };
  }
  const run = await prepare(tx, routine, request, now);
  const exclusive = routine.concurrencyPolicy !== "always_enqueue";
  let sheetId: string | null = null;
  for (let round = 0; round < ROUNDS; round += 1) {
    const active = exclusive ? await activeRun(tx, run) : null;
    if (active) return await giveWay(tx, routine, run, active);
    sheetId ??= await pin(tx, routine, run);
    if (await enqueue(tx, { ...run, sheetId, exclusive }))
      return { runId: run.id, status: "queued", queuedRunId: run.id, repeated: false };
  }
  throw new Error(`the active run of a fingerprint came and went ${ROUNDS} times`);
}

const ROUNDS = 10;

async function runOfKey(tx: Executor, request: DispatchRequest): Promise<{ id: string; status: RunStatus } | null> {
  if (request.idempotencyKey === null) return null;
  const [row] = await tx
    .select({ id: routineRuns.id, status: routineRuns.status })
    .from(routineRuns)
    .where(
      and(
        eq(routineRuns.routineId, request.routineId),
        eq(routineRuns.source, request.source),
        eq(routineRuns.idempotencyKey, request.idempotencyKey),
      ),
    );
  return row ?? null;
}

/** The row of a firing that may run, with everything but its outcome and its sheet. */
async function prepare(tx: Executor, routine: RoutineRow, request: DispatchRequest, now: Date) {
  if (routine.status === "archived") {
    throw new Refusal("routine_archived", `${JSON.stringify(routine.title)} was not started: it is archived.`, {
      next: "Resume the routine first.",
      fields: { routine: "is archived" },
    });
  }
  const { agent, projectId } = await assignmentOf(tx, routine, request);
  if (agent.status === "paused") {
    throw new Refusal("agent_inactive", `The run was not started: the agent ${JSON.stringify(agent.name)} is paused.`, {
      next: "Set the agent to active, or name another agent for this run.",
      fields: { agent: "is paused" },
      details: { agent: agent.name },
    });
  }
  const variables = resolveValues(routine.variables, request.variables);
  const { payload, slot } = request;
  return {
    id: slot?.rowId ?? randomUUID(),
    companyId: routine.companyId,
    routineId: routine.id,
    source: request.source,
    ...(slot
      ? {
          triggerId: slot.triggerId,
          slotAt: slot.at,
          notBefore: slot.notBefore,
          ...textOf(routine, variables, slot.at, slot.zone),
        }
      : { triggerId: request.triggerId ?? null, ...textOf(routine, variables, now) }),
    triggeredAt: now,
    routineRevisionId: routine.latestRevisionId,
    agentId: agent.id,
    projectId,
    variables,
    triggerPayload: payload,
    idempotencyKey: request.idempotencyKey,
    dispatchFingerprint: fingerprintOf({ payload, agentId: agent.id, projectId, variables }),
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
  } satisfies NewRun;
}

type PreparedRun = Awaited<ReturnType<typeof prepare>>;
type ActiveRun = { readonly id: string; readonly status: string };

/**
 * The run that does the same work already: received, queued (waiting for a retry too) or running, whichever policy it was
 * started under. The oldest one is named.
 */
export async function activeRun(
  tx: Executor,
  run: Pick<PreparedRun, "routineId" | "dispatchFingerprint">,
): Promise<ActiveRun | null> {
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
async function giveWay(tx: Executor, routine: RoutineRow, run: PreparedRun, active: ActiveRun): Promise<Dispatched> {
  const lost = lostTo(routine, active);
  await tx.insert(routineRuns).values({ ...run, ...lost, completedAt: run.triggeredAt });
  await finish(tx, run, false);
  const queuedRunId = lost.status === "coalesced" && active.status === "queued" ? active.id : null;
  return { runId: run.id, status: lost.status, queuedRunId, repeated: false };
}

async function pin(tx: Executor, routine: RoutineRow, run: PreparedRun): Promise<string> {
  const sheet = await sheetOf(tx, routine, { agentId: run.agentId, projectId: run.projectId });
  return (await pinSheet(tx, routine.companyId, sheet)).id;
}

/** Queues the run, or answers false where an active run of the same work stands in the way. */
async function enqueue(tx: Executor, run: PreparedRun & { sheetId: string; exclusive: boolean }): Promise<boolean> {
  const added = await tx
    .insert(routineRuns)
    .values({ ...run, status: "queued", queuedAt: run.triggeredAt })
    .onConflictDoNothing({
      target: [routineRuns.routineId, routineRuns.dispatchFingerprint],
      where: sql`exclusive and status in ('received', 'queued', 'running')`,
    })
    .returning({ id: routineRuns.id });
  if (added.length === 0) return false;
  await finish(tx, run, true);
  return true;
}

async function finish(tx: Executor, run: PreparedRun, enqueued: boolean): Promise<void> {
  const at = run.triggeredAt;
  await tx
    .update(routines)
    .set({ lastTriggeredAt: at, ...(enqueued ? { lastEnqueuedAt: at } : {}) })
    .where(eq(routines.id, run.routineId));
  await announce(tx, { topic: "runs", companyId: run.companyId, id: run.id });
}
