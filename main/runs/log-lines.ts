import type { FileHandle } from "node:fs/promises";
import type { LogLine, NumberedLine } from "../../preload/contract/runs.ts";
import { eachRecord, type LogChunk, logChunks } from "./log-chunks.ts";
import { beginsRecord, LONGEST_RECORD, parseRecord } from "./log-format.ts";
import type { LogIndex, LogIndexes } from "./log-index.ts";
import { openIfThere } from "./log-reading.ts";

/** Bytes of the file that one answer holds at most. As JSON they are six times as many where all are control characters. */
const LONGEST_ANSWER = 2 * 1024 * 1024;

/**
 * Lines of a log from a number on, and how many there are. A line is a record of the file, as everywhere: output without
 * a newline for longer than 64 KiB is several. Fewer than `count` at the end of the log and where the answer would become
 * too large, but at least one where there is one. A log that is not there is empty: output has not come yet.
 */
export async function readLines(
  indexes: LogIndexes,
  file: string,
  from: number,
  count: number,
): Promise<{ lines: NumberedLine[]; total: number }> {
  const handle = await openIfThere(file);
  if (!handle) return { lines: [], total: 0 };
  try {
    const index = await indexes.of(file, handle);
    return { lines: await linesAt(handle, index, from, count), total: index.total };
  } finally {
    await handle.close();
  }
}

async function linesAt(handle: FileHandle, index: LogIndex, from: number, count: number): Promise<NumberedLine[]> {
  const lines: NumberedLine[] = [];
  if (from >= index.total) return lines;
  const mark = index.markBefore(from);
  let number = mark.line;
  let bytes = 0;
  for await (const chunk of logChunks(handle, mark.position, index.end)) {
    eachRecord(chunk.data, (start, end) => {
      if (!beginsRecord(chunk.data, start)) return true;
      if (number >= from) {
        const line = shownLine(chunk, start, end);
        if (line) lines.push({ number, ...line });
        bytes += Math.min(end - start, LONGEST_RECORD);
      }
      number += 1;
      return lines.length < count && bytes < LONGEST_ANSWER;
    });
    if (lines.length >= count || bytes >= LONGEST_ANSWER) break;
  }
  return lines;
}

/** Where a line begins in the file, in bytes; `line` is at most the number of lines. */
export async function positionOf(handle: FileHandle, index: LogIndex, line: number): Promise<number> {
  const mark = index.markBefore(line);
  let number = mark.line;
  let found = index.end;
  if (line >= index.total) return found;
  for await (const { data, position } of logChunks(handle, mark.position, index.end)) {
    eachRecord(data, (start) => {
      if (!beginsRecord(data, start)) return true;
      if (number === line) found = position + start;
      number += 1;
      return number <= line;
    });
    if (number > line) break;
  }
  return found;
}

/** A record as a line. What is longer than a writer of ours makes it is cut, and says so. */
function shownLine({ data, length }: LogChunk, start: number, end: number): LogLine | null {
  const kept = Math.min(end, start + LONGEST_RECORD);
  const line = parseRecord(data.subarray(start, kept));
  // A record whose rest was not even read stands alone in its chunk.
  const leftOut = end - kept + (length - data.length);
  return line && leftOut > 0 ? { ...line, text: `${line.text} … (${leftOut} more bytes are not shown)` } : line;
}

export interface LogSearch {
  /** Plain text, whatever its case. */
  readonly text: string;
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * The numbers of the lines that hold a text once their ANSI sequences are left out, and whether there are more than the
 * limit. Looks as far as the log has come when it begins. Stops early when `signal` aborts: nobody waits for the rest.
 */
export async function searchLog(file: string, search: LogSearch): Promise<{ matches: number[]; more: boolean }> {
  const { text, limit, signal } = search;
  const handle = await openIfThere(file);
  if (!handle) return { matches: [], more: false };
  try {
    const { size } = await handle.stat();
    const pattern = new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "iu");
    const matches: number[] = [];
    let more = false;
    let number = 0;
    for await (const { data } of logChunks(handle, 0, size)) {
      eachRecord(data, (start, end) => {
        const line = parseRecord(data.subarray(start, Math.min(end, start + LONGEST_RECORD)));
        if (!line) return true;
        if (pattern.test(withoutAnsi(line.text))) {
          more = matches.length === limit;
          if (!more) matches.push(number);
        }
        number += 1;
        return !more;
      });
      if (more || signal?.aborted) break;
    }
    return { matches, more };
  } finally {
    await handle.close();
  }
}

/**
 * Control sequences (CSI), those with a string (OSC, DCS, SOS, PM, APC) and the short ones. Every part ends at the next
 * escape at the latest, so that no text takes longer than its length.
 */
const ANSI =
  // oxlint-disable-next-line no-control-regex
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-~]/g;

/** A text as a terminal would show its characters: without sequences that set colours, titles and links. */
export function withoutAnsi(text: string): string {
  return text.includes("\u001b") || text.includes("\u009b") ? text.replace(ANSI, "") : text;
}
