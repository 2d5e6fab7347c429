import { createHash } from "node:crypto";
import { chmod, type FileHandle, mkdir, open } from "node:fs/promises";
import path from "node:path";
import { systemCode } from "../../contract/refusal.ts";
import { cutLines, LONGEST_PIECE, recordPrefix, type Stream } from "../log-format.ts";
import { excerptOf, LONGEST_EXCERPT } from "../log-reading.ts";
import type { LogSummary } from "./messages.ts";

/** So much may wait for the disk before the process is made to wait. */
const LONGEST_QUEUE = 1024 * 1024;

/** The log of one attempt while it is written. The file is made, 0600, with the first record. */
export interface LogFile {
  /** Takes masked bytes of a stream. */
  append(stream: "stdout" | "stderr", masked: Buffer): void;
  /** Ends the open line of a stream. */
  endStream(stream: "stdout" | "stderr"): void;
  /** A line of the runner's own; it has its place in a full log too. */
  note(text: string): void;
  /** Resolves when little enough waits for the disk. */
  ready(): Promise<void> | null;
  close(maskHits: number): Promise<LogSummary>;
}

export interface LogFileOptions {
  readonly file: string;
  /** Bytes of the file at most, notes aside. What comes after is counted and dropped. */
  readonly limitBytes: number;
  readonly now: () => Date;
  /** Called when records have reached the file. */
  readonly onGrew: () => void;
}

export function createLogFile(options: LogFileOptions): LogFile {
  const hash = createHash("sha256");
  const openLines: Record<"stdout" | "stderr", Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  let handle: FileHandle | null = null;
  let recent: Buffer = Buffer.alloc(0);
  let recentStream: Stream = "stdout";
  let queue: Buffer[] = [];
  let queued = 0;
  let accepted = 0;
  let written = 0;
  let lines = 0;
  let droppedBytes = 0;
  let full = false;
  let problem: string | null = null;
  let flushing: Promise<void> | null = null;

  async function flush(): Promise<void> {
    while (queue.length > 0 && problem === null) {
      const data = queue.length === 1 && queue[0] ? queue[0] : Buffer.concat(queue);
      queue = [];
      try {
        handle ??= await openLog(options.file);
        for (let at = 0; at < data.length;) {
          const { bytesWritten } = await handle.write(data, at, data.length - at);
          hash.update(data.subarray(at, at + bytesWritten));
          at += bytesWritten;
          written += bytesWritten;
        }
        options.onGrew();
      } catch (error) {
        problem = systemCode(error) ?? "unknown";
      }
      queued -= data.length;
    }
    if (problem !== null) {
      queue = [];
      queued = 0;
    }
  }

  function startFlush(): void {
    flushing ??= flush().then(() => {
      flushing = null;
      if (queue.length > 0) startFlush();
    });
  }

  function put(records: Buffer): void {
    if (problem !== null || records.length === 0) return;
    queue.push(records);
    queued += records.length;
    accepted += records.length;
    startFlush();
  }

  /** Writes the lines that are complete in the bytes, and answers the rest. */
  function records(stream: Stream, data: Buffer, over: boolean): Buffer {
    const { pieces, rest } = cutLines(data, over);
    const at = options.now();
    const prefixes = { whole: recordPrefix(at, stream, true), piece: recordPrefix(at, stream, false) };
    const out = Buffer.allocUnsafe(rest + 1 + pieces.length * (prefixes.whole.length + 1));
    let length = 0;
    let isNews = false;
    for (const { start, end, whole } of pieces) {
      const prefix = whole ? prefixes.whole : prefixes.piece;
      const recordBytes = prefix.length + (end - start) + 1;
      // Once a record did not fit, none does: a log with holes would mislead.
      if (!full && stream !== "system" && accepted + length + recordBytes > options.limitBytes) {
        full = true;
        isNews = true;
      }
      if (full && stream !== "system") {
        droppedBytes += end - start;
        continue;
      }
      length += prefix.copy(out, length);
      length += data.copy(out, length, start, end);
      out[length] = 0x0a;
      length += 1;
      if (whole) lines += 1;
    }
    if (stream !== "system" && rest > 0) remember(stream, data.subarray(0, rest));
    put(out.subarray(0, length));
    if (isNews) records("system", Buffer.from(fullText(options.limitBytes)), true);
    return data.subarray(rest);
  }

  /**
   * What one stream printed never runs on into the other's: each is masked by itself, so that a value of which they hold
   * a half each would stand there whole.
   */
  function remember(stream: Stream, text: Buffer): void {
    const isOpen = recent.length > 0 && recent.at(-1) !== 0x0a;
    if (isOpen && stream !== recentStream) recent = tailOf(recent, Buffer.from("\n"));
    recent = tailOf(recent, text);
    recentStream = stream;
  }

  return {
    append: (stream, masked) => {
      const data = openLines[stream].length === 0 ? masked : Buffer.concat([openLines[stream], masked]);
      // A copy, so that a short open line does not keep a whole chunk alive.
      openLines[stream] = Buffer.from(records(stream, data, false));
    },
    endStream: (stream) => {
      const last = openLines[stream];
      openLines[stream] = Buffer.alloc(0);
      if (last.length > 0) records(stream, last, true);
    },
    note: (text) => {
      records("system", Buffer.from(text.replaceAll("\n", " ").slice(0, LONGEST_PIECE)), true);
    },
    ready: () => (queued > LONGEST_QUEUE ? flushing : null),
    close: async (maskHits) => {
      while (flushing) await flushing;
      await handle?.close();
      return {
        bytes: written,
        lines,
        sha256: written > 0 ? hash.digest("hex") : null,
        excerpt: excerptOf(recent),
        droppedBytes: droppedBytes + (problem === null ? 0 : Math.max(0, accepted - written)),
        maskHits,
        problem,
      };
    },
  };
}

const MEBIBYTE = 1024 * 1024;

function fullText(limitBytes: number): string {
  const limit = `${Number((limitBytes / MEBIBYTE).toFixed(1))} MiB`;
  return `The log has reached its limit of ${limit}. What is printed from here on is counted and not kept.`;
}

async function openLog(file: string): Promise<FileHandle> {
  const handle = await openNew(file);
  await handle.chmod(0o600);
  return handle;
}

async function openNew(file: string): Promise<FileHandle> {
  try {
    return await open(file, "wx", 0o600);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    // The first output of a day.
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await chmod(path.dirname(file), 0o700);
    return open(file, "wx", 0o600);
  }
}

function tailOf(before: Buffer, added: Buffer): Buffer {
  if (added.length >= LONGEST_EXCERPT) return Buffer.from(added.subarray(added.length - LONGEST_EXCERPT));
  const both = Buffer.concat([before, added]);
  return both.subarray(Math.max(0, both.length - LONGEST_EXCERPT));
}
