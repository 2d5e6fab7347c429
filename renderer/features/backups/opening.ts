import type { BackupEntry } from "../../../preload/contract/backups.ts";

/** A backup that can be read, or that somebody can open. */
export type ReadableBackup = Exclude<BackupEntry, { state: "unreadable" }>;

/** Whether the recovery code opens it; else a passphrase does, or nothing is needed. */
export function opensByCode(backup: ReadableBackup): boolean {
  return backup.state === "sealed" && backup.openedBy === "recovery";
}

/** What was typed, as the calls take it. Nothing typed is nothing given: then it is said that it is needed, not that it is wrong. */
export function openingOf(backup: ReadableBackup, text: string): { passphrase?: string; code?: string } {
  if (backup.state === "ok" || text === "") return {};
  return opensByCode(backup) ? { code: text } : { passphrase: text };
}
