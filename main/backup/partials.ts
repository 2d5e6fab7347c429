import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { systemCode } from "../contract/refusal.ts";
import type { Log } from "../instance/log.ts";
import { isBackupFileName, PARTIAL } from "./format.ts";
import { isFullBackupFileName } from "./full/format.ts";

/** What a file from elsewhere is called while it comes. */
export const RECEIVING = "received-";

/**
 * Removes what a process that was killed left of backups in the folder of its instance. For an owner that begins: what is
 * there is nobody's then. What cannot be read or removed stays, and is logged: a folder that is at fault keeps no instance shut.
 */
export async function removePartials(directory: string, log: Log): Promise<void> {
  const stays = (error: unknown) => log.warn({ directory, error }, "backups that were not completed stay");
  const names = await readdir(directory).catch((error: unknown) => {
    if (systemCode(error) !== "ENOENT") stays(error);
    return [];
  });
  for (const name of names) {
    if (!name.endsWith(PARTIAL)) continue;
    const whole = name.slice(0, -PARTIAL.length);
    if (!isBackupFileName(whole) && !isFullBackupFileName(whole) && !whole.startsWith(RECEIVING)) continue;
    await rm(path.join(directory, name), { force: true }).catch(stays);
  }
}
