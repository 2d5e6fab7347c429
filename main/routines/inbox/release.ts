import { randomUUID } from "node:crypto";
import { and, eq, inArray, isNull, lte, ne, sql } from "drizzle-orm";
import type { Actor } from "../../../preload/contract/common.ts";
import type { Released } from "../../../preload/contract/inbox.ts";
import { Refusal } from "../../contract/refusal.ts";
import { CHANGE_CHANNEL } from "../../database/changes.ts";
import type { Executor } from "../../database/database.ts";
import { routineRuns } from "../../database/schema/runs.ts";
import { decide, type Dispatched, type DispatchServices } from "../dispatch.ts";
import { lockRoutine } from "../lookup.ts";
import { recordRoutine } from "../revision-log.ts";
import type { RoutineRow } from "../snapshot.ts";
import { SPACING_MS } from "../scheduler/account.ts";
import { type Choice, planRelease, refuseTooMany, type RowPlan } from "./plan.ts";
import { requeue } from "./requeue.ts";
import { lockHeld, toldOf } from "./stretch.ts";

export interface ReleaseRequest {
  readonly companyId: string;
  readonly routineId: string;
  /** Left out, what is held of all triggers of the routine; null is what has none any more. */
  readonly triggerId: string | null | undefined;
  /** What came to be held later is left alone. */
  readonly heldUntil: Date | undefined;
  readonly does: "run" | "skip";
  readonly choice: Choice;
  readonly actor: Actor;
}

type Outcome = Pick<Released, "runs" | "skipped">;

/**
 * Runs or skips what is held of a routine, in one transaction: each slot has exactly one row before and after. What is not held
 * any more, because somebody else was faster, is left as it is, so that a second click does nothing. Refuses
 * `routine_paused` and `routine_archived` where something is to run, `slot_missing` and `slots_too_many`, and what a start of the
 * routine is refused with; nothing is changed then.
 */
export async function releaseHeld(services: DispatchServices, request: ReleaseRequest): Promise<Outcome> {
  const now = services.clock.now();
  const { outcome, queued } = await services.database.orm.transaction((tx) => release(tx, request, now));
  for (const runId of queued) services.wake(runId);
  return outcome;
}

/** What is done so far. */
interface Progress {
  readonly runs: Released["runs"][number][];
  readonly queued: string[];
  readonly skippedIds: string[];
  skipped: number;
}

async function release(tx: Executor, request: ReleaseRequest, now: Date) {
  const routine = await lockRoutine(tx, request.companyId, request.routineId);
  if (request.does === "run") refuseInactive(routine);
  const held = await lockHeld(
    tx,
    and(
      eq(routineRuns.routineId, routine.id),
      ofTrigger(request.triggerId),
      request.heldUntil === undefined ? undefined : lte(routineRuns.triggeredAt, request.heldUntil),
    ),
  );
  const plans = [...new Set(held.map(({ triggerId }) => triggerId))].flatMap((triggerId) =>
    planRelease(
      held.filter((row) => row.triggerId === triggerId),
      request,
    ),
  );
  const progress: Progress = { runs: [], queued: [], skippedIds: [], skipped: 0 };
  if (request.does === "run") refuseTooMany(plans.flatMap(taken).length);
  for (const plan of plans) await carryOut(tx, routine, { ...request, plan, now }, progress);
  await skipWhole(tx, progress.skippedIds, now);
  if (plans.length > 0) await tell(tx, routine, request.actor, progress);
  const known = await alreadyDecided(tx, request, progress);
  const outcome: Outcome = { runs: [...progress.runs, ...known], skipped: progress.skipped };
  return { outcome, queued: progress.queued };
}

function ofTrigger(triggerId: string | null | undefined) {
  if (triggerId === undefined) return undefined;
  return triggerId === null ? isNull(routineRuns.triggerId) : eq(routineRuns.triggerId, triggerId);
}

const taken = ({ pieces }: RowPlan) => pieces.filter(({ kind }) => kind === "taken");

function refuseInactive({ title, status }: RoutineRow): void {
  if (status === "active") return;
  throw new Refusal(
    status === "archived" ? "routine_archived" : "routine_paused",
    `Held slots of ${JSON.stringify(title)} were not run: the routine is ${status}.`,
    { next: "Resume the routine first, or skip the slots.", fields: { routine: `is ${status}` } },
  );
}

interface Doing extends Pick<ReleaseRequest, "does" | "choice"> {
  readonly plan: RowPlan;
  readonly now: Date;
}

/** Writes the pieces of one held row. The first of them keeps its id, so that a link to it leads on. */
async function carryOut(tx: Executor, routine: RoutineRow, doing: Doing, progress: Progress): Promise<void> {
  const { plan, does, now } = doing;
  const { row, pieces } = plan;
  const [only, ...others] = pieces;
  if (others.length === 0) {
    if (only?.kind === "rest" && plan.rest === "held") return;
    if (only?.kind === "rest" || does === "skip") {
      progress.skippedIds.push(row.id);
      progress.skipped += row.count;
      return;
    }
  }
  // A whole run has attempts behind it: it stays the row that it is.
  if (row.sheetId !== null) return again(tx, routine, doing, progress);
  const copied = await take(tx, row.id);
  const { zone } = toldOf(row);
  const ids = pieces.map((_, index) => (index === 0 ? row.id : randomUUID()));
  const standsFor = plan.rest === "skipped" ? ids.at(-1) : undefined;
  for (const [index, piece] of pieces.entries()) {
    const id = ids[index] ?? row.id;
    if (piece.kind === "taken" && does === "run") {
      await run(tx, routine, { ...doing, id, slot: piece.slot, zone }, progress);
      continue;
    }
    const skipped = piece.kind === "taken" || plan.rest === "skipped";
    const { first, last, count } = piece.kind === "taken" ? { first: piece.slot, last: piece.slot, count: 1 } : piece;
    if (skipped) progress.skipped += count;
    await tx.insert(routineRuns).values({
      ...copied,
      id,
      slotAt: new Date(first),
      slotRange: rangeOf(first, last),
      slotCount: count,
      heldReason: recounted(copied.heldReason, count),
      ...(skipped ? skippedAs(standsFor, now) : {}),
      updatedAt: now,
    });
  }
}

/** The reason of a stretch as it is said of a part of it. */
function recounted(reason: string | null, count: number): string | null {
  const slots = count === 1 ? "1 slot was missed" : `${count} slots were missed`;
  return reason?.replace(/^\d+ slots? (?:was|were) missed/, slots) ?? null;
}

/** Takes a held row out, to be written anew in pieces. */
async function take(tx: Executor, id: string): Promise<typeof routineRuns.$inferSelect> {
  const [row] = await tx.delete(routineRuns).where(eq(routineRuns.id, id)).returning();
  if (!row) throw new Error(`the held row ${id} is locked and not there`);
  return row;
}

interface OneSlot extends Doing {
  readonly id: string;
  readonly slot: number;
  readonly zone: string;
}

/** Starts one slot. */
async function run(tx: Executor, routine: RoutineRow, one: OneSlot, progress: Progress): Promise<void> {
  const { plan, id, slot, zone, now } = one;
  const { triggerId } = plan.row;
  const at = new Date(slot);
  const decided = await decide(tx, now, {
    companyId: routine.companyId,
    routineId: routine.id,
    source: "schedule",
    variables: {},
    payload: null,
    idempotencyKey: null,
    slot: { rowId: id, triggerId, at, zone, notBefore: turnOf(progress, now) },
  });
  note(routine, decided, at, progress);
}

/** Lets a whole run go on that was held. */
async function again(tx: Executor, routine: RoutineRow, { plan, now }: Doing, progress: Progress): Promise<void> {
  const { id, slotAt } = plan.row;
  const decided = await requeue(tx, routine, id, { now, notBefore: turnOf(progress, now) });
  note(routine, decided, slotAt, progress);
}

/** When the next run may start: not in one burst with the one before it. Null means at once. */
function turnOf({ queued }: Progress, now: Date): Date | null {
  return queued.length === 0 ? null : new Date(now.getTime() + queued.length * SPACING_MS);
}

function note({ id }: RoutineRow, { runId, status, queuedRunId }: Dispatched, slotAt: Date | null, progress: Progress) {
  if (queuedRunId === runId) progress.queued.push(runId);
  progress.runs.push({ runId, routineId: id, slotAt: slotAt?.toISOString() ?? null, status });
}

async function skipWhole(tx: Executor, ids: readonly string[], now: Date): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .update(routineRuns)
    .set({ ...skippedAs(undefined, now), updatedAt: now })
    .where(inArray(routineRuns.id, [...ids]));
}

function skippedAs(standsFor: string | undefined, now: Date) {
  const message =
    standsFor === undefined ? "The operator skipped it in the inbox." : `Run ${standsFor} was to stand for it.`;
  return {
    status: "skipped" as const,
    skipReason: message,
    failure: { code: "slots_skipped", message, next: null, layer: null, key: null, secretKey: null },
    completedAt: now,
  };
}

const rangeOf = (first: number, last: number) => `[${new Date(first).toISOString()},${new Date(last).toISOString()}]`;

async function tell(tx: Executor, routine: RoutineRow, actor: Actor, { runs, skipped }: Progress): Promise<void> {
  const action = runs.length > 0 ? "routine.held_run" : "routine.held_skipped";
  await recordRoutine(tx, routine, actor, action, { runs: runs.length, skipped });
  const change = JSON.stringify({ topic: "runs", companyId: routine.companyId, id: null });
  await tx.execute(sql`select pg_notify(${CHANGE_CHANNEL}, ${change})`);
}

/** Chosen slots that have their rows already, because the same was asked before. Refuses `slot_missing` for any other. */
async function alreadyDecided(tx: Executor, request: ReleaseRequest, done: Progress): Promise<Released["runs"]> {
  const { does, choice, routineId, triggerId } = request;
  if (choice.kind !== "slots") return [];
  const found = new Set(done.runs.map(({ slotAt }) => slotAt));
  const wanted = choice.slots.map((slot) => new Date(slot).toISOString()).filter((slot) => !found.has(slot));
  if (wanted.length === 0) return [];
  const rows = await tx
    .select({ runId: routineRuns.id, slotAt: routineRuns.slotAt, status: routineRuns.status })
    .from(routineRuns)
    .where(
      and(
        eq(routineRuns.routineId, routineId),
        ofTrigger(triggerId),
        inArray(
          routineRuns.slotAt,
          wanted.map((slot) => new Date(slot)),
        ),
        ne(routineRuns.status, "held"),
      ),
    )
    .orderBy(routineRuns.slotAt, routineRuns.id);
  const missing = wanted.find((slot) => !rows.some(({ slotAt }) => slotAt?.toISOString() === slot));
  if (missing !== undefined) {
    throw new Refusal("slot_missing", `Nothing was released: no slot of ${missing} is held.`, {
      next: "See what there is: `paperclip-desktop inbox list`",
      fields: { slots: "is not held" },
    });
  }
  if (does === "skip") return [];
  return rows.map(({ runId, slotAt, status }) => ({
    runId,
    routineId,
    slotAt: slotAt?.toISOString() ?? null,
    status,
  }));
}
