import type { ShellInfo } from "../../../preload/contract/shell.ts";
import type { ActivityEntry, Status } from "../../../preload/contract/system.ts";
import { daysAgo, hoursAgo } from "../clock.ts";
import { idOf } from "./ids.ts";

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

/** While a backup is put in place. */
export function aRestoringStatus(): Status {
  const readOnly = "A backup is being restored: nothing can be changed until it is done.";
  const next = "Wait until it is done.";
  return aStatus({ readOnly, problems: [{ area: "backups", code: "read_only", message: readOnly, next }] });
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

export function aShellInfo(different: Partial<ShellInfo> = {}): ShellInfo {
  return { host: "browser", platform: "linux", canOpenFolder: false, ...different };
}
