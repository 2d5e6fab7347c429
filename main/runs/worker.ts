import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import type { ChangeFeed } from "../database/changes.ts";
import type { Database } from "../database/database.ts";
import { isReadOnlyFailure } from "../database/read-only.ts";
import type { BaseEnvironment } from "../environment/base.ts";
import type { Clock } from "../instance/clock.ts";
import type { Config } from "../instance/config.ts";
import type { Log } from "../instance/log.ts";
import type { InstancePaths } from "../instance/paths.ts";
import type { Vault } from "../secrets/vault.ts";
import { createAlarm } from "./alarm.ts";
import { type AttemptServices, executeAttempt, handoverDirectory } from "./attempt.ts";
import type { RunnerChannel } from "./channel.ts";
import { activeAmong, cancelRequested, type Claim, claimRuns, type Ending, finishAttempt, nextDue } from "./claims.ts";
import type { EndReason, StopReason } from "./failures.ts";
import { type Owner, registerOwner, removeOwner, SEEN_INTERVAL_MS } from "./owners.ts";
import { reconcile } from "./reconcile.ts";
import { createRunnerClient } from "./runner-client.ts";

export interface WorkerOptions {
  readonly database: Database;
  readonly vault: Vault;
  readonly feed: ChangeFeed;
  readonly clock: Clock;
  readonly log: Log;
  readonly paths: InstancePaths;
  readonly config: { readonly runs: Pick<Config["runs"], "concurrency" | "logLimitBytes"> };
  readonly kind: Owner["kind"];
  /** `all` takes whatever is queued; `asked` only what it was told of by `accept`. */
  readonly scope: "all" | "asked";
  readonly launchRunner: () => RunnerChannel;
  readonly baseEnvironment: BaseEnvironment;
  /** The folder of an agent that names none; an absolute path. */
  readonly defaultCwd: string;
  /** From 0 to 1; spreads the waits between attempts. */
  readonly random?: () => number;
  /** Between TERM and KILL, in milliseconds; 10 s unless told otherwise. */
  readonly graceMs?: number;
  /** How long processes that outlive the first one may go on, in milliseconds; 2 s unless told otherwise. */
  readonly lingerMs?: number;
}

/** Executes queued runs, so many at once as the settings say. */
export interface Worker {
  /** Tells of a run that waits. */
  accept(runId: string): void;
  /**
   * Tells of a run that may start from an instant on, or at once, without answering for it as for an accepted one. Resolves when it
   * was looked for, or will be.
   */
  expect(runId: string, notBefore: Date | null): Promise<void>;
  /** Ends a run that is executed here. False where it is not. */
  cancel(runId: string): boolean;
  /** Hears of runs whose log has grown. The answer ends that. */
  onLog(listener: (runId: string) => void): () => void;
  /** Resolves when no accepted run is queued, running or waiting for a retry. */
  idle(): Promise<void>;
  /**
   * Takes nothing new, ends what it started (those runs become `interrupted`, with the reason, because the owner stops where
   * none is given), and answers how many that were when all of it is over.
   */
  stop(reason?: StopReason): Promise<number>;
}

interface Running {
  readonly attemptId: string;
  reason: EndReason | null;
}

/** The longest time between two looks into the queue, should a change have gone unheard. */
const LONGEST_SLEEP_MS = 60_000;
/** Between TERM and KILL for what a dead owner left, in milliseconds: the start waits for it. */
const LOST_GRACE_MS = 2_000;
/** After a statement failed: the database may be starting again. */
const RETRY_MS = 500;
/** After one was refused because the database can only be read: that takes somebody to change it. */
const READ_ONLY_RETRY_MS = 5_000;
/** What the log of a run says at its end. */
const NOTES = {
  cancelled: "The run was cancelled.",
  owner_stopped: "The app was stopped, and the run with it.",
  ended_for_restore: "The run was ended for a restore or its undo.",
} as const satisfies Record<EndReason, string>;
/** Changes of running runs are looked into together. */
const CANCEL_CHECK_MS = 100;

/**
 * Enters this process as an owner, ends what dead owners left, and begins to execute runs. A database that is away for a
 * while stops nothing that runs: what became of it is written when the database is back.
 */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { database, feed, clock, log, paths, config, scope } = options;
  const { graceMs = 10_000, lingerMs = 2_000, random = Math.random } = options;
  const owner: Owner = { id: randomUUID(), kind: options.kind };
  const runner = createRunnerClient(options.launchRunner, log);
  const services: AttemptServices = {
    database,
    vault: options.vault,
    clock,
    log,
    paths,
    runner,
    ownerId: owner.id,
    baseEnvironment: options.baseEnvironment,
    defaultCwd: options.defaultCwd,
    logLimitBytes: config.runs.logLimitBytes,
    random,
    graceMs,
    lingerMs,
  };
  const running = new Map<string, Running>();
  const attempts = new Set<Promise<void>>();
  const accepted = new Set<string>();
  /** Committed, and looked for by the look that goes on: what the feed says of them is no news. */
  const lookedFor = new Set<string>();
  const logListeners = new Set<(runId: string) => void>();
  const changeListeners = new Set<() => void>();
  let entered = false;
  let readOnly = false;
  let stopping: StopReason | null = null;
  let ended = 0;
  let looking: Promise<void> | null = null;
  let lookAgain = false;
  let lookForLost = false;
  let cancelCheck: (() => void) | null = null;

  /** Only where no claim is on its way, because a run that is claimed and not known here counts as lost. */
  const endLost = () =>
    reconcile({
      database,
      paths,
      clock,
      log,
      ownerId: owner.id,
      known: [...running.keys()],
      graceMs: Math.min(graceMs, LOST_GRACE_MS),
    });
  /** Before its first claim, because the runs of an owner that is not entered count as lost. */
  async function enter(): Promise<void> {
    await registerOwner(database.orm, owner, paths, clock.now());
    await endLost();
    entered = true;
  }
  await enter().catch((error: unknown) => {
    if (!isReadOnlyFailure(error)) throw error;
  });
  await rm(handoverDirectory(paths), { recursive: true, force: true });

  /** Looks into the queue, one look at a time; a wish for another one during it is heard. */
  function look(): void {
    if (stopping) return;
    lookAgain = true;
    looking ??= lookUntilDone().finally(() => {
      looking = null;
      lookedFor.clear();
    });
  }

  function lookFor(runId: string): void {
    lookedFor.add(runId);
    look();
  }

  async function lookUntilDone(): Promise<void> {
    try {
      while (lookAgain && !stopping) {
        lookAgain = false;
        if (!entered) await enter();
        else if (lookForLost) await endLost();
        lookForLost = false;
        await fillSlots();
      }
      readOnly = false;
    } catch (error) {
      // The statement may have claimed runs whose names never arrived.
      lookForLost = true;
      const wasReadOnly = readOnly;
      readOnly = isReadOnlyFailure(error);
      if (!readOnly) log.warn({ error }, "the queue could not be read");
      else if (!wasReadOnly) log.warn({ error }, "no runs are executed while the database can only be read");
      alarm.setIn(readOnly ? READ_ONLY_RETRY_MS : RETRY_MS);
    }
  }

  async function fillSlots(): Promise<void> {
    const ids = scope === "all" ? null : [...accepted];
    for (;;) {
      const free = config.runs.concurrency - running.size;
      if (free <= 0 || stopping || ids?.length === 0) return;
      // Another owner on the database may have the key. Whoever asked this one is told at once.
      const withSecrets = options.vault.state() === "locked" ? [...accepted] : null;
      const claims = await claimRuns(database, { ownerId: owner.id, now: clock.now(), limit: free, ids, withSecrets });
      for (const claim of claims) begin(claim);
      if (claims.length < free) return;
    }
  }

  function begin(claim: Claim): void {
    const entry: Running = { attemptId: claim.attemptId, reason: stopping };
    running.set(claim.runId, entry);
    lookedFor.delete(claim.runId);
    const attempt = carryOut(claim, entry).finally(() => {
      running.delete(claim.runId);
      attempts.delete(attempt);
      changed();
      look();
    });
    attempts.add(attempt);
  }

  async function carryOut(claim: Claim, entry: Running): Promise<void> {
    const ending = await executeAttempt(services, claim, { reason: () => entry.reason });
    if (stopping !== null && ending.failure?.code === stopping) ended += 1;
    const finished = await writeDown(ending);
    if (finished?.status !== "queued") accepted.delete(claim.runId);
    else if (finished.notBefore) alarm.setFor(finished.notBefore);
  }

  /** What became of an attempt must not get lost: it is written until the database takes it. */
  async function writeDown(ending: Ending): ReturnType<typeof finishAttempt> {
    for (let failures = 0; ; failures += 1) {
      try {
        return await finishAttempt(database, ending, clock.now());
      } catch (error) {
        // Once a minute: a database may be away, or only be read, for days.
        if (failures % (60_000 / RETRY_MS) === 0) {
          log.warn({ error, attemptId: ending.attemptId }, "the end of an attempt could not be written yet");
        }
        // When the app closes while the database is away, the next start finds the run and says that it was interrupted.
        if (stopping && failures >= 10) return null;
        await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve));
      }
    }
  }

  const alarm = createAlarm(clock, LONGEST_SLEEP_MS, () => {
    look();
    void planNextLook();
  });

  async function planNextLook(): Promise<void> {
    const due = await nextDue(database, clock.now(), scope === "all" ? null : [...accepted]).catch(() => null);
    if (due) alarm.setFor(due);
    else alarm.setIn(LONGEST_SLEEP_MS);
  }

  function endRun(runId: string, reason: EndReason): boolean {
    const entry = running.get(runId);
    if (!entry) return false;
    entry.reason ??= reason;
    runner.cancel(entry.attemptId, NOTES[reason]);
    return true;
  }

  /** A cancel may come from another process on the database: it is a mark on the row. */
  function checkCancelsSoon(): void {
    cancelCheck ??= clock.after(CANCEL_CHECK_MS, () => {
      cancelCheck = null;
      cancelRequested(database, [...running.keys()]).then(
        (runIds) => runIds.forEach((runId) => endRun(runId, "cancelled")),
        (error: unknown) => log.warn({ error }, "requests to cancel could not be read"),
      );
    });
  }

  function changed(): void {
    for (const listener of changeListeners) listener();
  }

  const unsubscribe = feed.subscribe((change) => {
    if (change.topic !== "runs" && change.topic !== "resync") return;
    if (change.id === null || running.has(change.id)) checkCancelsSoon();
    if (change.id === null || !(running.has(change.id) || lookedFor.has(change.id))) look();
    changed();
  });
  // Runs with secrets may have waited for it.
  const forgetVault = options.vault.becameReady.subscribe(look);
  const stopListening = runner.onGrew((attemptId) => {
    for (const [runId, entry] of running) {
      if (entry.attemptId === attemptId) for (const listener of logListeners) listener(runId);
    }
  });
  let cancelSeen = clock.after(SEEN_INTERVAL_MS, seen);
  let ticks = 0;
  function seen(): void {
    ticks += 1;
    registerOwner(database.orm, owner, paths, clock.now())
      .then(() => {
        // Owners of other machines may have died; whoever notices says so.
        lookForLost ||= ticks % 4 === 0 && scope === "all";
        if (lookForLost) look();
      })
      .catch((error: unknown) => {
        if (!isReadOnlyFailure(error)) log.warn({ error }, "this owner could not say that it is there");
      })
      .finally(() => {
        if (!stopping) cancelSeen = clock.after(SEEN_INTERVAL_MS, seen);
      });
  }
  look();
  void planNextLook();

  async function stop(reason: StopReason): Promise<number> {
    stopping = reason;
    changed();
    unsubscribe();
    forgetVault();
    alarm.stop();
    cancelSeen();
    cancelCheck?.();
    await looking;
    for (const runId of running.keys()) endRun(runId, reason);
    await Promise.all(attempts);
    stopListening();
    await runner.stop();
    await removeOwner(database.orm, owner.id).catch((error: unknown) =>
      log.warn({ error }, "the owner was not taken out"),
    );
    return ended;
  }
  let stopped: Promise<number> | null = null;

  return {
    accept: (runId) => {
      accepted.add(runId);
      lookFor(runId);
    },
    expect: async (runId, notBefore) => {
      if (notBefore) alarm.setFor(notBefore);
      else lookFor(runId);
      await looking;
    },
    cancel: (runId) => endRun(runId, "cancelled"),
    onLog: (listener) => {
      logListeners.add(listener);
      return () => logListeners.delete(listener);
    },
    idle: async () => {
      while (accepted.size > 0 && !stopping) {
        const next = nextChange();
        const asked = [...accepted];
        const active = new Set(await activeAmong(database, asked));
        for (const runId of asked) if (!active.has(runId)) accepted.delete(runId);
        if (accepted.size > 0 && !stopping) await next.heard;
        next.forget();
      }
    },
    stop: (reason = "owner_stopped") => (stopped ??= stop(reason)),
  };

  /** The first change from now on, until it is forgotten. */
  function nextChange(): { heard: Promise<void>; forget: () => void } {
    let listener: () => void = () => undefined;
    const heard = new Promise<void>((resolve) => {
      listener = resolve;
    });
    changeListeners.add(listener);
    return { heard, forget: () => changeListeners.delete(listener) };
  }
}
