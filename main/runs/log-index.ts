import type { FileHandle } from "node:fs/promises";
import { eachRecord, logChunks } from "./log-chunks.ts";
import { beginsRecord } from "./log-format.ts";

/** A mark stands no further than so many lines, or about so many bytes, behind the one before it. */
const LINES_BETWEEN = 256;
const BYTES_BETWEEN = 256 * 1024;

/** Logs whose index is kept, those asked for last. One of 64 MiB in short lines takes about 100 KiB. */
const KEPT = 16;

/** Bytes before the end of the index, which tell a log that has grown from another one in the same file. */
const FINGERPRINT = 128;

/** Where some of the lines of a log begin, as far as the log had come when it was looked at. */
export interface LogIndex {
  /** Whole lines that the log had. */
  readonly total: number;
  /** The offset behind the last of them. */
  readonly end: number;
  /** The last mark at or before a line, by the line's number. */
  markBefore(line: number): { readonly line: number; readonly position: number };
}

/** The indexes of the logs that were read last. Built in one pass, and extended when a log has grown. */
export interface LogIndexes {
  /** The index of a log as it is now. Two callers at once share the work. `handle` is open on `file`. */
  of(file: string, handle: FileHandle): Promise<LogIndex>;
}

interface Marks {
  readonly device: number;
  readonly inode: number;
  readonly modifiedMs: number;
  readonly size: number;
  readonly total: number;
  readonly end: number;
  /** The bytes before `end`. */
  readonly fingerprint: Buffer;
  /** The number of a line, and where it begins. Both only ever get longer, so that an older view of them stays true. */
  readonly lines: number[];
  readonly positions: number[];
}

export function createLogIndexes(kept = KEPT): LogIndexes {
  // In the order of use, the latest last.
  const known = new Map<string, Promise<Marks>>();
  return {
    of: async (file, handle) => {
      const before = known.get(file)?.catch(() => null) ?? Promise.resolve(null);
      const now = before.then((marks) => refreshed(marks, handle));
      known.delete(file);
      known.set(file, now);
      for (const oldest of known.keys()) {
        if (known.size <= kept) break;
        known.delete(oldest);
      }
      return indexOf(await now);
    },
  };
}

async function refreshed(before: Marks | null, handle: FileHandle): Promise<Marks> {
  const { dev: device, ino: inode, mtimeMs: modifiedMs, size } = await handle.stat();
  const now = { device, inode, modifiedMs, size };
  if (before?.device !== device || before.inode !== inode) return extended(empty(), handle, now);
  if (before.size === size && before.modifiedMs === modifiedMs) return before;
  // Of a file that became shorter there is nothing, or less, at that place.
  const isSame = (await fingerprintAt(handle, before.end)).equals(before.fingerprint);
  return extended(isSame ? before : empty(), handle, now);
}

type Seen = Pick<Marks, "device" | "inode" | "modifiedMs" | "size">;

function empty(): Pick<Marks, "total" | "end" | "lines" | "positions"> {
  return { total: 0, end: 0, lines: [], positions: [] };
}

async function extended(
  before: Pick<Marks, "total" | "end" | "lines" | "positions">,
  handle: FileHandle,
  now: Seen,
): Promise<Marks> {
  // Not in place: where this ends with an error, the marks before it are as they were.
  const lines = [...before.lines];
  const positions = [...before.positions];
  let { total, end } = before;
  let markedLine = lines.at(-1) ?? -LINES_BETWEEN;
  let markedPosition = positions.at(-1) ?? 0;
  for await (const { data, position, length } of logChunks(handle, end, now.size)) {
    eachRecord(data, (start) => {
      if (!beginsRecord(data, start)) return true;
      if (total - markedLine >= LINES_BETWEEN || position + start - markedPosition >= BYTES_BETWEEN) {
        markedLine = total;
        markedPosition = position + start;
        lines.push(markedLine);
        positions.push(markedPosition);
      }
      total += 1;
      return true;
    });
    end = position + length;
  }
  return { ...now, total, end, lines, positions, fingerprint: await fingerprintAt(handle, end) };
}

async function fingerprintAt(handle: FileHandle, end: number): Promise<Buffer> {
  const start = Math.max(0, end - FINGERPRINT);
  const buffer = Buffer.alloc(end - start);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
  return buffer.subarray(0, bytesRead);
}

function indexOf({ total, end, lines, positions }: Marks): LogIndex {
  return {
    total,
    end,
    markBefore: (line) => {
      let low = 0;
      let high = lines.length - 1;
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if ((lines[middle] ?? 0) <= line) low = middle;
        else high = middle - 1;
      }
      return { line: lines[low] ?? 0, position: positions[low] ?? 0 };
    },
  };
}
