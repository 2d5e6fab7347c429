import { and, asc, eq, gt, isNotNull, lte, notInArray, sql } from "drizzle-orm";
import { errorText } from "../../contract/refusal.ts";
import type { Database } from "../../database/database.ts";
import { routines, routineTriggers } from "../../database/schema/routines.ts";
import { isNotPaused } from "./pause.ts";
import type { Clock } from "../../instance/clock.ts";
import type { Log } from "../../instance/log.ts";
import { accountStep, rewind, type TriggerKey } from "./account.ts";

/** Triggers of one round, and steps that each takes in it: a dense one does not keep the others waiting. */
const TRIGGERS = 100;
const STEPS = 50;
/** Triggers that are looked at side by side. */
export const ABREAST = 4;
/** A trigger that cannot be accounted for is looked at again after so long; the others are not held up. */
const BACK_OFF_MS = 60_000;
/** A clock that was put back by less is waited for. */
const PUT_BACK_MS = 60_000;

export interface FailingTrigger {
  readonly routineTitle: string;
  readonly message: string;
  readonly againAtMs: number;
}

export interface RoundServices {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** By trigger id; kept from one round to the next. */
  readonly failing: Map<string, FailingTrigger>;
  /** Hears of each run that was queued, once it is committed. */
  readonly onQueued: (runId: string, notBefore: Date | null) => Promise<void> | void;
}

export interface Round {
  /** More is due already. */
  readonly more: boolean;
  /** How late the latest of the slots on time was, in milliseconds; null where none was due. */
  readonly latenessMs: number | null;
}

/**
 * Accounts for what is due now: up to 100 triggers, the longest due first, 50 steps each. One trigger that fails is logged and
 * left for a minute; the others go on.
 */
export async function accountDue(services: RoundServices): Promise<Round> {
  const { clock, failing } = services;
  for (const [id, { againAtMs }] of failing) if (againAtMs <= clock.monotonicMs()) failing.delete(id);
  const now = clock.now();
  const due = await dueTriggers(services, now);
  let more = due.length === TRIGGERS;
  let latest: number | null = null;
  for (let start = 0; start < due.length; start += ABREAST) {
    const outcomes = await Promise.all(
      due.slice(start, start + ABREAST).map((trigger) => accountTrigger(services, trigger, now)),
    );
    for (const { unfinished, latenessMs } of outcomes) {
      more ||= unfinished;
      if (latenessMs !== null) latest = Math.max(latest ?? 0, latenessMs);
    }
  }
  return { more, latenessMs: latest };
}

type DueTrigger = TriggerKey & { readonly routineTitle: string };

async function accountTrigger(
  services: RoundServices,
  trigger: DueTrigger,
  now: Date,
): Promise<{ unfinished: boolean; latenessMs: number | null }> {
  let latenessMs: number | null = null;
  try {
    for (let steps = 0; steps < STEPS; steps += 1) {
      const done = await accountStep(services.database, trigger, now);
      if (done.queued) void services.onQueued(done.queued.runId, done.queued.notBefore);
      if (done.latenessMs !== null) latenessMs = Math.max(latenessMs ?? 0, done.latenessMs);
      if (!done.more) return { unfinished: false, latenessMs };
    }
    return { unfinished: true, latenessMs };
  } catch (error) {
    const { clock, log, failing } = services;
    log.error({ error, triggerId: trigger.id }, "a trigger could not be accounted for");
    failing.set(trigger.id, {
      routineTitle: trigger.routineTitle,
      message: errorText(error),
      againAtMs: clock.monotonicMs() + BACK_OFF_MS,
    });
    return { unfinished: false, latenessMs };
  }
}

function dueTriggers({ database, failing }: RoundServices, now: Date): Promise<DueTrigger[]> {
  const { id, companyId, routineId, nextRunAt, enabled } = routineTriggers;
  return database.orm
    .select({ id, companyId, routineId, routineTitle: routines.title })
    .from(routineTriggers)
    .innerJoin(routines, eq(routines.id, routineId))
    .where(and(enabled, isNotNull(nextRunAt), lte(nextRunAt, now), notFailing(failing), isNotPaused))
    .orderBy(asc(nextRunAt), asc(id))
    .limit(TRIGGERS);
}

/** The next slot of all and the title of its routine, or null. It may be past. */
export async function nextDue(
  database: Database,
  failing: ReadonlyMap<string, unknown>,
): Promise<{ readonly at: Date; readonly routineTitle: string } | null> {
  const { nextRunAt, enabled, routineId } = routineTriggers;
  const [row] = await database.orm
    .select({ nextRunAt, routineTitle: routines.title })
    .from(routineTriggers)
    .innerJoin(routines, eq(routines.id, routineId))
    .where(and(enabled, isNotNull(nextRunAt), notFailing(failing)))
    .orderBy(asc(nextRunAt))
    .limit(1);
  return row?.nextRunAt ? { at: row.nextRunAt, routineTitle: row.routineTitle } : null;
}

const notFailing = (failing: ReadonlyMap<string, unknown>) =>
  failing.size === 0 ? sql`true` : notInArray(routineTriggers.id, [...failing.keys()]);

/** Triggers that are accounted for beyond now, because the clock was put back, are brought back to it. */
export async function rewindAll({ database, clock, log }: RoundServices): Promise<void> {
  const now = clock.now();
  const { id, companyId, routineId, accountedUntil, enabled } = routineTriggers;
  const ahead = await database.orm
    .select({ id, companyId, routineId })
    .from(routineTriggers)
    .where(and(enabled, gt(accountedUntil, new Date(now.getTime() + PUT_BACK_MS))));
  for (const trigger of ahead) {
    await rewind(database, trigger, now).catch((error: unknown) =>
      log.error({ error, triggerId: trigger.id }, "a trigger could not be brought back to the clock"),
    );
  }
}
