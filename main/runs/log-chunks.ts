import type { FileHandle } from "node:fs/promises";
import { LONGEST_RECORD } from "./log-format.ts";

/** Read at once: little enough that what is done with a chunk does not hold up the process. */
const CHUNK = 256 * 1024;

const NEWLINE = Buffer.from("\n");

/** Whole records that follow each other in a log. */
export interface LogChunk {
  /** Each record with its newline. Valid until the next chunk is asked for. */
  readonly data: Buffer;
  /** Where the first record begins in the file, in bytes. */
  readonly position: number;
  /**
   * Bytes that the chunk has in the file. More than `data` has for a record that no writer of ours makes, which is longer
   * than a chunk: it stands alone, and only its beginning is kept.
   */
  readonly length: number;
}

/** The whole records between two offsets, the first of which begins one. Memory and time per chunk are bounded. */
export async function* logChunks(handle: FileHandle, from: number, to: number): AsyncGenerator<LogChunk, void, void> {
  const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(CHUNK, to - from)));
  let position = from;
  while (position < to) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, to - position), position);
    const data = buffer.subarray(0, bytesRead);
    const length = data.lastIndexOf(0x0a) + 1;
    if (length > 0) {
      yield { data: data.subarray(0, length), position, length };
      position += length;
      continue;
    }
    if (bytesRead < CHUNK) return;
    const beginning = Buffer.concat([data.subarray(0, LONGEST_RECORD), NEWLINE]);
    const end = await afterNewline(handle, buffer, position + bytesRead, to);
    if (end === null) return;
    yield { data: beginning, position, length: end - position };
    position = end;
  }
}

/** Calls with where each record begins and ends, without its newline, until the answer is false. */
export function eachRecord(data: Buffer, visit: (start: number, end: number) => boolean): void {
  let start = 0;
  for (let end = data.indexOf(0x0a); end >= 0; end = data.indexOf(0x0a, start)) {
    if (!visit(start, end)) return;
    start = end + 1;
  }
}

/** The offset behind the next newline, or null where there is none before `to`. */
async function afterNewline(handle: FileHandle, buffer: Buffer, from: number, to: number): Promise<number | null> {
  for (let position = from; position < to;) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, to - position), position);
    if (bytesRead === 0) return null;
    const newline = buffer.subarray(0, bytesRead).indexOf(0x0a);
    if (newline >= 0) return position + newline + 1;
    position += bytesRead;
  }
  return null;
}
