import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { extractFullBackup } from "../full/extract.ts";
import { openedByOf, readFullBackup, type FullBackupContent, type Opening } from "../full/read.ts";
import { readBackup, type ReadDatabase } from "../read.ts";

/**
 * Where a restore gets its things from: an archive of the database in the format of docs/BACKUP.md, and what else takes the
 * place of what stands in the instance. All of it was held against its sums.
 */
export interface RestoreSource {
  /** As the operator named it. */
  readonly file: string;
  readonly bytes: number;
  readonly content: ReadDatabase;
  /** Path of the archive of the database; null where it was only read. */
  readonly archive: string | null;
  /** What a backup of everything holds beside the database. */
  readonly full: FullSource | null;
  /** Removes what was opened for it. */
  close(): Promise<void>;
}

export interface FullSource {
  readonly content: FullBackupContent;
  /** Id of the master key inside; null where there was none. */
  readonly keyId: string | null;
  /** Complete and on the disk, within the file system of the instance; null where it was only read. */
  readonly opened: {
    readonly keyFile: string | null;
    readonly settings: ReadonlyMap<string, string>;
    /** Holds the files at their paths below the instance folder. */
    readonly files: string;
  } | null;
}

/** Tells what a restore takes from a backup from what it would take from any other one: SHA-256 over its heads and sums. */
export function identityOf({ content, full }: RestoreSource): string {
  const files = full === null ? null : [full.content.header, full.content.files, full.content.links];
  return createHash("sha256")
    .update(JSON.stringify([content.header, content.tables, files]))
    .digest("hex");
}

export interface SourceRequest {
  readonly file: string;
  readonly opening: Opening;
  /** Whether it is going to be put in place: then it is opened into a folder. */
  readonly open: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (read: number, size: number) => void;
}

/**
 * Reads a backup whole, of either kind, and makes ready what is needed of it; one of everything is opened in `into`, a folder
 * of the instance that nobody else uses. Refuses as `readBackup` does, and as
 * `readFullBackup` where what opens it was not given or does not.
 */
export async function openSource(
  { file, opening, open, signal, onProgress }: SourceRequest,
  into: string,
): Promise<RestoreSource> {
  const { openedBy } = await openedByOf(file);
  if (openedBy === null) {
    const content = await readBackup(file, signal, { onProgress });
    return { file, bytes: content.bytes, content, archive: file, full: null, close: async () => undefined };
  }
  const options = { file, opening, signal, onProgress };
  if (!open) {
    const content = await readFullBackup(options);
    const full = { content, keyId: content.header.key?.id ?? null, opened: null };
    return { file, bytes: content.bytes, content: content.database, archive: null, full, close: async () => undefined };
  }
  await rm(into, { recursive: true, force: true });
  const { content, database, key, settings, files } = await extractFullBackup(options, into);
  return {
    file,
    bytes: content.bytes,
    content: content.database,
    archive: database,
    full: { content, keyId: key?.id ?? null, opened: { keyFile: key?.file ?? null, settings, files } },
    close: () => rm(into, { recursive: true, force: true }),
  };
}
