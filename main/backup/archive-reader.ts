import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { extract, type Extract } from "tar-stream";
import { errorText, Refusal, systemCode } from "../contract/refusal.ts";
import { explainFileError, READ_AT_ONCE } from "../instance/permissions.ts";
import type { ArchivedLink, EntryWriter } from "./archive-writer.ts";
import { Damaged } from "./damaged.ts";
import { entriesIn, type EntrySum } from "./format.ts";
import { refuseWithoutSpace } from "./space.ts";
import { createTarScan } from "./tar-scan.ts";

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
  /**
   * Hands the next entry, which must have this name where one is given, to `work` piece by piece, and answers with its sum.
   * It is not in `entries`. What `work` leaves is read to its end.
   */
  takeStream(name: string | null, work: (entry: StreamedContent) => Promise<void>): Promise<EntrySum>;
  /** Whether a symbolic link comes next. */
  isLink(): Promise<boolean>;
  /** The symbolic link that comes next. It is not in `entries`. */
  takeLink(): Promise<ArchivedLink>;
  /** Throws where anything follows. */
  end(): Promise<void>;
  /** The sums of what was taken. */
  entries(): readonly EntrySum[];
  /** Bytes of the tar up to the end of the entry that was taken last. */
  position(): number;
}

/** Entries as they are taken, one after the other. */
export type EntryReader = Pick<ArchiveReader, "peek" | "take" | "entries" | "position">;

/** The entries of an archive in a folder of it, with the names that they have there, up to the first one elsewhere. */
export function readerIn(folder: string, archive: EntryReader): EntryReader {
  return {
    peek: async () => {
      const name = await archive.peek();
      return name?.startsWith(`${folder}/`) ? name.slice(folder.length + 1) : null;
    },
    take: (name, most) => archive.take(`${folder}/${name}`, most),
    entries: () => entriesIn(folder, archive.entries()),
    position: archive.position,
  };
}

/** As a reader, but that whatever is taken is added to another archive too. */
export function copyingInto(copy: EntryWriter, archive: EntryReader): EntryReader {
  return {
    ...archive,
    take: async (name, most) => {
      const data = await archive.take(name, most);
      await refuseWithoutSpace(path.dirname(copy.file), data.length, "The backup was not opened");
      await copy.add(name, data);
      return data;
    },
  };
}

export interface StreamedContent {
  readonly name: string;
  readonly bytes: number;
  readonly modifiedAt: Date | null;
  readonly executable: boolean;
  readonly content: AsyncIterable<Buffer>;
}

/** Bytes of a tar. */
export type TarBytes = AsyncIterable<Uint8Array>;

/**
 * Does work with the tar in a file. It throws `Damaged` for everything that our own writer would not have written: another
 * name or order, something that is no file, an entry that is too large or ends early, and anything after the end. Memory is
 * bounded by the limits that are given to `take`. Refuses with `backup_missing` where there is no file.
 */
export async function withArchive<Answer>(
  file: string,
  signal: AbortSignal,
  work: (archive: ArchiveReader, size: number) => Promise<Answer>,
): Promise<Answer> {
  return withFile(file, async (handle, size) => {
    const input = handle.createReadStream({ autoClose: false, highWaterMark: 1024 * 1024 });
    try {
      return await withTar(input, signal, (archive) => work(archive, size));
    } finally {
      input.destroy();
    }
  });
}

/** Does work with a file, which must be one. Refuses with `backup_missing`. */
export async function withFile<Answer>(
  file: string,
  work: (handle: FileHandle, size: number) => Promise<Answer>,
): Promise<Answer> {
  const handle = await openFile(file);
  try {
    return await work(handle, (await handle.stat()).size);
  } finally {
    await handle.close();
  }
}

/** Does work with a tar from anywhere, as `withArchive` does. What `work` leaves is not read. */
export async function withTar<Answer>(
  input: TarBytes,
  signal: AbortSignal,
  work: (archive: ArchiveReader) => Promise<Answer>,
): Promise<Answer> {
  const tar = extract();
  let fedBytes = 0;
  const scan = createTarScan();
  let broken: { readonly by: unknown } | null = null;
  const counted = async function* () {
    try {
      for await (const piece of input) {
        fedBytes += piece.byteLength;
        scan(piece);
        yield piece;
      }
    } catch (error) {
      broken = { by: error };
      throw error;
    }
  };
  const fed = pipeline(counted, tar, { signal });
  // The reading of entries hears of it.
  fed.catch(() => undefined);
  try {
    return await work(readerOf(tar[Symbol.asyncIterator](), () => fedBytes));
  } catch (error) {
    signal.throwIfAborted();
    // What broke the source broke the tar, which only says that it ended.
    throw (broken as { readonly by: unknown } | null)?.by ?? error;
  } finally {
    tar.destroy();
    await fed.catch(() => undefined);
  }
}

async function openFile(file: string): Promise<FileHandle> {
  const handle = await open(file, READ_AT_ONCE).catch((error: unknown) => {
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

function readerOf(tar: AsyncIterator<Entry>, fedBytes: () => number): ArchiveReader {
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

  /** The next entry, which must be a file, or a link, of this name. */
  const expect = async (wanted: string | null, type: "file" | "symlink" = "file") => {
    const entry = await look();
    const { header } = entry ?? {};
    if (!entry || !header) throw new Damaged(`it ends before ${wanted ?? "its sums"}`);
    const name = wanted ?? header.name;
    if (header.name !== name) throw new Damaged(`where ${name} should be, there is ${shown(header.name)}`);
    if (header.type !== type) throw new Damaged(`${wanted ?? shown(name)} is no ${type === "file" ? "file" : "link"}`);
    const bytes = header.size ?? 0;
    const told = type === "file" ? OF_FILES : OF_LINKS;
    position += extended(header.pax as Readonly<Record<string, string>> | null, told) + BLOCK + whole(bytes);
    waiting = null;
    return { entry, name, bytes, header };
  };

  return {
    entries: () => entries,
    position: () => position,
    peek: async () => (await look())?.header.name ?? null,
    take: async (wanted, most) => {
      if (((await look())?.header.size ?? 0) > most) throw new Damaged(`${wanted} is larger than it may be`);
      const { entry, name, bytes } = await expect(wanted);
      const data = await contentOf(entry, name);
      if (data.length !== bytes) throw new Damaged(`it ends within ${name}`);
      entries.push({ name, bytes, sha256: createHash("sha256").update(data).digest("hex") });
      return data;
    },
    takeStream: async (wanted, work) => {
      const { entry, name, bytes, header } = await expect(wanted);
      const sum = createHash("sha256");
      let read = 0;
      const content = (async function* () {
        try {
          for await (const piece of entry as AsyncIterable<Buffer>) {
            sum.update(piece);
            read += piece.length;
            yield piece;
          }
        } catch (error) {
          throw new Damaged(`it ends within ${shown(name)}`, { cause: error });
        }
      })();
      const pieces = { [Symbol.asyncIterator]: () => ({ next: () => content.next() }) };
      await work({
        name,
        bytes,
        modifiedAt: header.mtime ?? null,
        executable: ((header.mode ?? 0) & 0o100) !== 0,
        content: pieces,
      });
      for await (const _ of pieces);
      if (read !== bytes) throw new Damaged(`it ends within ${shown(name)}`);
      return { name, bytes, sha256: sum.digest("hex") };
    },
    isLink: async () => (await look())?.header.type === "symlink",
    takeLink: async () => {
      const { entry, name, bytes, header } = await expect(null, "symlink");
      entry.resume();
      if (bytes !== 0) throw new Damaged(`${shown(name)} is no link`);
      return { name, target: header.linkname ?? "", modifiedAt: header.mtime ?? new Date(0) };
    },
    end: async () => {
      const entry = await look();
      if (entry) throw new Damaged(`after its sums there is ${shown(entry.header.name)}`);
      if (position + END !== fedBytes()) throw new Damaged("something is before, after or between its entries");
    },
  };
}

function whole(bytes: number): number {
  return Math.ceil(bytes / BLOCK) * BLOCK;
}

/** What may be told of an entry where it does not fit the head of a tar. */
const OF_FILES = ["path", "size"];
const OF_LINKS = ["path", "linkpath"];

/** Bytes that stand before an entry of which something does not fit the head of a tar. Nothing else may be told there. */
function extended(pax: Readonly<Record<string, string>> | null, told: readonly string[]): number {
  const records = Object.entries(pax ?? {});
  if (records.length === 0) return 0;
  if (records.some(([key]) => !told.includes(key))) throw new Damaged("an entry has unknown attributes");
  return BLOCK + whole(records.reduce((sum, [key, value]) => sum + recordBytes(key, value), 0));
}

/** A record counts its own length: "24 path=files/…" and a line end. */
function recordBytes(key: string, value: string): number {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  const digits = String(rest).length;
  return String(rest + digits).length === digits ? rest + digits : rest + digits + 1;
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
