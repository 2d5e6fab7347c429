import { unlink } from "node:fs/promises";
import type { BackupEntry, RetainedBackup } from "../../preload/contract/backups.ts";
import { planRetention, type RetentionPolicy } from "../../preload/rules/retention.ts";
import { systemCode } from "../contract/refusal.ts";
import { explainFileError, flushDirectory } from "../instance/permissions.ts";
import { listBackups, ownBackups } from "./folder.ts";
import { pastMs } from "./past.ts";

/**
 * What retention makes of the backups of a kind in a folder, the newest first, where the next one needs `room` bytes. Full
 * backups that were taken by hand stay until somebody removes them; so does what came from elsewhere, and what cannot be
 * read or has lost its end, which takes no good one's place, and what was taken after `now`, by a clock that was wrong.
 */
export async function planPruning(
  directory: string,
  kind: RetainedBackup["kind"],
  policy: RetentionPolicy,
  now: Date,
  room = 0,
): Promise<RetainedBackup[]> {
  const entries = ownBackups(await listBackups(directory)).filter((one) =>
    kind === "database" ? one.state === "ok" && isWhole(one) : one.state === "sealed" && one.reason === "scheduled",
  );
  const found = new Map(
    entries.flatMap((one) =>
      one.state === "unreadable" || pastMs(one.takenAt, now) === 0 ? [] : [[one.path, one] as const],
    ),
  );
  const all = [...found].map(([name, { takenAt, bytes, provenAt, reason }]) => ({
    name,
    takenAt: Date.parse(takenAt),
    bytes,
    proven: provenAt !== null,
    preMigration: reason === "pre-migration",
  }));
  return planRetention(all, policy, room).flatMap(({ name, keep, removedFor }) => {
    const one = found.get(name);
    if (!one) return [];
    const { path, takenAt, bytes, provenAt } = one;
    return [{ path, kind, takenAt, bytes, provenAt, keep: [...keep], removedFor }];
  });
}

/** Whether a backup of the database has an end, as far as a look at it tells; a proof has read all of it. */
export function isWhole({ holds, provenAt }: Extract<BackupEntry, { state: "ok" }>): boolean {
  return holds !== null || provenAt !== null;
}

/** Bytes that are freed by removing what such a plan does not keep. */
export function freedBytes(plan: readonly RetainedBackup[]): number {
  return plan.reduce((sum, { bytes, removedFor }) => (removedFor === null ? sum : sum + bytes), 0);
}

/** What became of the files that a plan does not keep. */
export interface Pruned {
  readonly removed: readonly string[];
  /** What could not be removed, such as a file that the system holds on to, each with the reason. */
  readonly stuck: readonly { readonly path: string; readonly why: unknown }[];
}

/** Removes what such a plan does not keep; what cannot be removed stays, and keeps nothing else from being removed. */
export async function prune(directory: string, plan: readonly RetainedBackup[]): Promise<Pruned> {
  const removed: string[] = [];
  const stuck: Pruned["stuck"][number][] = [];
  for (const { path: file, removedFor } of plan) {
    if (removedFor === null) continue;
    try {
      // Not `rm`, which takes what it may not remove for a directory, and tells the failure of that.
      await unlink(file);
    } catch (error) {
      if (systemCode(error) !== "ENOENT") {
        stuck.push({ path: file, why: explainFileError(error, `The backup ${file} was not removed`) });
        continue;
      }
    }
    removed.push(file);
  }
  if (removed.length > 0) await flushDirectory(directory);
  return { removed, stuck };
}
