import path from "node:path";
import { makePrivateDirectory } from "../../instance/permissions.ts";
import { copyingInto, readerIn, type ArchiveReader } from "../archive-reader.ts";
import { createArchive } from "../archive-writer.ts";
import { Damaged } from "../damaged.ts";
import type { EntrySum } from "../format.ts";
import { readBackup, readBackupStream, readDatabase, type ReadDatabase } from "../read.ts";
import { DATABASE, type FullHeader } from "./format.ts";
import { put } from "./put.ts";

/** What was read of the database inside. */
export interface InsideDatabase {
  readonly content: ReadDatabase;
  /** The sums of what is not among the entries of the archive. */
  readonly besides: readonly EntrySum[];
}

/**
 * Reads the database in a full backup and holds everything against its sums. Where a file is named, it becomes there what
 * `loadBackup` takes: a backup of the database alone. Throws `Damaged`.
 */
export async function readInside(
  archive: ArchiveReader,
  header: FullHeader,
  into: string | undefined,
  signal: AbortSignal,
): Promise<InsideDatabase> {
  const found =
    header.format === 3
      ? await readFlat(archive, header.takenAt, into)
      : await readNested(archive, header, into, signal);
  if (found.content.header.keys.master === (header.key?.id ?? null)) return found;
  throw new Damaged("the key inside is not the one that the database inside expects");
}

async function readFlat(archive: ArchiveReader, takenAt: string, into: string | undefined): Promise<InsideDatabase> {
  const inside = readerIn(DATABASE, archive);
  if (into === undefined) return { content: await readDatabase(inside, {}), besides: [] };
  await makePrivateDirectory(path.dirname(into));
  const copy = await createArchive(into, new Date(takenAt));
  try {
    const content = await readDatabase(copyingInto(copy, inside), {});
    await copy.finish();
    return { content, besides: [] };
  } catch (error) {
    await copy.discard();
    throw error;
  }
}

type NestedHeader = Exclude<FullHeader, { format: 3 }>;

async function readNested(
  archive: ArchiveReader,
  { database }: NestedHeader,
  into: string | undefined,
  signal: AbortSignal,
): Promise<InsideDatabase> {
  let content: ReadDatabase | null = null;
  const sum = await archive.takeStream(`${DATABASE}/${database}`, async (entry) => {
    if (into === undefined) {
      content = await readBackupStream(entry.content, signal);
    } else {
      await put(into, entry);
      const { header, tables, companyIds, recovery } = await readBackup(into, signal);
      content = { header, tables, companyIds, recovery };
    }
  });
  const found = content as ReadDatabase | null;
  if (found === null) throw new Error("the database inside was not read");
  return { content: found, besides: [sum] };
}
