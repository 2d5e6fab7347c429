import { desc, isNull } from "drizzle-orm";
import { errorText } from "../../contract/refusal.ts";
import type { ChangeFeed } from "../../database/changes.ts";
import type { ConnectionOptions, Database } from "../../database/database.ts";
import { schedulerCoverage } from "../../database/schema/runs.ts";
import type { Clock } from "../../instance/clock.ts";
import type { Log } from "../../instance/log.ts";
import { createAlarm } from "../../runs/alarm.ts";
import { readHold } from "../../runs/hold.ts";
import { type Ahead, fireAhead, readAhead } from "./ahead.ts";
import { beginCoverage, type Coverage } from "./coverage.ts";
import { type Leadership, tryToLead } from "./leader.ts";
import { keepPaused, readPause } from "./pause.ts";
import { ABREAST, accountDue, type FailingTrigger, nextDue, rewindAll } from "./round.ts";

export interface SchedulerOptions {
  readonly database: Database;
  /** For the lock of the leader. */
  readonly session: ConnectionOptions;
  readonly feed: ChangeFeed;
  readonly clock: Clock;
  readonly log: Log;
  readonly instanceRoot: string;
  /** Tells the worker of a run that waits, and since when it may start. The answer resolves when it was looked for, if it is now. */
  readonly onQueued: (runId: string, notBefore: Date | null) => Promise<void> | void;
  /** Something changed that a status shows. */
  readonly changed: () => void;
}

export interface SchedulerState {
  readonly state: "starting" | "ready" | "standby" | "paused" | "held" | "late" | "failed";
  readonly reason: string;
  readonly nextRunAt: Date | null;
  /** The routine that is due then. */
  readonly nextRoutine: string | null;
  /** Since when all schedules are paused. */
  readonly pausedSince: Date | null;
  /** How late the last slot was that ran on time, in milliseconds. */
  readonly latenessMs: number | null;
  readonly failing: readonly FailingTrigger[];
}

export interface Scheduler {
  state(): Promise<SchedulerState>;
  stop(): Promise<void>;
}

/** The clocks are compared so often, so that waking from sleep and a clock that is set are noticed; it costs no statement. */
const LONGEST_SLEEP_MS = 2_000;
/** Without a change that is heard of, the database is asked so often. */
const LOOK_MS = 30_000;
/** What is due is prepared so long before. */
const AHEAD_MS = 1_000;
/** How exactly it is known until when a scheduler was awake that was killed. */
const REACH_MS = 15_000;
/** Wall and monotonic clock differ by so much only where the machine slept or its clock was set. */
const JUMP_MS = 5_000;
/** After a failure, or to see whether the leader is gone. */
const RETRY_MS = 5_000;
/** A slot that nobody looked at for so long says that the scheduler does not come through. */
const LATE_MS = 15_000;

/**
 * Starts routines when their triggers are due, as long as this process is the leader of its database. It sleeps for two seconds
 * at most and goes by the clock on the wall, never by how long a timer took.
 */
export function startScheduler(options: SchedulerOptions): Scheduler {
  const { database, clock, log } = options;
  const failing = new Map<string, FailingTrigger>();
  const round = { database, clock, log, failing, onQueued: options.onQueued };
  let leadership: Leadership | null = null;
  let coverage: Coverage | null = null;
  let state: Exclude<SchedulerState["state"], "paused" | "late"> = "starting";
  let problem: string | null = null;
  let latenessMs: number | null = null;
  let next: { readonly at: Date; readonly routineTitle: string } | null = null;
  let ahead: readonly Ahead[] = [];
  let lookAt = 0;
  let reachedAt = -Infinity;
  let seen = { wall: clock.now().getTime(), monotonic: clock.monotonicMs() };
  let looking: Promise<void> | null = null;
  let again = false;
  let stopping = false;

  const alarm = createAlarm(clock, LONGEST_SLEEP_MS, ring);

  /** Looks at the clocks; at the database only where something is due, was changed, or nobody looked for a while. */
  function ring(): void {
    if (hasJumped() || clock.now().getTime() >= lookAt || clock.monotonicMs() - seen.monotonic > LOOK_MS) look();
    else arm();
  }

  function hasJumped(): boolean {
    return Math.abs(clock.now().getTime() - seen.wall - (clock.monotonicMs() - seen.monotonic)) > JUMP_MS;
  }

  function arm(): void {
    alarm.setIn(Math.min(LONGEST_SLEEP_MS, Math.max(1, lookAt - clock.now().getTime())));
  }

  function look(): void {
    if (stopping) return;
    again = true;
    looking ??= lookUntilDone().finally(() => {
      looking = null;
      if (!stopping) arm();
    });
  }

  async function lookUntilDone(): Promise<void> {
    while (again && !stopping) {
      again = false;
      try {
        await lead();
      } catch (error) {
        if (problem === null) log.warn({ error }, "the scheduler could not look at what is due");
        enter("failed", errorText(error));
        lookAt = clock.now().getTime() + RETRY_MS;
      }
    }
  }

  async function lead(): Promise<void> {
    await firePrepared();
    if ((await readHold(database.orm)) !== null) {
      enter("held", null);
      lookAt = clock.now().getTime() + LOOK_MS;
      return;
    }
    leadership ??= await take();
    if (!leadership) {
      enter("standby", null);
      lookAt = clock.now().getTime() + RETRY_MS;
      return;
    }
    await noteClocks();
    const done = await accountDue(round);
    // Afterwards, because a slot that is due does not wait for it.
    if (coverage && clock.monotonicMs() - reachedAt > REACH_MS) {
      await coverage.reach(clock.now());
      reachedAt = clock.monotonicMs();
    }
    latenessMs = done.latenessMs ?? latenessMs;
    if (done.more) again = true;
    await keepPaused(database);
    next = await nextDue(database, failing);
    const now = clock.now().getTime();
    const nextAt = next?.at.getTime() ?? Infinity;
    const isSoon = next !== null && nextAt - now <= AHEAD_MS;
    if (next && isSoon) ahead = await readAhead(database.orm, next.at);
    lookAt = Math.min(isSoon ? nextAt : nextAt - AHEAD_MS, now + LOOK_MS);
    enter("ready", null);
  }

  /** Fires what was prepared for this instant, before anything else is looked at. What it leaves is accounted for after that. */
  async function firePrepared(): Promise<void> {
    const now = clock.now();
    const due = ahead.filter(({ slot }) => slot <= now.getTime());
    ahead = [];
    if (due.length === 0 || !leadership || !coverage || hasJumped()) return;
    const claims: (Promise<void> | void)[] = [];
    for (let start = 0; start < due.length; start += ABREAST) {
      await Promise.all(
        due.slice(start, start + ABREAST).map(async (one) => {
          // One that fails is tried again in the long way, which says why.
          if (failing.has(one.triggerId) || !(await fireAhead(database.orm, one, now).catch(() => false))) return;
          claims.push(options.onQueued(one.run.id, null));
          latenessMs = now.getTime() - one.slot;
        }),
      );
    }
    // The runs go first.
    await Promise.all(claims);
  }

  async function take(): Promise<Leadership | null> {
    const taken = await tryToLead(options.session);
    taken?.onLost(() => {
      leadership = null;
      coverage = null;
      look();
    });
    return taken;
  }

  /** Writes down that nobody was awake for a while, before the slots of that while are accounted for. */
  async function noteClocks(): Promise<void> {
    const now = clock.now();
    const before = seen;
    const here = { wall: now.getTime(), monotonic: clock.monotonicMs() };
    const jump = here.wall - before.wall - (here.monotonic - before.monotonic);
    if (!coverage) {
      coverage = await beginCoverage(database, options.instanceRoot, now);
      await rewindAll(round);
    } else if (jump > JUMP_MS || here.monotonic - before.monotonic > LOOK_MS + 4 * LONGEST_SLEEP_MS) {
      log.warn({ jumpMs: Math.round(jump) }, "the machine was asleep, or its clock was put forward");
      await coverage.interrupt(new Date(before.wall), now, "slept");
    } else if (jump < -JUMP_MS) {
      log.warn({ jumpMs: Math.round(jump) }, "the clock was put back");
      await coverage.interrupt(new Date(before.wall), now, "clock_back");
      await rewindAll(round);
    }
    // Only once it is written: what failed is noted again.
    seen = here;
  }

  function enter(found: typeof state, why: string | null): void {
    const told = state !== found;
    state = found;
    problem = why;
    if (told) options.changed();
  }

  const unsubscribe = options.feed.subscribe(({ topic }) => {
    if (topic === "routines" || topic === "resync" || (topic === "status" && state === "held")) look();
  });
  look();

  async function stop(): Promise<void> {
    stopping = true;
    unsubscribe();
    alarm.stop();
    await looking;
    await coverage
      ?.end(clock.now())
      .catch((error: unknown) => log.warn({ error }, "the end of the scheduler is not noted"));
    await leadership?.release().catch(() => undefined);
  }
  let stopped: Promise<void> | null = null;

  return {
    state: async () => {
      const troubles = [...failing.values()];
      const pausedSince = await readPause(database.orm).catch(() => null);
      const due = leadership ? next : null;
      const common = {
        nextRunAt: due?.at ?? null,
        nextRoutine: due?.routineTitle ?? null,
        latenessMs,
        failing: troubles,
        pausedSince,
      };
      if (state === "standby") return { ...common, state, reason: await otherLeader(database) };
      if (state === "held") return { ...common, state, reason: HELD };
      if (state !== "ready") return { ...common, state, reason: problem ?? "The scheduler is starting." };
      if (pausedSince !== null) {
        return {
          ...common,
          state: "paused",
          reason: `Schedules and webhooks are paused since ${pausedSince.toISOString()}.`,
        };
      }
      const lateBy = next === null ? 0 : clock.now().getTime() - next.at.getTime();
      if (lateBy > LATE_MS)
        return { ...common, state: "late", reason: `A slot is ${Math.round(lateBy / 1_000)} s overdue.` };
      const reason = next === null ? "No trigger is due." : `Next slot: ${next.at.toISOString()}.`;
      return { ...common, state, reason };
    },
    stop: () => (stopped ??= stop()),
  };
}

const HELD = "Nothing starts by itself until what was restored is released.";

/** Who schedules on this database. */
async function otherLeader(database: Database): Promise<string> {
  const [other] = await database.orm
    .select()
    .from(schedulerCoverage)
    .where(isNull(schedulerCoverage.endedBy))
    .orderBy(desc(schedulerCoverage.beganAt))
    .limit(1);
  if (!other) return "Another process schedules on this database.";
  return `Process ${other.pid} on ${other.hostname} (${other.instanceRoot}) schedules on this database.`;
}
