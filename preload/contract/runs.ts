import { eventIterator, oc } from "@orpc/contract";
import { z } from "zod";
import { company, id, instant, name, nextCursor, page, reference } from "./common.ts";
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

export const runSource = z.enum(["schedule", "manual", "api", "webhook"]);
export type RunSource = z.infer<typeof runSource>;

/** Why a run did not succeed, said where the operator looks, with the next step. */
const runFailure = z.object({
  code: z.string(),
  message: z.string(),
  next: z.string().nullable(),
  layer: z.string().nullable(),
  key: z.string().nullable(),
  secretKey: z.string().nullable(),
});
export type RunFailure = z.infer<typeof runFailure>;

const attempt = z.object({
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
      /** When retention took the log away, by age or by the size of all; hash and excerpt stay. */
      removedAt: instant.nullable(),
      removedFor: z.enum(["age", "size"]).nullable(),
    })
    .nullable(),
  /** Processes of the run that were found alive after it ended; 0 is the proof that none was left. */
  leftProcesses: z.int().nullable(),
});
export type Attempt = z.infer<typeof attempt>;

/** The trigger that a run was started by; null where none was, or it was removed. */
const runTrigger = z.object({
  id,
  kind: z.enum(["schedule", "once", "api", "webhook"]),
  label: z.string().nullable(),
});

export const runRecord = z.object({
  id,
  companyId: id,
  routineId: id,
  routineTitle: z.string(),
  title: z.string(),
  source: runSource,
  trigger: runTrigger.nullable(),
  status: runStatus,
  revision: z.int().nullable(),
  agentId: id.nullable(),
  agentName: z.string().nullable(),
  projectId: id.nullable(),
  variables: z.record(z.string(), z.json()),
  idempotencyKey: z.string().nullable(),
  /** The slot of a schedule that this row accounts for, or the first of so many that did not run; null for other runs. */
  slotAt: instant.nullable(),
  slotCount: z.int().nullable(),
  coalescedIntoRunId: id.nullable(),
  /** Why it is held; null for runs that are not. */
  heldReason: z.string().nullable(),
  exitCode: z.int().nullable(),
  failure: runFailure.nullable(),
  attempts: z.int(),
  maxAttempts: z.int(),
  /** Not before this instant: set while a retry waits. */
  notBefore: instant.nullable(),
  /** Why a run that had attempts left is not tried again by itself. */
  noRetry: z.enum(["routine_paused", "routine_archived"]).nullable(),
  /** The limits that its routine sets; null for the time-out of the agent and the log limit of the app. */
  timeoutSeconds: z.int().nullable(),
  logLimitBytes: z.int().nullable(),
  sheetHash: z.string().nullable(),
  manifest: z.array(manifestEntry),
  triggeredAt: instant,
  startedAt: instant.nullable(),
  completedAt: instant.nullable(),
});
export type RunRecord = z.infer<typeof runRecord>;

/** What a list of runs is narrowed to, as a view keeps it. */
const runFilters = z.strictObject({
  routine: reference.optional(),
  agent: reference.optional(),
  status: z.array(runStatus).max(runStatus.options.length).optional(),
  source: runSource.optional(),
  /** Id or label of the trigger that started them. */
  trigger: reference.optional(),
  since: instant.optional(),
  until: instant.optional(),
  /** Where `since` is left out: the last so many hours, whenever it is asked. */
  withinHours: z.int().min(1).max(87_600).optional(),
  /** In title, reason or log excerpt, from the beginning of a word. */
  text: z.string().max(200).optional(),
});
export type RunFilters = z.infer<typeof runFilters>;

/** Filters under a name. */
const runView = z.object({ id, name: z.string(), filters: runFilters, updatedAt: instant });
export type RunView = z.infer<typeof runView>;

const runDetail = runRecord.extend({ attemptList: z.array(attempt) });
export type RunDetail = z.infer<typeof runDetail>;

/** So many logs of attempts, and what they hold. */
const logCount = z.object({ logs: z.int().min(0), bytes: z.int().min(0) });
export type LogCount = z.infer<typeof logCount>;

const logLine = z.object({ at: instant, stream: z.enum(["stdout", "stderr", "system"]), text: z.string() });
export type LogLine = z.infer<typeof logLine>;

/** A line with its number in the log of its attempt, from 0. */
const numberedLine = logLine.extend({ number: z.int().min(0) });
export type NumberedLine = z.infer<typeof numberedLine>;

/** What came of the runs of one routine in one bucket of a timeline. */
const timelineMark = z.object({
  /** From 0, the bucket that begins at `since`. */
  bucket: z.int().min(0),
  /** The worst outcome among them. */
  status: runStatus,
  /** All runs of the routine in the bucket, whatever their outcome. */
  count: z.int().min(1),
  /** The newest run with that outcome. */
  runId: id,
});
export type TimelineMark = z.infer<typeof timelineMark>;

const timelineRoutine = z.object({
  routineId: id,
  title: z.string(),
  status: z.enum(["active", "paused", "archived"]),
  marks: z.array(timelineMark),
});
export type TimelineRoutine = z.infer<typeof timelineRoutine>;

/** What `runs.follow` streams: log lines as they come, each change of state, and `end` once the run is over. */
const followEvent = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("lines"),
    attempt: z.int(),
    /** The number of the first of these lines in the log of the attempt, from 0; the others follow it. */
    first: z.int().min(0),
    lines: z.array(logLine),
  }),
  z.object({ type: z.literal("run"), run: runRecord }),
  z.object({ type: z.literal("end"), run: runRecord }),
]);
export type FollowEvent = z.infer<typeof followEvent>;

const one = z.object({ company, run: z.string().min(1).max(64) });
const oneAttempt = one.extend({ attempt: z.int().min(1).optional() });

export const runs = {
  list: area
    .route({ summary: "Runs, newest first, with filters" })
    .input(
      z.object({
        company,
        ...runFilters.shape,
        ...page,
      }),
    )
    .output(z.object({ runs: z.array(runRecord), nextCursor })),
  views: area
    .route({ summary: "Filters of runs that are kept under a name, by name" })
    .input(z.object({ company }))
    .output(z.object({ views: z.array(runView) })),
  saveView: area
    .route({ summary: "Keep filters of runs under a name; a view of that name becomes this" })
    .input(z.object({ company, name, filters: runFilters }))
    .output(runView),
  removeView: area
    .route({ summary: "Remove a view; runs are not touched by it" })
    .input(z.object({ company, view: reference }))
    .output(runView),
  get: area.route({ summary: "One run with its attempts" }).input(one).output(runDetail),
  logs: area
    .route({ summary: "The masked log of a run" })
    .input(oneAttempt.extend({ tail: z.int().min(1).max(100_000).optional() }))
    .output(z.object({ lines: z.array(logLine), truncated: z.boolean() })),
  logLines: area
    .route({ summary: "Lines of a run's masked log by their numbers, from anywhere in it" })
    .input(oneAttempt.extend({ from: z.int().min(0), count: z.int().min(1).max(2_000) }))
    .output(
      z.object({
        /**
         * Without gap from `from` on; fewer than `count` at the end of the log, and where the answer would be too large:
         * ask again from the number after the last one. A line of output longer than 64 KiB is several lines, as in `logs`.
         */
        lines: z.array(numberedLine),
        /** Lines that the log has by now. */
        total: z.int().min(0),
        /** The attempt is over, or the run without one is: no line comes after these. */
        complete: z.boolean(),
      }),
    ),
  logSearch: area
    .route({ summary: "The numbers of the lines of a run's log that hold a text" })
    .input(
      oneAttempt.extend({
        /** Plain text, whatever its case, looked for in lines without their ANSI sequences. */
        text: z.string().min(1).max(200),
        limit: z.int().min(1).max(1_000).optional(),
      }),
    )
    .output(
      z.object({
        /** In ascending order. */
        matches: z.array(z.int().min(0)),
        /** There are more than `limit`. */
        more: z.boolean(),
      }),
    ),
  logRetention: area
    .route({ summary: "Which logs retention would remove, by the settings or by others; removes nothing" })
    .input(
      z.object({
        /** Those of attempts that ended longer ago; 0 for none. As set where it is left out. */
        days: z.int().min(0).max(36_500).optional(),
        /** What all may hold together; 0 for any size. As set where it is left out. */
        totalBytes: z.int().min(0).optional(),
      }),
    )
    .output(
      z.object({
        /** What there is, with what would go. */
        all: logCount,
        byAge: logCount,
        /** Of those that age leaves. */
        bySize: logCount,
      }),
    ),
  pruneLogs: area
    .route({ summary: "Remove the logs that the settings of retention let go, which happens every hour too" })
    .output(logCount),
  timeline: area
    .route({ summary: "What came of the runs of each routine over a stretch of time, in buckets" })
    .input(
      z.object({
        company,
        since: instant,
        /** After `since`, by 31 days at most; itself not part of the stretch. */
        until: instant,
        /** Parts of equal length that the stretch is cut into; 96 unless told otherwise. */
        buckets: z.int().min(1).max(200).optional(),
      }),
    )
    .output(
      z.object({
        /** Those with runs in the stretch, the one with the newest first, 50 at most. */
        routines: z.array(timelineRoutine),
        /** Further routines with runs in the stretch. */
        more: z.int().min(0),
      }),
    ),
  follow: area
    .route({ summary: "A run's log and state, live, until it is over" })
    .input(
      one.extend({
        /** Leaves out what comes before this line of the attempt that is the latest now; later attempts come whole. */
        fromLine: z.int().min(0).optional(),
      }),
    )
    .output(eventIterator(followEvent)),
  wait: area
    .route({ summary: "A run once it is over, or as it stands after `timeoutMs`" })
    .input(one.extend({ timeoutMs: z.int().min(0).max(86_400_000).optional() }))
    .output(runRecord),
  cancel: area.route({ summary: "End a run and its whole process tree" }).input(one).output(runRecord),
  retry: area
    .route({
      summary: "Try a finished run again, with the same revision and sheet, as a further attempt, or a waiting one now",
    })
    .input(one)
    .output(runRecord),
};
