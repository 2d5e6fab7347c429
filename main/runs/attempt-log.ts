import path from "node:path";
import { and, eq, sql } from "drizzle-orm";
import { Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { heartbeatRuns, routineRuns } from "../database/schema/runs.ts";
import type { InstancePaths } from "../instance/paths.ts";
import { logSize } from "./log-reading.ts";
import { isOver, runMissing } from "./records.ts";

/** The log of an attempt. */
export interface AttemptLog {
  /** An absolute path; null where nothing was written, or nothing yet. */
  readonly file: string | null;
  /** Nothing more will be written. */
  readonly over: boolean;
}

/**
 * The log of one attempt at a run, by its number or the latest one. A run that waits has none yet. Refuses with
 * `log_missing` where there is no such attempt, and where what it wrote was removed.
 */
export async function findAttemptLog(
  executor: Executor,
  paths: InstancePaths,
  runId: string,
  attempt: number | undefined,
): Promise<AttemptLog> {
  const [row] = await executor
    .select({
      runStatus: routineRuns.status,
      attemptStatus: heartbeatRuns.status,
      logPath: heartbeatRuns.logPath,
      bytes: heartbeatRuns.logBytes,
      removedAt: heartbeatRuns.logRemovedAt,
    })
    .from(routineRuns)
    .leftJoin(
      heartbeatRuns,
      and(
        eq(heartbeatRuns.routineRunId, routineRuns.id),
        ...(attempt === undefined ? [] : [eq(heartbeatRuns.attempt, attempt)]),
      ),
    )
    .where(eq(routineRuns.id, runId))
    .orderBy(sql`${heartbeatRuns.attempt} desc nulls last`)
    .limit(1);
  if (!row) throw runMissing(runId);
  if (row.attemptStatus === null) {
    if (attempt === undefined) return { file: null, over: isOver(row.runStatus) };
    throw new Refusal("log_missing", `The run has no attempt ${attempt}.`, {
      next: `See its attempts: \`paperclip-desktop runs show ${runId}\``,
    });
  }
  const over = isOver(row.attemptStatus);
  if (row.removedAt !== null) {
    throw new Refusal("log_missing", removedText(row.removedAt), {
      next: `Its last lines are in the record of the run: \`paperclip-desktop runs show ${runId}\``,
      details: { removedAt: row.removedAt.toISOString() },
    });
  }
  if (row.logPath === null) return { file: null, over };
  const file = path.join(paths.runLogs, row.logPath);
  if ((await logSize(file)) !== null) return { file, over };
  if (row.bytes === 0) return { file: null, over };
  throw new Refusal("log_missing", "The log of this attempt is not there any more.", {
    next: `Its last lines are in the record of the run: \`paperclip-desktop runs show ${runId}\``,
  });
}

/** What became of a log that retention took away. */
export function removedText(at: Date): string {
  return `The log was removed on ${at.toISOString().slice(0, 10)} by retention.`;
}
