import { rm } from "node:fs/promises";
import path from "node:path";
import type { Database } from "../database/database.ts";
import { statementFailure } from "../database/statement-failure.ts";
import type { BaseEnvironment } from "../environment/base.ts";
import { sheetHash } from "../environment/hash.ts";
import { withMaskHits } from "../environment/manifest.ts";
import { resolveEnvironment, type RunIdentity } from "../environment/resolve.ts";
import type { Clock } from "../instance/clock.ts";
import type { Log } from "../instance/log.ts";
import type { InstancePaths } from "../instance/paths.ts";
import { makePrivateDirectory, writePrivateFile } from "../instance/permissions.ts";
import type { Vault } from "../secrets/vault.ts";
import { fillPlan } from "../work/adapters/fill-plan.ts";
import { launchPlan } from "../work/adapters/registry.ts";
import type { Facts } from "../work/adapters/request-template.ts";
import { retryAt } from "./back-off.ts";
import { type Claim, type Ending, recordManifest } from "./claims.ts";
import {
  databaseFailed,
  endedBy,
  type EndReason,
  failureOfRefusal,
  judge,
  sheetMissing,
  type TimeLimit,
  unexpected,
} from "./failures.ts";
import { endTree } from "./process-tree.ts";
import { remainsOfLog } from "./reconcile.ts";
import type { RunnerClient } from "./runner-client.ts";
import type { AttemptBounds, AttemptRequest, Outcome } from "./runner/messages.ts";

export interface AttemptServices {
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Log;
  readonly paths: InstancePaths;
  readonly runner: RunnerClient;
  readonly ownerId: string;
  readonly baseEnvironment: BaseEnvironment;
  /** The folder of an agent that names none; an absolute path. */
  readonly defaultCwd: string;
  /** Where the routine sets none. */
  readonly logLimitBytes: number;
  /** From 0 to 1; spreads the waits between attempts. */
  readonly random: () => number;
  /** Between TERM and KILL. */
  readonly graceMs: number;
  /** How long processes that outlive the first one may go on. */
  readonly lingerMs: number;
}

/** What is wanted of an attempt while it goes on. */
export interface Wish {
  /** Why it shall end, or null. */
  readonly reason: () => EndReason | null;
}

/** Where instructions and payloads stand as files while their run goes on. */
export function handoverDirectory(paths: InstancePaths): string {
  return path.join(paths.root, "tmp");
}

/**
 * Executes one claimed attempt from its pinned sheet, and answers what shall be written about it. Whatever is refused is
 * refused before a process starts. Never throws.
 */
export async function executeAttempt(services: AttemptServices, claim: Claim, wish: Wish): Promise<Ending> {
  try {
    return await execute(services, claim, wish);
  } catch (error) {
    const refused = failureOfRefusal(error);
    if (refused) return notStarted(services, claim, "failed", refused);
    // The database went away under it, such as before an access event was written: then nothing was read either.
    const behind = statementFailure(error);
    if (!behind) services.log.error({ error, runId: claim.runId }, "an attempt failed before its process started");
    return notStarted(services, claim, "interrupted", behind ? databaseFailed(behind) : unexpected);
  }
}

async function execute(services: AttemptServices, claim: Claim, wish: Wish): Promise<Ending> {
  const { database, paths } = services;
  const { sheet, sheetId } = claim;
  if (sheet === null || sheetId === null) return notStarted(services, claim, "failed", sheetMissing);
  const plan = launchPlan(sheet.agent, { cwd: services.defaultCwd });
  const directory = path.join(handoverDirectory(paths), claim.attemptId);
  const isProcess = plan.kind === "process";
  const instructionsFile =
    isProcess && plan.instructionsVia === "file" ? path.join(directory, "instructions.md") : null;
  // A request has its payload in its body, and no file that a service could read.
  const payloadFile = claim.payload === null || !isProcess ? instructionsFile : path.join(directory, "payload.json");
  const identity: RunIdentity = {
    companyId: claim.companyId,
    runId: claim.runId,
    heartbeatRunId: claim.attemptId,
    routineId: claim.routineId,
    agentId: sheet.agent.id,
    projectId: claim.projectId,
    sheetId,
    trigger: claim.source,
    payloadFile,
  };
  const base = await services.baseEnvironment(sheet.agent.passThrough);
  const resolved = await resolveEnvironment(database, services.vault, sheet, identity, base);
  const given = { manifest: resolved.manifest, sheetHash: sheetHash(resolved.manifest, plan) };
  if (!resolved.ok) return { ...notStarted(services, claim, "failed", resolved.failure), given };
  const recorded = await recordOnTheWay(database, claim.attemptId, given);

  const limit = timeLimitOf(claim, plan.timeoutSeconds);
  const bounds: AttemptBounds = {
    attemptId: claim.attemptId,
    env: resolved.env,
    secretValues: resolved.secretValues,
    logFile: path.join(paths.runLogs, claim.logPath),
    logLimitBytes: claim.logLimitBytes ?? services.logLimitBytes,
    timeoutMs: limit === null ? null : limit.seconds * 1_000,
  };
  const request: AttemptRequest = isProcess
    ? {
        type: "start",
        ...bounds,
        runId: claim.runId,
        ...fillPlan(plan, claim.instructions, instructionsFile),
        cwd: plan.cwd,
        graceMs: services.graceMs,
        lingerMs: services.lingerMs,
      }
    : { type: "send", ...bounds, plan, facts: factsOf(claim, identity) };
  /** What it printed of what it was given. */
  const alarmed = async (): Promise<Ending> => {
    const { valueHits, ...ending } = await launch(services, claim, wish, request, limit);
    // Before the end is written, which is not to be overtaken by it.
    const isRecorded = await recorded.done;
    if (!valueHits.some((hits) => hits > 0)) return isRecorded ? ending : { ...ending, given };
    const hits = new Map(resolved.resolvedVersions.map(({ key }, place) => [key, valueHits[place] ?? 0]));
    return { ...ending, given: { ...given, manifest: withMaskHits(resolved.manifest, hits) } };
  };
  if (payloadFile === null) return alarmed();
  try {
    await makePrivateDirectory(directory);
    if (instructionsFile !== null) await writePrivateFile(instructionsFile, claim.instructions);
    if (claim.payload !== null) await writePrivateFile(payloadFile, JSON.stringify(claim.payload));
    return await alarmed();
  } finally {
    await rm(directory, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** What a service is told of its run. */
function factsOf(claim: Claim, { runId, companyId, routineId, agentId, projectId, trigger }: RunIdentity): Facts {
  const { attempt, instructions, payload } = claim;
  return { runId, attempt, companyId, routineId, agentId, projectId, trigger, instructions, payload };
}

/**
 * Sends off what an attempt is given, and answers when it has left this process: then the server writes it, whatever becomes of this
 * process, while the runner starts the attempt's. `done` says whether it was written; if not, the ending brings it.
 */
async function recordOnTheWay(
  database: Database,
  attemptId: string,
  given: Parameters<typeof recordManifest>[2],
): Promise<{ readonly done: Promise<boolean> }> {
  const done = recordManifest(database, attemptId, given).then(
    () => true,
    () => false,
  );
  await new Promise<void>((resolve) => setImmediate(resolve));
  return { done };
}

type Launched = Ending & Pick<Outcome, "valueHits">;

/** The limit of the routine stands before that of its agent. */
function timeLimitOf(claim: Claim, ofAgent: number | null): TimeLimit | null {
  if (claim.timeoutSeconds !== null) return { seconds: claim.timeoutSeconds, setBy: "routine" };
  return ofAgent === null ? null : { seconds: ofAgent, setBy: "agent" };
}

async function launch(
  services: AttemptServices,
  claim: Claim,
  wish: Wish,
  request: AttemptRequest,
  limit: TimeLimit | null,
): Promise<Launched> {
  const before = wish.reason();
  if (before !== null) {
    const { status, failure } = endedBy(before);
    return { ...notStarted(services, claim, status, failure), valueHits: [] };
  }

  const outcome = await services.runner.execute(request);
  const { status, failure } = judge(outcome, wish.reason(), limit);
  const common = { attemptId: claim.attemptId, ownerId: services.ownerId, status, failure, given: null };
  if (outcome === null) {
    // The runner is gone and could not tell: what it had started is found by the marker.
    const leftProcesses = await endTree({ runId: claim.runId, leader: null }, { graceMs: services.graceMs });
    const log = await remainsOfLog(request.logFile);
    return {
      ...common,
      pid: null,
      exitCode: null,
      signal: null,
      leftProcesses,
      log,
      retryAt: mayRetry(services, claim, status),
      valueHits: [],
    };
  }
  if (outcome.log.problem !== null) {
    services.log.warn(
      { runId: claim.runId, systemCode: outcome.log.problem },
      "the log of a run was not written whole",
    );
  }
  const { pid, exitCode, signal, leftProcesses, log, valueHits } = outcome;
  const retry = mayRetry(services, claim, status);
  return { ...common, pid, exitCode, signal, leftProcesses, log, valueHits, retryAt: retry };
}

function notStarted(
  services: AttemptServices,
  claim: Claim,
  status: Ending["status"],
  failure: Ending["failure"],
): Ending {
  return {
    attemptId: claim.attemptId,
    ownerId: services.ownerId,
    status,
    failure,
    pid: null,
    exitCode: null,
    signal: null,
    leftProcesses: 0,
    log: null,
    given: null,
    retryAt: mayRetry(services, claim, status),
  };
}

/** When a further attempt may start, where this status permits one. How many there may be is judged by the statement. */
function mayRetry(services: AttemptServices, claim: Claim, status: Ending["status"]): Date | null {
  const now = services.clock.now();
  if (status === "failed" || status === "timed_out") return retryAt(now, claim.attempt, claim, services.random());
  return status === "interrupted" && claim.retryOnInterruption ? now : null;
}
