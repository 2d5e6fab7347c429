import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { systemCode } from "../contract/refusal.ts";
import { explainFileError } from "../instance/permissions.ts";
import { isBackupFileName, PARTIAL } from "./format.ts";
import { isFullBackupFileName } from "./full/format.ts";

/** What a file from elsewhere is called while it comes. */
export const RECEIVING = "received-";

/**
 * Removes what a process that was killed left of backups in the folder of its instance. For an owner that begins: what is
 * there is nobody's then.
 */
export async function removePartials(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return [];
    throw explainFileError(error, `${directory} was not read`);
  });
  for (const name of names) {
    if (!name.endsWith(PARTIAL)) continue;
    const whole = name.slice(0, -PARTIAL.length);
    if (!isBackupFileName(whole) && !isFullBackupFileName(whole) && !whole.startsWith(RECEIVING)) continue;
    await rm(path.join(directory, name), { force: true });
  }
}
