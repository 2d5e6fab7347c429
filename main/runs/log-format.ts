import type { LogLine } from "../../preload/contract/runs.ts";

/**
 * The log file of an attempt is in the CRI format, one record per line, which stock tools read:
 *
 *     2026-03-08T07:00:00.000Z stdout F the text
 *
 * instant, stream, `F` for a whole line (or the last piece of one) or `P` for a piece that the next record of the same
 * stream continues, and the bytes as the process wrote them, masked. Both streams and the runner's own `system` records
 * stand in the order of arrival. Text may hold any byte but a newline. A record is at most LONGEST_PIECE bytes of text.
 */
export type Stream = LogLine["stream"];

/** A longer line is cut into pieces of at most so many bytes. */
export const LONGEST_PIECE = 64 * 1024;

/** What the text of a record is preceded by. */
export function recordPrefix(at: Date, stream: Stream, whole: boolean): Buffer {
  return Buffer.from(`${at.toISOString()} ${stream} ${whole ? "F" : "P"} `, "latin1");
}

const RECORD = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (stdout|stderr|system) [FP] /;

/** Bytes of a record before its text: every instant and every name of a stream has the same length. */
const PREFIX_BYTES = "2026-03-08T07:00:00.000Z stdout F ".length;

/** Bytes of a record at most, without its newline. */
export const LONGEST_RECORD = PREFIX_BYTES + LONGEST_PIECE;

/** Whether a record begins at an offset. What does not is shown nowhere and has no number. */
export function beginsRecord(data: Buffer, start: number): boolean {
  return RECORD.test(data.toString("latin1", start, start + PREFIX_BYTES));
}

/** A record without its newline as a line, or null where it is none. Bytes that are not UTF-8 become U+FFFD. */
export function parseRecord(record: Buffer): LogLine | null {
  const match = RECORD.exec(record.toString("latin1", 0, PREFIX_BYTES));
  const [prefix, at, stream] = match ?? [];
  if (prefix === undefined || at === undefined || !isStream(stream)) return null;
  return { at, stream, text: record.subarray(prefix.length).toString("utf8").replace(/\r$/, "") };
}

function isStream(text: string | undefined): text is Stream {
  return text === "stdout" || text === "stderr" || text === "system";
}

/** A piece of a stream between two offsets, without newline. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  /** False where the next piece continues the line. */
  readonly whole: boolean;
}

/**
 * Cuts the bytes of one stream into lines, and lines that are too long into pieces, never inside a UTF-8 character.
 * Answers the pieces and where the line that is still open begins. With `over` the open line counts as ended.
 */
export function cutLines(data: Buffer, over: boolean, longest = LONGEST_PIECE): { pieces: Piece[]; rest: number } {
  const pieces: Piece[] = [];
  let start = 0;
  while (start < data.length) {
    const newline = data.indexOf(0x0a, start);
    const end = newline < 0 ? data.length : newline;
    while (end - start > longest) {
      const cut = characterStart(data, start + longest, start);
      pieces.push({ start, end: cut, whole: false });
      start = cut;
    }
    if (newline < 0 && !over) break;
    pieces.push({ start, end, whole: true });
    start = end + 1;
  }
  return { pieces, rest: Math.min(start, data.length) };
}

/** The last offset up to `at` that does not split a UTF-8 character. Where there is none near, the bytes are no text. */
function characterStart(data: Buffer, at: number, least: number): number {
  for (let start = at; start > at - 4 && start > least; start -= 1) {
    if (((data[start] ?? 0) & 0xc0) !== 0x80) return start;
  }
  return at;
}
