import path from "node:path";
import { and, asc, eq, gt } from "drizzle-orm";
import { activeRunStatuses, type FollowEvent, type RunRecord, type RunStatus } from "../../preload/contract/runs.ts";
import type { ChangeFeed } from "../database/changes.ts";
import type { Database } from "../database/database.ts";
import { heartbeatRuns } from "../database/schema/runs.ts";
import type { InstancePaths } from "../instance/paths.ts";
import { readForward } from "./log-reading.ts";
import { runRecordOf } from "./records.ts";
import type { Worker } from "./worker.ts";

export interface FollowServices {
  readonly database: Database;
  readonly feed: ChangeFeed;
  readonly worker: Pick<Worker, "onLog">;
  readonly paths: InstancePaths;
}

/** Where one reads in the log of an attempt. */
interface Reading {
  readonly attempt: number;
  readonly file: string;
  offset: number;
}

function isOver(status: RunStatus): boolean {
  const active: readonly RunStatus[] = activeRunStatuses;
  return !active.includes(status) && status !== "held";
}

/**
 * A run as it goes on, until it is over or `signal` aborts: its record whenever that changed, the lines of its latest
 * attempt from the first one on and of every attempt after that, then `end`. Lines are read from the log file from where
 * the last read ended, also while the run goes on, so there is neither a gap nor a double between old and new ones.
 */
export async function* followRun(
  services: FollowServices,
  run: { companyId: string; runId: string },
  signal: AbortSignal | undefined,
): AsyncGenerator<FollowEvent, void, undefined> {
  const { database, feed, worker, paths } = services;
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
        // The attempts that have begun since, oldest first; each but the last one is complete.
        const known: number = reading?.attempt ?? record.attempts - 1;
        for (const next of await attemptsAfter(database, paths, run.runId, known)) {
          if (reading) yield* linesOf(reading);
          reading = next;
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
  return rows.map((row) => ({ attempt: row.attempt, file: path.join(paths.runLogs, row.logPath ?? ""), offset: 0 }));
}

async function* linesOf(reading: Reading): AsyncGenerator<FollowEvent, void, undefined> {
  for (;;) {
    const { lines, next } = await readForward(reading.file, reading.offset);
    if (next === reading.offset) return;
    reading.offset = next;
    if (lines.length > 0) yield { type: "lines", attempt: reading.attempt, lines };
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
