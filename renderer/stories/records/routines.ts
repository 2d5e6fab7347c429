import type { Layer, PreviewEntry } from "../../../preload/contract/environment.ts";
import type { HeldItem } from "../../../preload/contract/inbox.ts";
import type { AttentionItem, RevisionRecord, RoutineRecord, RunPreview } from "../../../preload/contract/routines.ts";
import type { TriggerRecord } from "../../../preload/contract/triggers.ts";
import { daysAgo, hoursAgo } from "../clock.ts";
import { HASH, idOf } from "./ids.ts";

export function aRoutine(different: Partial<RoutineRecord> = {}): RoutineRecord {
  return {
    id: idOf("routine"),
    companyId: idOf("company"),
    title: "Nightly triage",
    instructions: "Read the issues that came in since yesterday, label each, and write what needs an answer.",
    agentId: idOf("agent"),
    projectId: idOf("project"),
    priority: "medium",
    concurrencyPolicy: "coalesce_if_active",
    catchUpPolicy: "skip_missed",
    variables: [],
    env: { GH_TOKEN: { type: "secret_ref", secretId: idOf("secret"), version: "latest" } },
    retry: {
      maxAttempts: 1,
      backoffSeconds: 60,
      backoffFactor: 2,
      backoffCapSeconds: 86_400,
      jitter: 0,
      onInterruption: false,
    },
    limits: { timeoutSeconds: null, logLimitBytes: null },
    status: "active",
    agentName: "triage",
    projectName: "Website",
    latestRevisionId: idOf("revision", 7),
    latestRevisionNumber: 7,
    lastRunAt: hoursAgo(3),
    lastRunStatus: "succeeded",
    createdAt: daysAgo(38),
    updatedAt: daysAgo(4),
    ...different,
  };
}

export function aTrigger(different: Partial<TriggerRecord> = {}): TriggerRecord {
  return {
    id: idOf("trigger"),
    companyId: idOf("company"),
    routineId: idOf("routine"),
    kind: "schedule",
    label: null,
    enabled: true,
    expression: "0 9 * * 1-5",
    explanation: "At 09:00, Monday to Friday, Europe/Berlin",
    zone: "Europe/Berlin",
    at: null,
    graceSeconds: 300,
    missedCap: 25,
    webhook: null,
    nextRunAt: "2026-03-09T08:00:00.000Z",
    lastFiredAt: daysAgo(2),
    lastResult: `queued: run ${idOf("run")}`,
    createdAt: daysAgo(38),
    updatedAt: daysAgo(4),
    ...different,
  };
}

export function aRevision(different: Partial<RevisionRecord> = {}): RevisionRecord {
  const number = different.number ?? 7;
  return {
    id: idOf("revision", number),
    routineId: idOf("routine"),
    number,
    title: "Nightly triage",
    changeSummary: null,
    restoredFromNumber: null,
    current: number === 7,
    createdBy: { type: "user", id: null },
    createdAt: daysAgo(4 + (7 - number) * 3),
    ...different,
  };
}

export function anAttentionItem(different: Partial<AttentionItem> = {}): AttentionItem {
  return {
    kind: "last_run_failed",
    routineId: idOf("routine"),
    title: "Nightly triage",
    code: "exit_code",
    message: "The process ended with exit code 1.",
    next: "Read the last lines of its log.",
    runId: idOf("run"),
    runStatus: "failed",
    secretId: null,
    secretKey: null,
    since: hoursAgo(3),
    ...different,
  };
}

export function aPreviewEntry(different: Partial<PreviewEntry> = {}): PreviewEntry {
  return {
    key: "GH_TOKEN",
    layer: "routine",
    overrides: ["agent"],
    source: "secret",
    secretId: idOf("secret"),
    secretKey: "gh-token",
    secretStatus: "active",
    selector: "latest",
    version: 4,
    problem: null,
    ...different,
  };
}

function aPlainPreviewEntry(
  key = "LOG_LEVEL",
  layer: Layer = "project",
  overrides: readonly Layer[] = [],
): PreviewEntry {
  return { key, layer, overrides: [...overrides], source: "plain", problem: null };
}

export function aPreview(different: Partial<RunPreview> = {}): RunPreview {
  return {
    routineId: idOf("routine"),
    revision: 7,
    title: "Nightly triage",
    agent: { id: idOf("agent"), name: "triage", adapter: "process", status: "active" },
    project: { id: idOf("project"), name: "Website" },
    env: [aPreviewEntry(), aPlainPreviewEntry()],
    baseNames: ["HOME", "LANG", "PATH", "TMPDIR"],
    runtimeNames: ["PAPERCLIP_AGENT_ID", "PAPERCLIP_COMPANY_ID", "PAPERCLIP_RUN_ID"],
    argv: ["/usr/local/bin/triage", "--batch"],
    cwd: "/home/operator/.paperclip/instances/default/workspaces/website",
    request: null,
    instructionsVia: "stdin",
    timeoutSeconds: 1_800,
    problems: [],
    hash: HASH,
    ...different,
  };
}

/** Slots of a routine that were missed and wait. */
export function aHeldItem(different: Partial<HeldItem> = {}): HeldItem {
  const reason =
    "2 slots were missed by more than the grace of 5 min: the machine was asleep, or its clock was put forward.";
  const [first, last] = ["2026-03-07T08:00:00.000Z", "2026-03-08T08:00:00.000Z"];
  return {
    routineId: idOf("routine"),
    routineTitle: "Weekly digest",
    routineStatus: "active",
    triggerId: idOf("trigger"),
    triggerLabel: null,
    explanation: "At 09:00 every day, Europe/Berlin",
    zone: "Europe/Berlin",
    first,
    last,
    count: 2,
    reason,
    heldAt: hoursAgo(0.2),
    stretches: [{ id: idOf("run", 90), first, last, count: 2, reason, heldAt: hoursAgo(0.2) }],
    moreStretches: 0,
    ...different,
  };
}
