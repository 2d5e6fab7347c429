import { eventIterator, oc } from "@orpc/contract";
import { z } from "zod";
import { company, id, instant, nextCursor, page, reference } from "./common.ts";
import { manifestEntry } from "./environment.ts";
import { errorMap } from "./errors.ts";

const area = oc.errors(errorMap);

export const runStatus = z.enum([
  "received",
  "queued",
  "running",
  "succeeded",
  "failed",
  "cancelled",
  "timed_out",
  "interrupted",
  "coalesced",
  "skipped",
  "held",
]);
export type RunStatus = z.infer<typeof runStatus>;

/** The states in which a run may still change by itself. */
export const activeRunStatuses = ["received", "queued", "running"] as const satisfies readonly RunStatus[];

export const runSource = z.enum(["schedule", "manual", "api", "webhook"]);
export type RunSource = z.infer<typeof runSource>;

/** Why a run did not succeed, said where the operator looks, with the next step. */
export const runFailure = z.object({
  code: z.string(),
  message: z.string(),
  next: z.string().nullable(),
  layer: z.string().nullable(),
  key: z.string().nullable(),
  secretKey: z.string().nullable(),
});
export type RunFailure = z.infer<typeof runFailure>;

export const attempt = z.object({
  id,
  attempt: z.int(),
  status: runStatus,
  startedAt: instant.nullable(),
  finishedAt: instant.nullable(),
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  failure: runFailure.nullable(),
  manifest: z.array(manifestEntry),
  sheetHash: z.string().nullable(),
  log: z
    .object({
      bytes: z.int(),
      lines: z.int(),
      sha256: z.string().nullable(),
      excerpt: z.string(),
      /** Bytes of output that came after the log was full. */
      droppedBytes: z.int(),
      /** How often a secret value was masked in the output. */
      maskHits: z.int(),
    })
    .nullable(),
  /** Processes of the run that were found alive after it ended; 0 is the proof that none was left. */
  leftProcesses: z.int().nullable(),
});
export type Attempt = z.infer<typeof attempt>;

export const runRecord = z.object({
  id,
  companyId: id,
  routineId: id,
  routineTitle: z.string(),
  title: z.string(),
  source: runSource,
  status: runStatus,
  revision: z.int().nullable(),
  agentId: id.nullable(),
  agentName: z.string().nullable(),
  projectId: id.nullable(),
  variables: z.record(z.string(), z.json()),
  idempotencyKey: z.string().nullable(),
  coalescedIntoRunId: id.nullable(),
  exitCode: z.int().nullable(),
  failure: runFailure.nullable(),
  attempts: z.int(),
  maxAttempts: z.int(),
  /** Not before this instant: set while a retry waits. */
  notBefore: instant.nullable(),
  sheetHash: z.string().nullable(),
  manifest: z.array(manifestEntry),
  triggeredAt: instant,
  startedAt: instant.nullable(),
  completedAt: instant.nullable(),
});
export type RunRecord = z.infer<typeof runRecord>;

export const runDetail = runRecord.extend({ attemptList: z.array(attempt) });
export type RunDetail = z.infer<typeof runDetail>;

export const logLine = z.object({ at: instant, stream: z.enum(["stdout", "stderr", "system"]), text: z.string() });
export type LogLine = z.infer<typeof logLine>;

/** What `runs.follow` streams: log lines as they come, each change of state, and `end` once the run is over. */
export const followEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("lines"), attempt: z.int(), lines: z.array(logLine) }),
  z.object({ type: z.literal("run"), run: runRecord }),
  z.object({ type: z.literal("end"), run: runRecord }),
]);
export type FollowEvent = z.infer<typeof followEvent>;

const one = z.object({ company, run: z.string().min(1).max(64) });

export const runs = {
  list: area
    .route({ summary: "Runs, newest first, with filters" })
    .input(
      z.object({
        company,
        routine: reference.optional(),
        agent: reference.optional(),
        status: z.array(runStatus).max(11).optional(),
        source: runSource.optional(),
        since: instant.optional(),
        until: instant.optional(),
        /** Searches title, reason and log excerpt. */
        text: z.string().max(200).optional(),
        ...page,
      }),
    )
    .output(z.object({ runs: z.array(runRecord), nextCursor })),
  get: area.route({ summary: "One run with its attempts" }).input(one).output(runDetail),
  logs: area
    .route({ summary: "The masked log of a run" })
    .input(one.extend({ attempt: z.int().min(1).optional(), tail: z.int().min(1).max(100_000).optional() }))
    .output(z.object({ lines: z.array(logLine), truncated: z.boolean() })),
  follow: area
    .route({ summary: "A run's log and state, live, until it is over" })
    .input(one)
    .output(eventIterator(followEvent)),
  wait: area
    .route({ summary: "A run once it is over, or as it stands after `timeoutMs`" })
    .input(one.extend({ timeoutMs: z.int().min(0).max(86_400_000).optional() }))
    .output(runRecord),
  cancel: area.route({ summary: "End a run and its whole process tree" }).input(one).output(runRecord),
  retry: area
    .route({ summary: "Try a finished run again, with the same revision and sheet, as a further attempt" })
    .input(one)
    .output(runRecord),
};
