import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { extract, type Extract } from "tar-stream";
import { errorText, Refusal, systemCode } from "../contract/refusal.ts";
import { explainFileError } from "../instance/permissions.ts";
import { Damaged } from "./damaged.ts";
import type { EntrySum } from "./format.ts";

/** Bytes of a tar's unit: each head is one, and content is filled up to whole ones. Two empty ones end it. */
const BLOCK = 512;
const END = 2 * BLOCK;

type Entry = Extract extends AsyncIterable<infer Each> ? Each : never;

/** A tar as it is read, entry by entry, in the only order in which its entries may stand. */
export interface ArchiveReader {
  /** The name of the entry that comes next, or null at the end. */
  peek(): Promise<string | null>;
  /** The content of the next entry, which must have this name and at most so many bytes. */
  take(name: string, most: number): Promise<Buffer>;
  /** Throws where anything follows. */
  end(): Promise<void>;
  /** The sums of what was taken. */
  readonly entries: readonly EntrySum[];
  /** Bytes of the file, and how many of them were read. */
  readonly size: number;
  position(): number;
}

/**
 * Does work with a tar. It throws `Damaged` for everything that our own writer would not have written: another name or
 * order, something that is no file, an entry that is too large or ends early, and anything after the end. Memory is
 * bounded by the limits that are given to `take`. Refuses with `backup_missing` where there is no file.
 */
export async function withArchive<Answer>(
  file: string,
  signal: AbortSignal,
  work: (archive: ArchiveReader) => Promise<Answer>,
): Promise<Answer> {
  const handle = await openFile(file);
  try {
    const { size } = await handle.stat();
    const tar = extract();
    const input = handle.createReadStream({ autoClose: false, highWaterMark: 1024 * 1024 });
    const fed = pipeline(input, tar, { signal });
    // The reading of entries hears of it.
    fed.catch(() => undefined);
    try {
      return await work(readerOf(tar[Symbol.asyncIterator](), size));
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      input.destroy();
      tar.destroy();
      await fed.catch(() => undefined);
    }
  } finally {
    await handle.close();
  }
}

async function openFile(file: string): Promise<FileHandle> {
  const handle = await open(file, "r").catch((error: unknown) => {
    if (systemCode(error) !== "ENOENT") throw explainFileError(error, `${file} was not read`);
    throw new Refusal("backup_missing", `There is no file ${file}.`, {
      next: "The backups of this instance are in its folder data/backups.",
    });
  });
  // A pipe or a device could go on for ever.
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new Damaged("it is no file");
}

function readerOf(tar: AsyncIterator<Entry>, size: number): ArchiveReader {
  const entries: EntrySum[] = [];
  let position = 0;
  let waiting: Entry | null = null;
  let ended = false;

  const look = async (): Promise<Entry | null> => {
    if (waiting !== null || ended) return waiting;
    const { value, done } = await tar.next().catch((error: unknown) => {
      throw new Damaged(`it is no tar, or ends too early (${errorText(error)})`, { cause: error });
    });
    ended = done === true;
    waiting = ended ? null : value;
    return waiting;
  };

  return {
    entries,
    size,
    position: () => position,
    peek: async () => (await look())?.header.name ?? null,
    take: async (name, most) => {
      const entry = await look();
      const { header } = entry ?? {};
      if (!entry || !header) throw new Damaged(`it ends before ${name}`);
      if (header.name !== name) throw new Damaged(`where ${name} should be, there is ${shown(header.name)}`);
      if (header.type !== "file") throw new Damaged(`${name} is no file`);
      const bytes = header.size ?? 0;
      if (bytes > most) throw new Damaged(`${name} is larger than it may be`);
      position += BLOCK + Math.ceil(bytes / BLOCK) * BLOCK;
      if (position + END > size) throw new Damaged(`it ends within ${name}`);
      const data = await contentOf(entry, name);
      waiting = null;
      entries.push({ name, bytes, sha256: createHash("sha256").update(data).digest("hex") });
      return data;
    },
    end: async () => {
      const entry = await look();
      if (entry) throw new Damaged(`after its sums there is ${shown(entry.header.name)}`);
      if (position + END !== size) throw new Damaged("something is before, after or between its entries");
    },
  };
}

async function contentOf(entry: Entry, name: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  try {
    for await (const part of entry as AsyncIterable<Buffer>) parts.push(part);
  } catch (error) {
    throw new Damaged(`it ends within ${name}`, { cause: error });
  }
  return Buffer.concat(parts);
}

/** A name from a file that nobody vouches for, short and without what could steer a terminal. */
function shown(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}
