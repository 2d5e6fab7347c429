import os from "node:os";
import path from "node:path";
import type { Database } from "../database/database.ts";
import type { Clock } from "../instance/clock.ts";
import type { Log } from "../instance/log.ts";
import type { InstancePaths } from "../instance/paths.ts";
import { type Finished, finishAttempt } from "./claims.ts";
import { ownerDied } from "./failures.ts";
import { logSize, readExcerpt } from "./log-reading.ts";
import { OWNER_LEASE_MS, removeDeadOwners } from "./owners.ts";
import { endTree } from "./process-tree.ts";
import type { LogSummary } from "./runner/messages.ts";

export interface ReconcileOptions {
  readonly database: Database;
  readonly paths: InstancePaths;
  readonly clock: Clock;
  readonly log: Log;
  /** This process, which owns the instance: every other owner of it is dead. */
  readonly ownerId: string;
  /** The runs that this owner executes. One of its own that is not among them was claimed and never heard of. */
  readonly known: readonly string[];
  /** Between TERM and KILL for what dead owners left. */
  readonly graceMs: number;
}

interface Orphan {
  readonly runId: string;
  readonly attemptId: string | null;
  readonly ownerId: string | null;
  readonly logPath: string | null;
  readonly retryOnInterruption: boolean;
  /** Whether its processes and its log are those of this instance on this machine. */
  readonly here: boolean;
}

/** Runs of owners that are dead: of this instance under another owner, or not seen for the lease, or not entered at all. */
const ORPHANS = `
  select run.id as "runId", attempt.id as "attemptId", run.claimed_by as "ownerId", attempt.log_path as "logPath",
    run.retry_on_interruption as "retryOnInterruption",
    owner.id is null or (owner.instance_root = $2 and owner.hostname = $3) as here
  from routine_runs run
  left join owners owner on owner.id = run.claimed_by
  left join heartbeat_runs attempt on attempt.routine_run_id = run.id and attempt.attempt = run.attempts
  where run.status = 'running' and not (run.claimed_by is not distinct from $1::uuid and run.id = any ($5::uuid[]))
    and (owner.id is null or (owner.instance_root = $2 and owner.hostname = $3) or owner.seen_at < $4)`;

/**
 * Runs that a dead owner was executing become `interrupted`: first what is left of their processes is ended, found by
 * the marker in their environment, then the row says so with what there is of the log. A run that its routine declares
 * safe to repeat goes back into the queue. Answers what became of each.
 */
export async function reconcile(options: ReconcileOptions): Promise<Finished[]> {
  const { database, paths, clock, log, ownerId } = options;
  const leaseStart = new Date(clock.now().getTime() - OWNER_LEASE_MS);
  const { rows } = await database.pool.query<Orphan>(ORPHANS, [
    ownerId,
    paths.root,
    os.hostname(),
    leaseStart,
    options.known,
  ]);
  const ended = await Promise.all(rows.map((orphan) => interrupt(options, orphan)));
  await removeDeadOwners(database.orm, ownerId, paths, leaseStart);
  const finished = ended.flatMap((each) => each ?? []);
  if (finished.length > 0) log.warn({ count: finished.length }, "runs of an owner that ended were interrupted");
  return finished;
}

async function interrupt(options: ReconcileOptions, orphan: Orphan): Promise<Finished | null> {
  const { database, paths, clock } = options;
  if (orphan.attemptId === null) return null;
  const tree = { runId: orphan.runId, leader: null };
  const left = orphan.here ? await endTree(tree, { graceMs: options.graceMs }) : null;
  const file = orphan.here && orphan.logPath !== null ? path.join(paths.runLogs, orphan.logPath) : null;
  const now = clock.now();
  const ending = {
    attemptId: orphan.attemptId,
    ownerId: orphan.ownerId,
    status: "interrupted" as const,
    failure: ownerDied,
    pid: null,
    exitCode: null,
    signal: null,
    leftProcesses: left,
    log: file === null ? null : await remainsOfLog(file),
    given: null,
    retryAt: orphan.retryOnInterruption ? now : null,
  };
  return finishAttempt(database, ending, now);
}

/** What can be told of a log whose writer is gone: it keeps what was written. Null where there is none. */
export async function remainsOfLog(file: string): Promise<LogSummary | null> {
  const bytes = await logSize(file);
  if (bytes === null) return null;
  return { ...(await readExcerpt(file)), bytes, sha256: null, droppedBytes: 0, maskHits: 0, problem: null };
}
