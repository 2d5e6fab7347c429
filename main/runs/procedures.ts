import type { RunRecord } from "../../preload/contract/runs.ts";
import { implementer } from "../contract/implementer.ts";
import type { ChangeFeed } from "../database/changes.ts";
import type { Database } from "../database/database.ts";
import type { Clock } from "../instance/clock.ts";
import type { InstancePaths } from "../instance/paths.ts";
import { findCompany } from "../work/lookup.ts";
import { findAttemptLog } from "./attempt-log.ts";
import { followRun, waitForRun } from "./follow.ts";
import { readHistory } from "./history.ts";
import { createLogIndexes } from "./log-index.ts";
import { readLines, searchLog } from "./log-lines.ts";
import { readTail } from "./log-reading.ts";
import type { LogRetention } from "./log-retention.ts";
import { findRunId } from "./lookup.ts";
import { runDetailOf, runRecordOf } from "./records.ts";
import { requestCancel, retryRun } from "./requests.ts";
import { runTimeline } from "./timeline.ts";
import { listViews, removeView, saveView } from "./views.ts";
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
      const { cursor, limit = DEFAULT_PAGE, company: _company, ...filters } = input;
      return readHistory(orm, { companyId, filters, cursor, limit, now: clock.now() });
    }),
    views: area.views.handler(async ({ input }) => {
      const { id: companyId } = await findCompany(orm, input.company);
      return { views: await listViews(orm, companyId) };
    }),
    saveView: area.saveView.handler(async ({ input }) => {
      const { id: companyId } = await findCompany(orm, input.company);
      return saveView(orm, companyId, input, clock.now());
    }),
    removeView: area.removeView.handler(async ({ input }) => {
      const { id: companyId } = await findCompany(orm, input.company);
      return removeView(orm, companyId, input.view);
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
