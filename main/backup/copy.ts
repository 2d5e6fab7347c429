import { createReadStream } from "node:fs";
import { lstat } from "node:fs/promises";
import path from "node:path";
import { Refusal } from "../contract/refusal.ts";
import type { BackupFile } from "../contract/shell.ts";
import { isBackupFileName } from "./format.ts";
import { isFullBackupFileName } from "./full/format.ts";

/**
 * A backup of the folder, to be copied to elsewhere. Refuses with `backup_missing` whatever is no file of that folder with
 * the name of a backup: nothing else is ever handed out.
 */
export async function backupToCopy(directory: string, name: string): Promise<BackupFile> {
  const file = path.join(directory, name);
  const isName = isBackupFileName(name) || isFullBackupFileName(name);
  const found = isName ? await lstat(file).catch(() => null) : null;
  if (!found?.isFile()) {
    throw new Refusal("backup_missing", "There is no backup of that name in the folder of backups.", {
      next: "See which there are: `paperclip-desktop backups list`",
    });
  }
  const bytes = found.size;
  return { name, bytes, read: () => createReadStream(file, { end: Math.max(0, bytes - 1) }) };
}
