import { and, eq, gte, ilike, inArray, lte, or, type SQL, sql } from "drizzle-orm";
import type { RunRecord } from "../../preload/contract/runs.ts";
import { implementer } from "../contract/implementer.ts";
import { Refusal } from "../contract/refusal.ts";
import type { ChangeFeed } from "../database/changes.ts";
import type { Database, Executor } from "../database/database.ts";
import { routineRuns } from "../database/schema/runs.ts";
import type { Clock } from "../instance/clock.ts";
import type { InstancePaths } from "../instance/paths.ts";
import { findAgent, findCompany } from "../work/lookup.ts";
import { findAttemptLog } from "./attempt-log.ts";
import { followRun, waitForRun } from "./follow.ts";
import { createLogIndexes } from "./log-index.ts";
import { readLines, searchLog } from "./log-lines.ts";
import { readTail } from "./log-reading.ts";
import type { LogRetention } from "./log-retention.ts";
import { findRoutineIds, findRunId, findTriggerIds } from "./lookup.ts";
import { runDetailOf, runRecordOf, runRows } from "./records.ts";
import { requestCancel, retryRun } from "./requests.ts";
import { runTimeline } from "./timeline.ts";
import type { Worker } from "./worker.ts";

export interface RunServices {
  readonly database: Database;
  readonly feed: ChangeFeed;
  readonly paths: InstancePaths;
  readonly worker: Pick<Worker, "accept" | "cancel" | "onLog">;
  readonly clock: Clock;
  readonly retention: Pick<LogRetention, "plan" | "prune">;
}

const DEFAULT_PAGE = 50;
/** Lines of a log that are answered where no number was asked for. */
const DEFAULT_TAIL = 10_000;
const DEFAULT_MATCHES = 1_000;
const DEFAULT_BUCKETS = 96;

interface OneRun {
  readonly company?: string | undefined;
  readonly run: string;
}

/** The calls of the contract's area `runs`. */
export function runProcedures(services: RunServices) {
  const area = implementer.runs;
  const { database, paths, worker, clock, retention } = services;
  const { orm } = database;
  const indexes = createLogIndexes();
  const meant = async (input: OneRun): Promise<{ companyId: string; runId: string }> => {
    const { id: companyId } = await findCompany(orm, input.company);
    return { companyId, runId: await findRunId(orm, companyId, input.run) };
  };

  return {
    list: area.list.handler(async ({ input }) => {
      const { id: companyId } = await findCompany(orm, input.company);
      const limit = input.limit ?? DEFAULT_PAGE;
      const rows = await runRows(orm, and(...(await filters(orm, companyId, input))), limit + 1);
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        runs: shown.map((row) => row.record),
        nextCursor: rows.length > limit && last ? `${last.triggeredAtExactly} ${last.record.id}` : null,
      };
    }),
    get: area.get.handler(async ({ input }) => {
      const { companyId, runId } = await meant(input);
      return runDetailOf(orm, companyId, runId);
    }),
    logs: area.logs.handler(async ({ input }) => {
      const { runId } = await meant(input);
      const { file } = await findAttemptLog(orm, paths, runId, input.attempt);
      return file === null ? { lines: [], truncated: false } : readTail(file, input.tail ?? DEFAULT_TAIL);
    }),
    logLines: area.logLines.handler(async ({ input }) => {
      const { runId } = await meant(input);
      // What is over has its whole log in the file; so the state is read first.
      const { file, over } = await findAttemptLog(orm, paths, runId, input.attempt);
      const read = file === null ? { lines: [], total: 0 } : await readLines(indexes, file, input.from, input.count);
      return { ...read, complete: over };
    }),
    logSearch: area.logSearch.handler(async ({ input, signal }) => {
      const { runId } = await meant(input);
      const { file } = await findAttemptLog(orm, paths, runId, input.attempt);
      if (file === null) return { matches: [], more: false };
      return searchLog(file, { text: input.text, limit: input.limit ?? DEFAULT_MATCHES, signal });
    }),
    logRetention: area.logRetention.handler(({ input }) => retention.plan(input)),
    pruneLogs: area.pruneLogs.handler(() => retention.prune()),
    timeline: area.timeline.handler(async ({ input }) => {
      const { id: companyId } = await findCompany(orm, input.company);
      const { since, until, buckets = DEFAULT_BUCKETS } = input;
      return runTimeline(database, { companyId, since: new Date(since), until: new Date(until), buckets });
    }),
    follow: area.follow.handler(async function* ({ input, signal }) {
      const run = await meant(input);
      yield* followRun({ ...services, indexes }, { ...run, fromLine: input.fromLine ?? 0 }, signal);
    }),
    wait: area.wait.handler(async ({ input, signal }) => {
      const run = await meant(input);
      const { timeoutMs } = input;
      const late = new AbortController();
      const cancelTimer = timeoutMs === undefined ? undefined : clock.after(timeoutMs, () => late.abort());
      try {
        return await waitForRun(services, run, signal ? AbortSignal.any([signal, late.signal]) : late.signal);
      } finally {
        cancelTimer?.();
      }
    }),
    cancel: area.cancel.handler(async ({ input }): Promise<RunRecord> => {
      const run = await meant(input);
      await requestCancel(database, run, clock.now());
      worker.cancel(run.runId);
      return runRecordOf(orm, run.companyId, run.runId);
    }),
    retry: area.retry.handler(async ({ input }): Promise<RunRecord> => {
      const run = await meant(input);
      await retryRun(database, run, clock.now());
      worker.accept(run.runId);
      return runRecordOf(orm, run.companyId, run.runId);
    }),
  };
}

interface Filters {
  readonly routine?: string | undefined;
  readonly agent?: string | undefined;
  readonly status?: RunRecord["status"][] | undefined;
  readonly source?: RunRecord["source"] | undefined;
  readonly trigger?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly text?: string | undefined;
  readonly cursor?: string | undefined;
}

async function filters(executor: Executor, companyId: string, input: Filters): Promise<SQL[]> {
  const conditions: (SQL | undefined)[] = [eq(routineRuns.companyId, companyId)];
  if (input.routine !== undefined) {
    conditions.push(inArray(routineRuns.routineId, await findRoutineIds(executor, companyId, input.routine)));
  }
  if (input.agent !== undefined) {
    conditions.push(eq(routineRuns.agentId, (await findAgent(executor, companyId, input.agent)).id));
  }
  if (input.status && input.status.length > 0) conditions.push(inArray(routineRuns.status, input.status));
  if (input.source) conditions.push(eq(routineRuns.source, input.source));
  if (input.trigger !== undefined) {
    conditions.push(inArray(routineRuns.triggerId, await findTriggerIds(executor, companyId, input.trigger)));
  }
  if (input.since) conditions.push(gte(routineRuns.triggeredAt, new Date(input.since)));
  if (input.until) conditions.push(lte(routineRuns.triggeredAt, new Date(input.until)));
  if (input.text) conditions.push(holdsText(input.text));
  if (input.cursor !== undefined) conditions.push(after(input.cursor));
  return conditions.flatMap((condition) => condition ?? []);
}

/** Title, reason or excerpt hold the text, whatever the case; it is text and no pattern. */
function holdsText(text: string): SQL | undefined {
  const pattern = `%${text.replaceAll("\0", "").replace(/[\\%_]/g, "\\$&")}%`;
  return or(
    ilike(routineRuns.title, pattern),
    ilike(routineRuns.logExcerpt, pattern),
    ilike(routineRuns.skipReason, pattern),
    ilike(routineRuns.heldReason, pattern),
    sql`${routineRuns.failure} ->> 'message' ilike ${pattern}`,
    sql`${routineRuns.failure} ->> 'code' ilike ${pattern}`,
  );
}

/** Everything older than where the last page ended. */
function after(cursor: string): SQL {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(cursor);
  if (!match) {
    throw new Refusal("invalid_input", "The cursor is not one that a list of runs answered with.", {
      fields: { cursor: "is not valid" },
      next: "Begin again without a cursor.",
    });
  }
  const [, at, id] = match;
  return sql`(${routineRuns.triggeredAt}, ${routineRuns.id}) < (${at}::timestamptz, ${id}::uuid)`;
}
