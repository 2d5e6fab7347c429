import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Masker, maskStream, maskTable } from "../../main/record/masking.ts";
import { interleaved } from "./median.ts";
import type { BenchRow } from "./row.ts";

const MEGABYTES = 100;
const REPETITIONS = 7;
const COUNTS = [50, 200, 1_000];

/**
 * Sends a log of 100 MB through a pipe into a file, as it is and with 50, 200 and 1,000 secrets masked in all their
 * forms. The log holds some of them. Medians, interleaved.
 */
export async function maskingBench(): Promise<BenchRow[]> {
  const directory = await mkdtemp(path.join(os.tmpdir(), "pcd-bench-"));
  try {
    const values = secretValues(Math.max(...COUNTS));
    const input = path.join(directory, "input.log");
    const output = path.join(directory, "output.log");
    await writeFile(input, logOf(values));

    const tables = COUNTS.map((count) => {
      const before = memory();
      const start = performance.now();
      const table = maskTable(values.slice(0, count));
      return { count, table, buildMs: performance.now() - start, megabytes: memory() - before };
    });
    const throughPipe = (masker: Masker | null) => pipeToFile(input, output, masker);
    const [raw = 0, ...masked] = await interleaved(REPETITIONS, [
      () => throughPipe(null),
      ...tables.map(
        ({ table }) =>
          () =>
            throughPipe(maskStream(table)),
      ),
    ]);
    // The last pass was that with the most secrets: none of them may be in what it wrote.
    const written = await readFile(output);
    const leaks = values.filter((value) => written.includes(value)).length;
    const data = await readFile(input);
    const alone = await interleaved(
      REPETITIONS,
      tables.map(
        ({ table }) =>
          async () =>
            maskAlone(maskStream(table), data),
      ),
    );
    return [
      ...tables.map(({ count, buildMs, megabytes }, index) => ({
        what: `masking ${count} secrets in all forms (${speed(masked[index])} MB/s; table ${buildMs.toFixed(0)} ms, ${megabytes.toFixed(0)} MB)`,
        against: `pipe to file (${speed(raw)} MB/s)`,
        ratio: `${(raw / (masked[index] ?? Number.NaN)).toFixed(2)} x`,
        goal: ">= 0.4 x, <= 64 MB",
      })),
      {
        what: `masking 1,000 secrets, without pipe and file (${speed(alone[2])} MB/s; ${leaks} leaks)`,
        against: `itself at 50 (${speed(alone[0])} MB/s), so many times the cost`,
        ratio: `${((alone[2] ?? Number.NaN) / (alone[0] ?? Number.NaN)).toFixed(2)} x`,
        goal: "<= 1.5 x, 0 leaks",
      },
      memoryRow(values, data),
    ];
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Milliseconds from the start of `cat` until everything is in the file. */
async function pipeToFile(input: string, output: string, masker: Masker | null): Promise<number> {
  const start = performance.now();
  const child = spawn("/bin/cat", [input], { stdio: ["ignore", "pipe", "ignore"] });
  const file = createWriteStream(output);
  child.stdout.on("data", (chunk: Buffer) => {
    if (file.write(masker ? masker.push(chunk) : chunk)) return;
    child.stdout.pause();
    file.once("drain", () => child.stdout.resume());
  });
  await once(child, "close");
  file.end(masker?.end());
  await once(file, "close");
  return performance.now() - start;
}

function maskAlone(masker: Masker, data: Buffer): number {
  const start = performance.now();
  for (let at = 0; at < data.length; at += 65_536) masker.push(data.subarray(at, at + 65_536));
  masker.end();
  return performance.now() - start;
}

/** What 1 GB of output leaves in memory after it went through a masker of 1,000 secrets. */
function memoryRow(values: readonly string[], data: Buffer): BenchRow {
  const masker = maskStream(maskTable(values));
  let before = Number.NaN;
  for (let pass = 0; pass <= 1_000 / MEGABYTES; pass += 1) {
    // The first pass does not count: it is when the code is compiled.
    if (pass === 1) before = memory();
    for (let at = 0; at < data.length; at += 65_536) masker.push(data.subarray(at, at + 65_536));
  }
  return {
    what: "masking 1 GB with 1,000 secrets in all forms",
    against: "memory in use before it",
    ratio: `${(memory() - before).toFixed(1)} MB more`,
    goal: "no growth",
  };
}

/** Tokens, pass phrases with characters that every encoder escapes, and keys of several lines. */
function secretValues(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    if (index % 10 === 0) {
      const lines = [48, 48, 48].map((bytes) => randomBytes(bytes).toString("base64"));
      return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
    }
    if (index % 3 === 0) return `p@ss "${randomBytes(9).toString("base64")}'$x é`;
    return `ghp_${randomBytes(27).toString("base64url")}`;
  });
}

function logOf(values: readonly string[]): Buffer {
  const lines: string[] = [];
  for (let bytes = 0, count = 0; bytes < MEGABYTES * 1_000_000; count += 1) {
    const secret = count % 1_000 === 0 ? ` token=${values[(count / 1_000) % values.length] ?? ""}` : "";
    const line = `2026-03-08T07:00:00Z INFO request ${count} handled path=/api/v1/items/${count * 7919}${secret} status=200 in 12 ms\n`;
    lines.push(line);
    bytes += line.length;
  }
  return Buffer.from(lines.join(""));
}

/** Megabytes in use, on and off the heap, after a collection. */
function memory(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1_000_000;
}

function speed(milliseconds: number | undefined): string {
  return ((MEGABYTES * 1_000) / (milliseconds ?? Number.NaN)).toFixed(0);
}
