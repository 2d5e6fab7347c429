import { type FileHandle, open, stat } from "node:fs/promises";
import type { LogLine } from "../../preload/contract/runs.ts";
import { systemCode } from "../contract/refusal.ts";
import { parseRecord } from "./log-format.ts";

const BLOCK = 256 * 1024;

/** What one answer holds of a log at most, in bytes of the file. */
const LONGEST_ANSWER = 8 * 1024 * 1024;

/** Lines of a log from a byte offset on, and where the next read goes on. */
export interface LogSlice {
  readonly lines: LogLine[];
  readonly next: number;
}

/**
 * Reads whole records from an offset that starts one, about `BLOCK` bytes at a time. No lines and the same offset mean
 * that there is no further whole record yet. A file that is not there is empty: output has not come yet.
 */
export async function readForward(file: string, from: number): Promise<LogSlice> {
  const handle = await openIfThere(file);
  if (!handle) return { lines: [], next: from };
  try {
    const data = await readAt(handle, from, BLOCK);
    const end = data.lastIndexOf(0x0a) + 1;
    return { lines: parseRecords(data.subarray(0, end)), next: from + end };
  } finally {
    await handle.close();
  }
}

/**
 * The last `count` lines, read from the end in blocks, so that a huge log costs no more memory than the answer.
 * `truncated` where lines before them were left out.
 */
export async function readTail(
  file: string,
  count: number,
  longest = LONGEST_ANSWER,
): Promise<{ lines: LogLine[]; truncated: boolean }> {
  const handle = await openIfThere(file);
  if (!handle) return { lines: [], truncated: false };
  try {
    const { size } = await handle.stat();
    const blocks: Buffer[] = [];
    let start = size;
    let newlines = 0;
    // One newline more than lines: the one that ends the record before them.
    while (start > 0 && newlines <= count && size - start < longest) {
      const length = Math.min(BLOCK, start);
      start -= length;
      const block = await readAt(handle, start, length);
      blocks.unshift(block);
      newlines += countNewlines(block);
    }
    const data = Buffer.concat(blocks);
    const whole = data.subarray(start === 0 ? 0 : data.indexOf(0x0a) + 1, data.lastIndexOf(0x0a) + 1);
    const lines = parseRecords(whole);
    return { lines: lines.slice(-count), truncated: start > 0 || lines.length > count };
  } finally {
    await handle.close();
  }
}

/** The size of a log in bytes, or null where there is none. */
export async function logSize(file: string): Promise<number | null> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}

/** What an excerpt holds at most, in bytes. */
export const LONGEST_EXCERPT = 4_096;

/** The end of a text as it is stored for search and lists: cut at a character, without what PostgreSQL refuses. */
export function excerptOf(text: Buffer): string {
  let start = Math.max(0, text.length - LONGEST_EXCERPT);
  while (start > 0 && start < text.length && ((text[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return text.subarray(start).toString("utf8").replaceAll("\0", "\ufffd").trimEnd();
}

/** What a summary would say of a log whose writer is gone: its lines are counted, and its end is read. */
export async function readExcerpt(file: string): Promise<{ lines: number; excerpt: string }> {
  const tail = await readTail(file, 200);
  const text = tail.lines.filter(({ stream }) => stream !== "system").map((line) => line.text);
  const excerpt = excerptOf(Buffer.from(text.join("\n")));
  const handle = await openIfThere(file);
  let lines = 0;
  for await (const block of handle?.createReadStream({ highWaterMark: BLOCK }) ?? []) lines += countNewlines(block);
  return { lines, excerpt };
}

/** Opens a log, or answers null where there is none. */
export async function openIfThere(file: string): Promise<FileHandle | null> {
  try {
    return await open(file, "r");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function parseRecords(data: Buffer): LogLine[] {
  const lines: LogLine[] = [];
  for (let start = 0; start < data.length;) {
    const end = data.indexOf(0x0a, start);
    if (end < 0) break;
    const line = parseRecord(data.subarray(start, end));
    if (line) lines.push(line);
    start = end + 1;
  }
  return lines;
}

function countNewlines(data: Buffer): number {
  let count = 0;
  for (let at = data.indexOf(0x0a); at >= 0; at = data.indexOf(0x0a, at + 1)) count += 1;
  return count;
}
