import type { ManifestEntry } from "../../../preload/contract/environment.ts";
import type { Attempt, LogLine, RunDetail, RunFailure, RunRecord } from "../../../preload/contract/runs.ts";
import { minutesAgo } from "../clock.ts";
import { HASH, idOf } from "./ids.ts";

export function aManifestEntry(different: Partial<ManifestEntry> = {}): ManifestEntry {
  return {
    key: "GH_TOKEN",
    layer: "routine",
    source: "secret",
    secretId: idOf("secret"),
    secretKey: "gh-token",
    version: 4,
    provider: "local_encrypted",
    outcome: "success",
    overrides: ["agent"],
    ...different,
  };
}

export function aFailure(different: Partial<RunFailure> = {}): RunFailure {
  return {
    code: "process_exit",
    message: "The process ended with exit code 1.",
    next: "Read the last lines of the log, mend the cause, and try the run again.",
    layer: null,
    key: null,
    secretKey: null,
    ...different,
  };
}

export function aRun(different: Partial<RunRecord> = {}): RunRecord {
  return {
    id: idOf("run"),
    companyId: idOf("company"),
    routineId: idOf("routine"),
    routineTitle: "Nightly triage",
    title: "Nightly triage",
    source: "manual",
    trigger: null,
    status: "succeeded",
    revision: 7,
    agentId: idOf("agent"),
    agentName: "triage",
    projectId: idOf("project"),
    variables: {},
    idempotencyKey: null,
    coalescedIntoRunId: null,
    heldReason: null,
    exitCode: 0,
    failure: null,
    attempts: 1,
    maxAttempts: 1,
    notBefore: null,
    noRetry: null,
    timeoutSeconds: null,
    logLimitBytes: null,
    slotAt: null,
    slotCount: null,
    sheetHash: HASH,
    manifest: [aManifestEntry(), { key: "LOG_LEVEL", layer: "project", source: "plain", outcome: "success" }],
    triggeredAt: minutesAgo(185),
    startedAt: minutesAgo(184),
    completedAt: minutesAgo(180),
    ...different,
  };
}

/** A run that ended with exit code 1. */
export function aFailedRun(different: Partial<RunRecord> = {}): RunRecord {
  return aRun({ status: "failed", exitCode: 1, failure: aFailure(), ...different });
}

/** A run that is under way since 42 s. */
export function aRunningRun(different: Partial<RunRecord> = {}): RunRecord {
  const startedAt = minutesAgo(0.7);
  return aRun({
    status: "running",
    exitCode: null,
    triggeredAt: startedAt,
    startedAt,
    completedAt: null,
    ...different,
  });
}

export function anAttempt(different: Partial<Attempt> = {}): Attempt {
  const { manifest, sheetHash } = aRun();
  return {
    id: idOf("attempt"),
    attempt: 1,
    status: "succeeded",
    startedAt: minutesAgo(184),
    finishedAt: minutesAgo(180),
    exitCode: 0,
    signal: null,
    failure: null,
    manifest,
    sheetHash,
    log: anAttemptLog(),
    leftProcesses: 0,
    ...different,
  };
}

export function anAttemptLog(): NonNullable<Attempt["log"]> {
  return {
    bytes: 2_048,
    lines: 40,
    sha256: HASH,
    excerpt: "labelled 12 issues",
    droppedBytes: 0,
    maskHits: 3,
    removedAt: null,
    removedFor: null,
  };
}

/** A run with one attempt that ended as it did. */
export function aRunDetail(different: Partial<RunDetail> = {}): RunDetail {
  const run = aRun(different);
  const { status, startedAt, completedAt, exitCode, failure } = run;
  return {
    ...run,
    attemptList: [anAttempt({ status, startedAt, finishedAt: completedAt, exitCode, failure })],
    ...different,
  };
}

export function aLogLine(different: Partial<LogLine> = {}): LogLine {
  return { at: minutesAgo(183), stream: "stdout", text: "labelled issue 1842 as bug", ...different };
}
