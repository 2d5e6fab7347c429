import type { IncomingFile } from "./plan.ts";

/**
 * Where a restore gets its things from: an archive of the database in the format of docs/BACKUP.md, and whatever else
 * takes the place of what stands in the instance. A backup of the database has no more than its archive; one of everything
 * is opened into a folder first, and its keys, files and settings are put in place by the same intent.
 */
export interface RestoreSource {
  /** As the operator named it. */
  readonly file: string;
  /** Path of the archive. */
  readonly archive: string;
  /** Complete and on the disk, within the file system of the instance; they are moved. */
  readonly files: readonly IncomingFile[];
  /** Removes what was opened for it. */
  close(): Promise<void>;
}

/** Makes the file ready to be read. Refuses as `readBackup` does. */
export type OpenSource = (file: string, signal: AbortSignal) => Promise<RestoreSource>;

/** A backup of the database, which is its own archive. */
export const databaseSource: OpenSource = async (file) => ({
  file,
  archive: file,
  files: [],
  close: async () => undefined,
});
