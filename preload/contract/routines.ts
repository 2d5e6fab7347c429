import { oc } from "@orpc/contract";
import { z } from "zod";
import {
  actor,
  company,
  id,
  instant,
  line,
  nextCursor,
  optionalPage,
  page,
  reference,
  searchText,
  valuesByName,
} from "./common.ts";
import { env, envInput, previewEntry } from "./environment.ts";
import { errorMap } from "./errors.ts";
import { blast, secretChange } from "./blast.ts";
import { runRecord } from "./runs.ts";
import { triggerInput } from "./triggers.ts";
import { triggerSnapshot } from "./trigger-snapshots.ts";

const area = oc.errors(errorMap);

export const routineStatus = z.enum(["active", "paused", "archived"]);
export const concurrencyPolicy = z.enum(["coalesce_if_active", "skip_if_active", "always_enqueue"]);
export const catchUpPolicy = z.enum(["skip_missed", "enqueue_missed_with_cap", "enqueue_latest_missed", "hold"]);
export const priority = z.enum(["low", "medium", "high", "urgent"]);

/** A variable of a routine: `{{name}}` in its title and instructions. */
const variable = z.strictObject({
  name: z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,59}$/, "a letter, then letters, digits or _, at most 60"),
  label: z.string().max(120).optional(),
  type: z.enum(["text", "textarea", "number", "boolean", "select"]),
  required: z.boolean().default(true),
  default: z.union([z.string().max(20_000), z.number(), z.boolean()]).optional(),
  options: z.array(z.string().min(1).max(120)).max(50).optional(),
});
export type Variable = z.infer<typeof variable>;

const variableValue = z.union([z.string().max(20_000), z.number(), z.boolean()]);
export const variableValues = valuesByName(z.string().max(60), variableValue);
export type VariableValues = z.infer<typeof variableValues>;

/** The longest time between two attempts of a run, in seconds: a day. */
const LONGEST_BACKOFF_SECONDS = 86_400;

/**
 * When and how often a failed attempt is tried again: after `backoffSeconds`, then `backoffFactor` times as long each time,
 * up to `backoffCapSeconds`; each wait is up to the share `jitter` shorter or longer. `onInterruption` says that running it
 * twice is safe: an interrupted run gets a second attempt at once, also where `maxAttempts` is 1.
 */
const retryPolicy = z.strictObject({
  maxAttempts: z.int().min(1).max(25),
  backoffSeconds: z.int().min(1).max(LONGEST_BACKOFF_SECONDS),
  backoffFactor: z.number().min(1).max(10),
  backoffCapSeconds: z.int().min(1).max(LONGEST_BACKOFF_SECONDS),
  jitter: z.number().min(0).max(1),
  onInterruption: z.boolean(),
});
export type RetryPolicy = z.infer<typeof retryPolicy>;

/**
 * What one attempt may take. `timeoutSeconds` stands before the time-out of the agent, which counts where it is null;
 * `logLimitBytes` before the one of the app's settings.
 */
const runLimits = z.strictObject({
  timeoutSeconds: z.int().min(1).max(604_800, "must be at most 604800, which is seven days").nullable(),
  logLimitBytes: z
    .int("must be a whole number of bytes")
    .min(1_048_576, "must be at least 1 MiB")
    .max(4_294_967_296, "must be at most 4,096 MiB")
    .nullable(),
});
export type RunLimits = z.infer<typeof runLimits>;

/** What a revision holds. Status and a trigger's switch are not part of it: restoring never re-activates. */
const snapshot = z.object({
  snapshotVersion: z.literal(1),
  title: z.string(),
  instructions: z.string(),
  agentId: id.nullable(),
  projectId: id.nullable(),
  priority,
  concurrencyPolicy,
  catchUpPolicy,
  variables: z.array(variable),
  env,
  retry: retryPolicy,
  limits: runLimits,
  /** By id. */
  triggers: z.array(triggerSnapshot),
});
export type Snapshot = z.infer<typeof snapshot>;

export const routineRecord = snapshot.omit({ snapshotVersion: true, triggers: true }).extend({
  id,
  companyId: id,
  status: routineStatus,
  agentName: z.string().nullable(),
  projectName: z.string().nullable(),
  latestRevisionId: id,
  latestRevisionNumber: z.int(),
  lastRunAt: instant.nullable(),
  lastRunStatus: z.string().nullable(),
  createdAt: instant,
  updatedAt: instant,
});
export type RoutineRecord = z.infer<typeof routineRecord>;

/** A routine after a change of its status, and how many runs that waited for their next attempt are over by that. */
const changedRoutine = routineRecord.extend({ endedRetries: z.int().min(0) });

const definition = {
  title: line(200),
  instructions: z.string().max(200_000),
  agent: reference.nullable(),
  project: reference.nullable(),
  priority,
  concurrencyPolicy,
  catchUpPolicy,
  variables: z.array(variable).max(50),
  env: envInput,
  retry: retryPolicy.partial(),
  limits: runLimits.partial(),
  /** All that it has: one that is not among them is removed. Those that are there keep their switch. */
  triggers: z.array(triggerInput).max(50),
};

/** A routine as a file or a form holds it; only the title is required. */
export const routineInput = z
  .strictObject({ ...definition })
  .partial()
  .required({ title: true });
export const routineChanges = z.strictObject({ ...definition }).partial();
export type RoutineInput = z.infer<typeof routineInput>;
export type RoutineChanges = z.infer<typeof routineChanges>;

const revisionRecord = z.object({
  id,
  routineId: id,
  number: z.int(),
  title: z.string(),
  changeSummary: z.string().nullable(),
  restoredFromNumber: z.int().nullable(),
  current: z.boolean(),
  createdBy: actor,
  createdAt: instant,
});
export type RevisionRecord = z.infer<typeof revisionRecord>;

/** One env row of a diff. It names what changed and never a value. */
const envChange = z.object({
  key: z.string(),
  change: z.enum(["added", "removed", "kind_changed", "secret_changed", "version_changed", "value_changed"]),
  /** Secret keys and selectors, such as `gh-token latest`, or `plain`. Null on the side where the key is absent. */
  from: z.string().nullable(),
  to: z.string().nullable(),
});

export const routineDiff = z.object({
  from: z.int(),
  to: z.int(),
  fields: z.array(z.object({ field: z.string(), from: z.json(), to: z.json() })),
  instructions: z.array(z.object({ op: z.enum(["same", "added", "removed"]), text: z.string() })),
  env: z.array(envChange),
});
export type RoutineDiff = z.infer<typeof routineDiff>;

const restorePreview = z.object({
  revision: z.int(),
  diff: routineDiff,
  /** References of that revision that can no longer be bound; each can be left out by choice. */
  gone: z.array(
    z.object({ key: z.string(), secretId: id, reason: z.enum(["secret_missing", "secret_deleted", "secret_foreign"]) }),
  ),
  warnings: z.array(z.string()),
});
export type RestorePreview = z.infer<typeof restorePreview>;

export const preview = z.object({
  routineId: id,
  revision: z.int(),
  title: z.string(),
  agent: z.object({ id, name: z.string(), adapter: z.string(), status: z.string() }),
  project: z.object({ id, name: z.string() }).nullable(),
  env: z.array(previewEntry),
  /** Names of the allow-listed base that the process would get besides. */
  baseNames: z.array(z.string()),
  runtimeNames: z.array(z.string()),
  /** The command as it would be started; the instructions stand as `{instructions}`. Empty where no program is started. */
  argv: z.array(z.string()),
  /** Null where no program is started. */
  cwd: z.string().nullable(),
  /** The request as it would be sent, with its placeholders; null where a program is started. */
  request: z
    .object({
      method: z.string(),
      url: z.string(),
      headers: z.array(z.object({ name: z.string(), value: z.string() })),
      body: z.string(),
      /** Null where each status from 200 to 299 is success. */
      expectStatus: z.int().nullable(),
    })
    .nullable(),
  instructionsVia: z.enum(["stdin", "argument", "file", "body", "none"]),
  timeoutSeconds: z.int().nullable(),
  /** Everything that would stop the run, first what comes first. Empty: it would start. */
  problems: z.array(z.object({ code: z.string(), message: z.string(), next: z.string().nullable() })),
  /** SHA-256 over keys, layers, secrets and versions, argv template and cwd, or the request. A run of this sheet carries the same. */
  hash: z.string(),
});
export type RunPreview = z.infer<typeof preview>;

/** How a list of routines is sorted: by title from A to Z, or by an instant, the latest first and those without last. */
export const routineSort = z.enum(["title", "updated", "created", "last_run"]);
export type RoutineSort = z.infer<typeof routineSort>;

/** What an active routine needs the operator for. */
export const attentionItem = z.object({
  /**
   * `last_run_failed`: its newest run failed, timed out or was interrupted. The others stop the next run:
   * `reference_broken` a secret reference of its env, `agent_missing` and `agent_paused` whom it would be given to.
   */
  kind: z.enum(["last_run_failed", "reference_broken", "agent_missing", "agent_paused"]),
  routineId: id,
  /** Of the routine. */
  title: z.string(),
  /** The code of the refusal that the next run would end with, or that the last one ended with; null where there is none. */
  code: z.string().nullable(),
  message: z.string(),
  next: z.string().nullable(),
  /** The run that failed. */
  runId: id.nullable(),
  /** How it ended. */
  runStatus: z.enum(["failed", "timed_out", "interrupted"]).nullable(),
  /** The secret of a broken reference; its key only where it is one of this company. */
  secretId: id.nullable(),
  secretKey: z.string().nullable(),
  /** When the run ended; null for what stands in the way now. */
  since: instant.nullable(),
});
export type AttentionItem = z.infer<typeof attentionItem>;

const one = z.object({ company, routine: reference });
const overrides = { variables: variableValues.optional(), agent: reference.optional(), project: reference.optional() };

export const routines = {
  list: area
    .route({ summary: "The routines of a company" })
    .input(
      z.object({
        company,
        status: routineStatus.optional(),
        project: reference.optional(),
        /** A part of the title, whatever the case. */
        text: searchText.optional(),
        /** By title unless told otherwise. */
        sort: routineSort.optional(),
        ...optionalPage,
      }),
    )
    .output(z.object({ routines: z.array(routineRecord), nextCursor })),
  attention: area
    .route({ summary: "What active routines need the operator for: what stops their next run, then failed last runs" })
    .input(z.object({ company }))
    .output(
      z.object({
        /** At most 100: what stops the next run first, then failed runs, newest first. */
        items: z.array(attentionItem),
        /** How many there are besides. */
        more: z.int(),
      }),
    ),
  blast: area
    .route({ summary: "What a change of a secret would do: routines that stop or get a new value, and waiting runs" })
    .input(
      z
        .object({
          company,
          secret: reference,
          change: secretChange,
          /** The version that is disabled, destroyed or rolled back to. */
          version: z.int().min(1).max(1_000_000).optional(),
        })
        .refine(({ change, version }) => !change.endsWith("_version") || version !== undefined, {
          path: ["version"],
          message: "names the version that is changed",
        }),
    )
    .output(blast),
  get: area.route({ summary: "One routine" }).input(one).output(routineRecord),
  create: area
    .route({ summary: "Create a routine, with revision 1" })
    .input(z.object({ company, routine: routineInput, changeSummary: z.string().max(500).optional() }))
    .output(routineRecord),
  update: area
    .route({ summary: "Change a routine; each real change appends a revision" })
    .input(
      one.extend({
        changes: routineChanges,
        /** The revision that the change was made on; when another came in between, the call is refused. */
        baseRevisionId: id.optional(),
        changeSummary: z.string().max(500).optional(),
      }),
    )
    .output(routineRecord),
  pause: area
    .route({ summary: "Pause a routine; appends no revision, and ends what waits for its next attempt" })
    .input(one)
    .output(changedRoutine),
  resume: area.route({ summary: "Resume a paused or archived routine" }).input(one).output(changedRoutine),
  archive: area
    .route({ summary: "Archive a routine; it keeps its history and does not run" })
    .input(one)
    .output(changedRoutine),
  preview: area
    .route({ summary: "The sheet of a run before it is started" })
    .input(one.extend(overrides))
    .output(preview),
  run: area
    .route({ summary: "Start a run; a key seen before answers with the run that it started" })
    .input(
      one.extend({
        ...overrides,
        source: z.enum(["manual", "api"]).optional(),
        /** The name for calls, by id or label, under which it is started; its source is `api` then. */
        trigger: reference.optional(),
        payload: z.json().optional(),
        idempotencyKey: z.string().min(1).max(255).optional(),
      }),
    )
    .output(runRecord),
  revisions: area
    .route({ summary: "The revisions of a routine, newest first" })
    .input(one.extend(page))
    .output(z.object({ revisions: z.array(revisionRecord), nextCursor })),
  diff: area
    .route({ summary: "What changed between two revisions, without values" })
    .input(one.extend({ from: z.int().min(1), to: z.int().min(1) }))
    .output(routineDiff),
  restorePreview: area
    .route({ summary: "What restoring a revision would change, and which references are gone" })
    .input(one.extend({ revision: z.int().min(1) }))
    .output(restorePreview),
  restore: area
    .route({ summary: "Restore a revision by appending a copy of it" })
    .input(
      one.extend({
        revision: z.int().min(1),
        leaveOut: z.array(z.string().max(200)).max(500).optional(),
        baseRevisionId: id.optional(),
        changeSummary: z.string().max(500).optional(),
      }),
    )
    .output(routineRecord),
};
