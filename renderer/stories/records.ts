import type { AffectedKey, AffectedRoutine, Blast, BlastEffect, RoutineStarts } from "../../preload/contract/blast.ts";
import type { Layer, ManifestEntry, PreviewEntry } from "../../preload/contract/environment.ts";
import type { HeldItem } from "../../preload/contract/inbox.ts";
import type { ProviderVaultRecord, VaultHealthReport } from "../../preload/contract/providers.ts";
import type { AttentionItem, RevisionRecord, RoutineRecord, RunPreview } from "../../preload/contract/routines.ts";
import type { Attempt, LogLine, RunDetail, RunFailure, RunRecord } from "../../preload/contract/runs.ts";
import type {
  AccessEvent,
  KeySourceEntry,
  SecretDetail,
  SecretRecord,
  SecretVersion,
  VaultHealth,
} from "../../preload/contract/secrets.ts";
import type { ShellInfo } from "../../preload/contract/shell.ts";
import type { ActivityEntry, Status } from "../../preload/contract/system.ts";
import type { TriggerRecord } from "../../preload/contract/triggers.ts";
import type { RecoveryEntry, VaultKeys } from "../../preload/contract/vault-keys.ts";
import type { AgentRecord, CompanyRecord, ProjectRecord } from "../../preload/contract/work.ts";
import { daysAgo, hoursAgo, minutesAgo } from "./clock.ts";

/*
 * Records as the control plane sends them, of an operator who has a routine, an agent, a project and a secret. Each takes
 * what should be different.
 */

const KINDS = {
  company: 1,
  project: 2,
  agent: 3,
  secret: 4,
  routine: 5,
  revision: 6,
  run: 7,
  attempt: 8,
  entry: 9,
  vault: "a",
  trigger: "b",
};

/** The id of the record of a kind with that number; the same number is the same record everywhere. */
export function idOf(kind: keyof typeof KINDS, number = 1): string {
  return `${KINDS[kind]}0000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
}

const HASH = "8f3c9a2e5b7d104466aa0e91c3d25f7b8f3c9a2e5b7d104466aa0e91c3d25f7b";

export function aCompany(different: Partial<CompanyRecord> = {}): CompanyRecord {
  return {
    id: idOf("company"),
    name: "Acme",
    issuePrefix: "ACME",
    createdAt: daysAgo(40),
    updatedAt: daysAgo(40),
    ...different,
  };
}

export function aProject(different: Partial<ProjectRecord> = {}): ProjectRecord {
  return {
    id: idOf("project"),
    companyId: idOf("company"),
    name: "Website",
    description: "The public site and its build.",
    env: { LOG_LEVEL: { type: "plain", value: "debug" } },
    createdAt: daysAgo(39),
    updatedAt: daysAgo(12),
    ...different,
  };
}

export function anAgent(different: Partial<AgentRecord> = {}): AgentRecord {
  return {
    id: idOf("agent"),
    companyId: idOf("company"),
    name: "triage",
    status: "active",
    adapter: "process",
    adapterConfig: { command: ["/usr/local/bin/triage", "--batch"], instructions: "stdin" },
    env: { GH_TOKEN: { type: "secret_ref", secretId: idOf("secret"), version: "latest" } },
    passThrough: ["SSH_AUTH_SOCK"],
    createdAt: daysAgo(39),
    updatedAt: daysAgo(20),
    ...different,
  };
}

export function aSecret(different: Partial<SecretRecord> = {}): SecretRecord {
  return {
    id: idOf("secret"),
    companyId: idOf("company"),
    key: "gh-token",
    name: "GitHub token",
    description: "Reads issues of the public repositories.",
    provider: "local_encrypted",
    status: "active",
    managedMode: "paperclip_managed",
    externalRef: null,
    vaultId: null,
    latestVersion: 4,
    references: 2,
    lastResolvedAt: hoursAgo(3),
    lastRotatedAt: daysAgo(9),
    createdAt: daysAgo(39),
    updatedAt: daysAgo(9),
    ...different,
  };
}

export function aProviderVault(different: Partial<ProviderVaultRecord> = {}): ProviderVaultRecord {
  return {
    id: idOf("vault"),
    companyId: idOf("company"),
    provider: "aws_secrets_manager",
    name: "Production account",
    status: "ready",
    isDefault: true,
    config: {
      region: "eu-central-1",
      prefix: "paperclip",
      deployment: "desktop",
      environment: "production",
      recoveryWindowDays: 30,
      timeoutSeconds: 30,
    },
    secrets: 3,
    health: aVaultReport(),
    createdAt: daysAgo(30),
    updatedAt: daysAgo(12),
    ...different,
  };
}

/** What a check of a provider vault found. */
export function aVaultReport(different: Partial<VaultHealthReport> = {}): VaultHealthReport {
  return {
    status: "ready",
    code: "ok",
    message: "AWS Secrets Manager answers.",
    next: null,
    checkedAt: hoursAgo(2),
    ...different,
  };
}

export function aVersion(different: Partial<SecretVersion> = {}): SecretVersion {
  return {
    version: 4,
    status: "current",
    keyId: "9f2ab31c",
    note: null,
    createdBy: { type: "user", id: "local-operator" },
    createdAt: daysAgo(9),
    revokedAt: null,
    ...different,
  };
}

/** With the versions 4 to 1. */
export function aSecretDetail(different: Partial<SecretDetail> = {}): SecretDetail {
  const older = [3, 2, 1].map((version) =>
    aVersion({ version, status: version === 1 ? "destroyed" : "previous", createdAt: daysAgo(39 - version * 8) }),
  );
  return { ...aSecret(), versions: [aVersion({ note: "Rotated by the quarter" }), ...older], ...different };
}

/** What a change would do: by default one routine stops. */
export function aBlast(different: Partial<Blast> = {}): Blast {
  const routines = different.routines ?? [anAffectedRoutine()];
  const firings = different.firings ?? [];
  return {
    secret: { id: idOf("secret"), key: "gh-token", status: "active", latestVersion: 4 },
    change: "disable",
    version: null,
    counts: {
      routines: countsOf(routines.filter(({ status }) => status !== "archived")),
      firings: countsOf(firings),
    },
    routines,
    firings,
    moreFirings: 0,
    idle: [],
    ...different,
  };
}

function countsOf(reached: readonly { readonly effect: BlastEffect }[]) {
  const count = (wanted: BlastEffect) => reached.filter(({ effect }) => effect === wanted).length;
  return { stops: count("stops"), getsNewValue: count("gets_new_value"), unaffected: count("unaffected") };
}

export function anAffectedRoutine(
  different: Partial<AffectedRoutine> = {},
  key: Partial<AffectedKey> = {},
): AffectedRoutine {
  const effect = different.effect ?? "stops";
  return {
    routineId: idOf("routine"),
    title: "Nightly triage",
    status: "active",
    effect,
    keys: [anAffectedKey({ effect, ...(effect === "stops" ? {} : { code: null }), ...key })],
    starts: null,
    ...different,
  };
}

/** A routine that is due every night and has a webhook. */
export function someStarts(different: Partial<RoutineStarts> = {}): RoutineStarts {
  const due = (days: number) => ({
    at: minutesAgo(-810 - days * 1_440),
    triggerId: idOf("trigger"),
    label: "nightly",
    zone: "Europe/Berlin",
    local: "",
    note: null,
  });
  return { next: [due(0), due(1), due(2)], undated: ["webhook"], switchedOff: 0, standstill: null, ...different };
}

export function anAffectedKey(different: Partial<AffectedKey> = {}): AffectedKey {
  return {
    key: "GH_TOKEN",
    layer: "routine",
    consumerId: idOf("routine"),
    consumerName: "Nightly triage",
    selector: "latest",
    effect: "stops",
    code: "secret_inactive",
    version: 4,
    nextVersion: null,
    reason: null,
    overriddenBy: null,
    ...different,
  };
}

export function anAccessEvent(different: Partial<AccessEvent> = {}): AccessEvent {
  return {
    id: idOf("entry"),
    sequence: 1,
    secretId: idOf("secret"),
    secretKey: "gh-token",
    secretName: "GitHub token",
    version: 4,
    provider: "local_encrypted",
    actor: { type: "agent", id: idOf("agent") },
    actorName: "triage",
    consumerType: "routine",
    consumerId: idOf("routine"),
    consumerName: "Nightly triage",
    configPath: "env.GH_TOKEN",
    layer: "routine",
    runId: idOf("run"),
    attemptId: idOf("attempt"),
    outcome: "success",
    errorCode: null,
    createdAt: hoursAgo(3),
    ...different,
  };
}

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

export function aPlainPreviewEntry(
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

export function anActivityEntry(different: Partial<ActivityEntry> = {}): ActivityEntry {
  return {
    id: idOf("entry"),
    companyId: idOf("company"),
    actor: { type: "user", id: null },
    action: "routine.updated",
    entityType: "routine",
    entityId: idOf("routine"),
    details: {},
    createdAt: daysAgo(4),
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

export function aStatus(different: Partial<Status> = {}): Status {
  return {
    version: "0.1.0",
    instance: { id: "default", root: "/home/operator/.paperclip/instances/default" },
    owner: { kind: "window", pid: 4242, startedAt: hoursAgo(5) },
    database: { mode: "embedded", state: "ready", version: "18.4", schema: 12, pending: 0 },
    vault: { state: "ready", keyId: "9f2ab31c", custody: "file" },
    scheduler: {
      state: "ready",
      reason: "Next slot: 2026-03-09T01:30:00.000Z.",
      nextRunAt: "2026-03-09T01:30:00.000Z",
      nextRoutine: "Nightly triage",
      pausedSince: null,
      latenessMs: 2,
    },
    backups: {
      state: "on",
      reason: "Backups are taken by interval.",
      newestAt: hoursAgo(0.5),
      provenAt: hoursAgo(9),
      nextAt: "2026-03-08T13:30:00.000Z",
      count: 14,
      bytes: 312_000_000,
      full: {
        state: "on",
        reason: "Full backups are taken by interval, encrypted to the recovery code.",
        newestAt: hoursAgo(20),
        nextAt: "2026-03-08T16:00:00.000Z",
      },
    },
    webhooks: { state: "off", reason: "No webhook is enabled.", base: "http://127.0.0.1:3200", unknown: null },
    runs: { running: 0, queued: 0 },
    held: null,
    readOnly: null,
    problems: [],
    ...different,
  };
}

/** The status while the database does not answer. */
export function aStatusWithoutDatabase(): Status {
  return aStatus({
    database: { mode: "embedded", state: "failed", version: null, schema: null, pending: 0 },
    runs: null,
    problems: [
      {
        area: "database",
        code: "database_unavailable",
        message: "The database does not answer: it ended with exit code 1.",
        next: "Start the database again, or read `logs/postgres.log` in the instance folder.",
      },
    ],
  });
}

/** The status while the key of the vault is not there. */
export function aStatusWithLockedVault(): Status {
  return aStatus({
    vault: { state: "locked", keyId: null, custody: "file" },
    problems: [
      {
        area: "vault",
        code: "vault_locked",
        message: "The vault is locked: its master key is not there.",
        next: "Put the key file back to `secrets/master.key`, or give the key in PAPERCLIP_SECRETS_MASTER_KEY.",
      },
    ],
  });
}

/** The status of an instance whose database can only be read. */
export function aReadOnlyStatus(): Status {
  const readOnly = "The database can only be read: it is a standby.";
  const next = "Ask its administrator, or give another address in the settings.";
  return aStatus({ readOnly, problems: [{ area: "database", code: "read_only", message: readOnly, next }] });
}

/** The sources of a key that is in its file, with what differs by source. */
export function someKeySources(
  different: Partial<Record<KeySourceEntry["source"], Partial<KeySourceEntry>>> = {},
): KeySourceEntry[] {
  const sources: KeySourceEntry[] = [
    {
      source: "environment",
      state: "absent",
      message: "PAPERCLIP_SECRETS_MASTER_KEY is not set.",
      worth: "The user ada and root can read it in /proc for as long as this program runs.",
      next: null,
    },
    {
      source: "file",
      state: "in_use",
      message: "The file /home/ada/.paperclip/secrets/master.key holds the key in use, and it is read from there.",
      worth: "The user ada and root can read it, as its mode is 0600. It is not encrypted.",
      next: null,
    },
    {
      source: "keychain",
      state: "absent",
      message: 'There is no entry "master key of /home/ada/.paperclip" in the Secret Service keyring.',
      worth: "Every program of the user ada in the same session, while the keyring is unlocked.",
      next: null,
    },
    {
      source: "recovery",
      state: "made",
      message: "It was made on 2026-05-01, and never tested.",
      worth: "Whoever has the code and a copy of the database has the key.",
      next: "Prove that it is at hand: `paperclip-desktop secrets key recovery test`",
    },
  ];
  return sources.map((source) => Object.assign(source, different[source.source]));
}

export function aVaultHealth(different: Partial<VaultHealth> = {}): VaultHealth {
  return {
    state: "ready",
    keyId: "9f2ab31c",
    expectedKeyId: "9f2ab31c",
    custody: "file",
    level: "ok",
    whoCanRead: "Every program of this account on this machine.",
    findings: [],
    counts: { secrets: 3, versions: 9 },
    sources: someKeySources(),
    ...different,
  };
}

/** The recovery code in force, proven a month ago. */
export function aRecovery(different: Partial<RecoveryEntry> = {}): RecoveryEntry {
  return {
    recipient: "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq",
    keyId: "9f2ab31c64e08d57",
    createdAt: daysAgo(39),
    testedAt: daysAgo(31),
    ...different,
  };
}

/** A vault that is open, with a recovery code. */
export function aVaultKeys(different: Partial<VaultKeys> = {}): VaultKeys {
  return {
    state: "ready",
    keyId: "9f2ab31c64e08d57",
    expectedKeyId: "9f2ab31c64e08d57",
    createdAt: daysAgo(39),
    custody: "file",
    retired: [],
    recovery: aRecovery(),
    rotation: { running: false, done: 0, left: 0, possible: true, why: null, next: null },
    ...different,
  };
}

/** The keys of a vault whose master key is not there. */
export function aLockedVaultKeys(different: Partial<VaultKeys> = {}): VaultKeys {
  const why = "The vault is locked: it needs the master key 9f2ab31c64e08d57, which is missing.";
  return aVaultKeys({
    state: "locked",
    keyId: null,
    rotation: { running: false, done: 0, left: 0, possible: false, why, next: "Put the key back from a copy." },
    ...different,
  });
}

export function aShellInfo(different: Partial<ShellInfo> = {}): ShellInfo {
  return { host: "browser", platform: "linux", canOpenFolder: false, ...different };
}
