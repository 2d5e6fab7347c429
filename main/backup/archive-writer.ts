import { createHash } from "node:crypto";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import path from "node:path";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pack } from "tar-stream";
import { explainFileError, flushDirectory, PRIVATE_DIRECTORY, PRIVATE_FILE } from "../instance/permissions.ts";
import { entriesIn, PARTIAL, type EntrySum } from "./format.ts";

/** As links have it everywhere: what counts is the mode of what they lead to. */
const LINK_MODE = 0o777;

/** Seconds since 1970 that the library writes into a head; what lies outside becomes another time, or no number at all. */
const LATEST_SECOND = 2 ** 31 - 1;

function headTime(instant: Date): Date {
  return new Date(1_000 * Math.min(Math.max(Math.floor(instant.getTime() / 1_000), 0), LATEST_SECOND));
}

/** A tar that grows under a partial name. */
export interface ArchiveWriter {
  /** The name that it will have, with its path. */
  readonly file: string;
  /** Appends an entry; answers once there is room for the next one, so that little is held. */
  add(name: string, data: Uint8Array): Promise<void>;
  /** Appends an entry of exactly `bytes` bytes, piece by piece; answers with the SHA-256 of it. It is not in `entries`. */
  addStream(entry: StreamedEntry, content: AsyncIterable<Uint8Array>): Promise<string>;
  /** Appends a symbolic link; where it points is a text that nobody follows. It is not in `entries`. */
  addLink(link: ArchivedLink): Promise<void>;
  /** The sums of what was added so far. */
  entries(): readonly EntrySum[];
  /** Makes it durable under its own name, and answers with its size in bytes. */
  finish(): Promise<number>;
  /** Leaves nothing behind. */
  discard(): Promise<void>;
}

/** Where entries go, one after the other. */
export type EntryWriter = Pick<ArchiveWriter, "file" | "add" | "entries">;

/** The entries of an archive in a folder of it, with the names that they have there. */
export function writerIn(folder: string, archive: EntryWriter): EntryWriter {
  return {
    file: archive.file,
    add: (name, data) => archive.add(`${folder}/${name}`, data),
    entries: () => entriesIn(folder, archive.entries()),
  };
}

export interface StreamedEntry {
  readonly name: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
  readonly executable: boolean;
}

export interface ArchivedLink {
  readonly name: string;
  readonly target: string;
  readonly modifiedAt: Date;
}

/** What the bytes of a tar go through on their way into the file, such as an encryption. */
export type Through = (tar: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/**
 * Starts a tar of mode 0600 beside the place it will have. Refuses, here and later, with `disk_full` or
 * `instance_permissions`. What is neither finished nor discarded, because the process was killed, stays under its
 * partial name.
 */
export async function createArchive(file: string, modifiedAt: Date, through?: Through): Promise<ArchiveWriter> {
  const partial = `${file}${PARTIAL}`;
  const explain = (error: unknown) => explainFileError(error, `The backup ${file} was not written`);
  const handle = await open(partial, "wx", PRIVATE_FILE).catch((error: unknown) => {
    throw explain(error);
  });
  const tar = pack();
  const blocks = tar as AsyncIterable<Uint8Array>;
  const written = writeAll(through ? through(blocks) : blocks, handle);
  // Who adds the next entry hears of it.
  written.catch(() => undefined);
  // What ends the file ends an entry too, which would wait for room for ever.
  const broken = written.then(() => {
    throw new Error("the file of the backup ended early");
  });
  broken.catch(() => undefined);
  const entries: EntrySum[] = [];

  const append = (name: string, data: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      const head = { name, mode: PRIVATE_FILE, mtime: headTime(modifiedAt), size: bytes.length };
      tar.entry(head, bytes, (error) => (error ? reject(error) : resolve()));
    });

  return {
    file,
    entries: () => entries,
    add: async (name, data) => {
      try {
        await append(name, data);
      } catch (error) {
        // The file's own failure is the cause of the tar's.
        await written;
        throw error;
      }
      entries.push({ name, bytes: data.byteLength, sha256: createHash("sha256").update(data).digest("hex") });
    },
    addStream: async ({ name, bytes, modifiedAt: changedAt, executable }, content) => {
      const mtime = headTime(changedAt);
      const mode = executable ? PRIVATE_DIRECTORY : PRIVATE_FILE;
      try {
        // The types know the callback's form alone.
        const sink = tar.entry({ name, mode, mtime, size: bytes }) as unknown as Writable;
        return await Promise.race([pour(sink, content), broken]);
      } catch (error) {
        tar.destroy();
        await written;
        throw error;
      }
    },
    addLink: async ({ name, target, modifiedAt: changedAt }) => {
      const mtime = headTime(changedAt);
      try {
        const head = { name, type: "symlink", linkname: target, mode: LINK_MODE, mtime, size: 0 } as const;
        await Promise.race([
          new Promise<void>((resolve, reject) => {
            tar.entry(head, (error) => (error ? reject(error) : resolve()));
          }),
          broken,
        ]);
      } catch (error) {
        await written;
        throw error;
      }
    },
    finish: async () => {
      tar.finalize();
      await written;
      await handle.chmod(PRIVATE_FILE);
      await handle.sync();
      const { size } = await handle.stat();
      await handle.close();
      await rename(partial, file);
      await flushDirectory(path.dirname(file));
      return size;
    },
    discard: async () => {
      tar.destroy();
      await written.catch(() => undefined);
      await handle.close().catch(() => undefined);
      await rm(partial, { force: true });
    },
  };
}

async function writeAll(blocks: AsyncIterable<Uint8Array>, handle: FileHandle): Promise<void> {
  for await (const block of blocks) await handle.appendFile(block);
}

/** A stream that failed or was destroyed takes nothing more and calls nobody back: its end is waited for too. */
async function pour(sink: Writable, content: AsyncIterable<Uint8Array>): Promise<string> {
  const sum = createHash("sha256");
  await pipeline(
    content,
    async function* (pieces: AsyncIterable<Uint8Array>) {
      for await (const piece of pieces) {
        sum.update(piece);
        yield piece;
      }
    },
    sink,
  );
  return sum.digest("hex");
}
