import path from "node:path";
import { and, asc, eq, gt } from "drizzle-orm";
import type { FollowEvent, RunRecord } from "../../preload/contract/runs.ts";
import type { ChangeFeed } from "../database/changes.ts";
import type { Database } from "../database/database.ts";
import { heartbeatRuns } from "../database/schema/runs.ts";
import type { InstancePaths } from "../instance/paths.ts";
import type { LogIndexes } from "./log-index.ts";
import { positionOf } from "./log-lines.ts";
import { openIfThere, readForward } from "./log-reading.ts";
import { isOver, runRecordOf } from "./records.ts";
import type { Worker } from "./worker.ts";

export interface FollowServices {
  readonly database: Database;
  readonly feed: ChangeFeed;
  readonly worker: Pick<Worker, "onLog">;
  readonly paths: InstancePaths;
  readonly indexes: LogIndexes;
}

/** Where one reads in the log of an attempt. */
interface Reading {
  readonly attempt: number;
  readonly file: string;
  offset: number;
  /** The number of the line at `offset`. */
  line: number;
  /** Lines before this number are left out. */
  readonly fromLine: number;
}

/**
 * A run as it goes on, until it is over or `signal` aborts: its record whenever that changed, the lines of its latest
 * attempt from `fromLine` on and those of every attempt after that, then `end`. Lines are read from the log file from where
 * the last read ended, also while the run goes on, so there is neither a gap nor a double between old and new ones.
 */
export async function* followRun(
  services: FollowServices,
  run: { companyId: string; runId: string; fromLine: number },
  signal: AbortSignal | undefined,
): AsyncGenerator<FollowEvent, void, undefined> {
  const { database, feed, worker, paths, indexes } = services;
  const bell = createBell(signal);
  const stopListening = [
    feed.subscribe((change) => {
      if (change.topic === "resync" || (change.topic === "runs" && change.id === run.runId)) bell.ring("changed");
    }),
    worker.onLog((runId) => {
      if (runId === run.runId) bell.ring("grew");
    }),
  ];
  let reading = null as Reading | null;
  /** The attempt that is the latest one at first. */
  let current = null as number | null;
  let shown = "";
  try {
    bell.ring("changed");
    for (;;) {
      const rung = await bell.wait();
      if (rung === null) return;
      let record: RunRecord | null = null;
      if (rung.has("changed")) {
        record = await runRecordOf(database.orm, run.companyId, run.runId);
        const text = JSON.stringify(record);
        if (text !== shown) yield { type: "run", run: record };
        shown = text;
        current ??= record.attempts;
        // The attempts that have begun since, oldest first; each but the last one is complete.
        const known: number = reading?.attempt ?? record.attempts - 1;
        for (const next of await attemptsAfter(database, paths, run.runId, known)) {
          if (reading) yield* linesOf(reading);
          reading = next.attempt === current ? await placed(indexes, next, run.fromLine) : next;
        }
      }
      if (reading) yield* linesOf(reading);
      if (record && isOver(record.status)) {
        yield { type: "end", run: record };
        return;
      }
    }
  } finally {
    for (const stop of stopListening) stop();
  }
}

/** Resolves with the run once it is over, or as it stands when `signal` aborts. */
export async function waitForRun(
  services: Pick<FollowServices, "database" | "feed">,
  run: { companyId: string; runId: string },
  signal: AbortSignal | undefined,
): Promise<RunRecord> {
  const bell = createBell(signal);
  const stopListening = services.feed.subscribe((change) => {
    if (change.topic === "resync" || (change.topic === "runs" && change.id === run.runId)) bell.ring("changed");
  });
  try {
    for (;;) {
      const record = await runRecordOf(services.database.orm, run.companyId, run.runId);
      if (isOver(record.status) || (await bell.wait()) === null) return record;
    }
  } finally {
    stopListening();
  }
}

async function attemptsAfter(
  database: Database,
  paths: InstancePaths,
  runId: string,
  attempt: number,
): Promise<Reading[]> {
  const rows = await database.orm
    .select({ attempt: heartbeatRuns.attempt, logPath: heartbeatRuns.logPath })
    .from(heartbeatRuns)
    .where(and(eq(heartbeatRuns.routineRunId, runId), gt(heartbeatRuns.attempt, attempt)))
    .orderBy(asc(heartbeatRuns.attempt));
  // A log without a path was removed.
  return rows.flatMap(({ attempt: number, logPath }) =>
    logPath === null
      ? []
      : [{ attempt: number, file: path.join(paths.runLogs, logPath), offset: 0, line: 0, fromLine: 0 }],
  );
}

/** A reading that begins at a line, or at the end of a log that does not have it yet. */
async function placed(indexes: LogIndexes, reading: Reading, fromLine: number): Promise<Reading> {
  const handle = fromLine > 0 ? await openIfThere(reading.file) : null;
  if (!handle) return { ...reading, fromLine };
  try {
    const index = await indexes.of(reading.file, handle);
    const line = Math.min(fromLine, index.total);
    return { ...reading, fromLine, line, offset: await positionOf(handle, index, line) };
  } finally {
    await handle.close();
  }
}

async function* linesOf(reading: Reading): AsyncGenerator<FollowEvent, void, undefined> {
  for (;;) {
    const { lines, next } = await readForward(reading.file, reading.offset);
    if (next === reading.offset) return;
    reading.offset = next;
    const leftOut = Math.max(0, reading.fromLine - reading.line);
    const first = reading.line + leftOut;
    reading.line += lines.length;
    if (lines.length > leftOut) {
      yield { type: "lines", attempt: reading.attempt, first, lines: lines.slice(leftOut) };
    }
  }
}

type Ring = "changed" | "grew";

/** Remembers what it was rung for until somebody waits. `wait` answers null once `signal` has aborted. */
function createBell(signal: AbortSignal | undefined): { ring(what: Ring): void; wait(): Promise<Set<Ring> | null> } {
  let rung = new Set<Ring>();
  let wake: () => void = () => undefined;
  signal?.addEventListener("abort", () => wake(), { once: true });
  return {
    ring: (what) => {
      rung.add(what);
      wake();
    },
    wait: async () => {
      while (rung.size === 0 && !signal?.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (signal?.aborted) return null;
      const heard = rung;
      rung = new Set();
      return heard;
    },
  };
}
