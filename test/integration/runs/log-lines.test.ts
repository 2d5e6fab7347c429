import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { appendFile, open } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { NumberedLine } from "../../../preload/contract/runs.ts";
import { createLogIndexes, type LogIndexes } from "../../../main/runs/log-index.ts";
import { positionOf, readLines, searchLog } from "../../../main/runs/log-lines.ts";
import { readForward } from "../../../main/runs/log-reading.ts";

let directory: string;
let files = 0;
beforeAll(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), "pcd-lines-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const AT = "2026-03-08T07:00:00.000Z";
const PIECE = 64 * 1024;
const newFile = () => path.join(directory, `${(files += 1)}.log`);
const record = (text: string, stream = "stdout") => `${AT} ${stream} F ${text}\n`;
const textsOf = (lines: readonly NumberedLine[]) => lines.map((line) => line.text);
const search = (file: string, text: string, limit = 1_000) => searchLog(file, { text, limit, signal: undefined });

/** Every line that the log has, read the plain way. */
function plainly(log: Buffer): NumberedLine[] {
  const lines: NumberedLine[] = [];
  for (const part of log.toString("latin1").split("\n").slice(0, -1)) {
    const match = /^(\S{24}) (stdout|stderr|system) [FP] /.exec(part);
    const [prefix = "", at = "", stream] = match ?? [];
    if (stream !== "stdout" && stream !== "stderr" && stream !== "system") continue;
    const bytes = Buffer.from(part.slice(prefix.length), "latin1");
    const leftOut = Math.max(0, bytes.length - PIECE);
    const note = leftOut > 0 ? ` … (${leftOut} more bytes are not shown)` : "";
    lines.push({ number: lines.length, at, stream, text: bytes.subarray(0, PIECE).toString("utf8") + note });
  }
  return lines;
}

/** A window of a log, asked for as often as it takes. */
async function window(indexes: LogIndexes, file: string, from: number, count: number) {
  const lines: NumberedLine[] = [];
  for (;;) {
    const page = await readLines(indexes, file, from + lines.length, count - lines.length);
    expect(page.lines.length).toBeLessThanOrEqual(count - lines.length);
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(16 * 1024 * 1024);
    lines.push(...page.lines);
    if (page.lines.length === 0 || lines.length === count) return { lines, total: page.total };
  }
}

const part = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.integer({ min: 1, max: 700 }).map((n) =>
      "é"
        .repeat(n % 9)
        .concat("|")
        .repeat(n)
        .split("|"),
    ),
  },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: PIECE }).map((length) => ["x".repeat(length)]) },
  { weight: 1, arbitrary: fc.integer({ min: PIECE + 1, max: 12 * PIECE }).map((length) => ["y".repeat(length)]) },
);
const log = fc
  .array(fc.tuple(part, fc.constantFrom("stdout", "stderr", "system", "no such stream")), { maxLength: 12 })
  .map((parts) => Buffer.from(parts.flatMap(([texts, stream]) => texts.map((text) => record(text, stream))).join("")));

describe("readLines", () => {
  it("reads what a plain reading reads, from anywhere, while the log grows", async () => {
    await fc.assert(
      fc.asyncProperty(
        log,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1.1, noNaN: true }), fc.integer({ min: 1, max: 2_000 })), {
          minLength: 1,
          maxLength: 4,
        }),
        async (data, stops, windows) => {
          const file = newFile();
          const indexes = createLogIndexes();
          let written = 0;
          for (const stop of [...stops.toSorted((a, b) => a - b), 1]) {
            const until = Math.floor(stop * data.length);
            appendFileSync(file, data.subarray(written, until));
            written = until;
            const expected = plainly(data.subarray(0, written));
            for (const [where, count] of windows) {
              const from = Math.floor(where * expected.length);
              const { lines, total } = await window(indexes, file, from, count);
              expect(total).toBe(expected.length);
              expect(lines).toEqual(expected.slice(from, from + count));
            }
          }
          rmSync(file);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("finds the offset of every line, also the one behind the last", async () => {
    const file = newFile();
    const texts = Array.from({ length: 1_500 }, (_, number) => `${number} ${"x".repeat(number % 700)}`);
    writeFileSync(file, `${texts.map((text) => record(text)).join("")}no record\n${AT} stdout F open`);
    const handle = await open(file);
    const index = await createLogIndexes().of(file, handle);
    for (const line of [0, 1, 255, 256, 257, 700, 1_023, 1_024, 1_499]) {
      const { lines } = await readForward(file, await positionOf(handle, index, line));
      expect(lines[0]?.text).toBe(texts[line]);
    }
    const end = await positionOf(handle, index, 1_500);
    expect(end).toBe(index.end);
    appendFileSync(file, "\n");
    expect((await readForward(file, end)).lines).toMatchObject([{ text: "open" }]);
    await handle.close();
  });

  it("answers less than was asked for where that would be too large, but never nothing", async () => {
    const file = newFile();
    writeFileSync(file, record("\u0001".repeat(PIECE)).repeat(40));
    const indexes = createLogIndexes();
    const first = await readLines(indexes, file, 0, 2_000);
    expect(first.total).toBe(40);
    expect(first.lines.length).toBeLessThan(40);
    expect(textsOf((await window(indexes, file, 0, 2_000)).lines)).toEqual(
      Array.from({ length: 40 }, () => "\u0001".repeat(PIECE)),
    );
    expect((await readLines(indexes, file, 39, 1)).lines).toHaveLength(1);
    expect((await readLines(indexes, file, 40, 1)).lines).toEqual([]);
    expect(await readLines(indexes, `${file}.none`, 0, 1)).toEqual({ lines: [], total: 0 });
  });

  it("serves several readers at once while the log grows", async () => {
    const file = newFile();
    writeFileSync(file, "");
    const indexes = createLogIndexes();
    const wanted = 20_000;
    const write = async () => {
      let text = "";
      for (let number = 0; number < wanted; number += 1) text += record(`line ${number}`);
      const data = Buffer.from(text);
      // Of a length that no record has, so that most writes end inside one.
      for (let at = 0; at < data.length; at += 10_007) await appendFile(file, data.subarray(at, at + 10_007));
    };
    const read = async (count: number) => {
      const seen: NumberedLine[] = [];
      while (seen.length < wanted) {
        const { lines, total } = await readLines(indexes, file, seen.length, count);
        expect(lines.length).toBe(Math.min(count, total - seen.length));
        seen.push(...lines);
      }
      return seen;
    };
    const [, ...all] = await Promise.all([write(), read(25), read(70), read(300), read(2_000)]);
    for (const seen of all) {
      expect(seen.every(({ number, text }, index) => number === index && text === `line ${index}`)).toBe(true);
    }
  });

  it("notices that a log became shorter, or is another one", async () => {
    const file = newFile();
    const indexes = createLogIndexes();
    const read = async () => {
      const { lines, total } = await readLines(indexes, file, 0, 2_000);
      expect(total).toBe(lines.length);
      return textsOf(lines);
    };
    writeFileSync(file, record("one") + record("two"));
    expect(await read()).toEqual(["one", "two"]);
    writeFileSync(file, record("t"));
    expect(await read()).toEqual(["t"]);
    writeFileSync(file, record("one line of some length".repeat(10)));
    expect(await read()).toHaveLength(1);
    // In place, and longer: only what stands before the end tells.
    const many = Array.from({ length: 20 }, (_, number) => String(number));
    writeFileSync(file, many.map((text) => record(text)).join(""));
    expect(await read()).toEqual(many);
    const another = newFile();
    writeFileSync(another, record("moved").repeat(5));
    renameSync(another, file);
    expect(await read()).toEqual(["moved", "moved", "moved", "moved", "moved"]);
    rmSync(file);
    expect(await read()).toEqual([]);
  });

  it("reads a log once, and then only what was added", async () => {
    const file = newFile();
    writeFileSync(file, record("x".repeat(PIECE)).repeat(20));
    const indexes = createLogIndexes();
    const handle = await open(file);
    const read = vi.spyOn(handle, "read");
    const readsOf = async () => {
      read.mockClear();
      await Promise.all([indexes.of(file, handle), indexes.of(file, handle)]);
      return read.mock.calls.length;
    };
    const first = await readsOf();
    expect(first).toBeGreaterThan(5);
    expect(await readsOf()).toBe(0);
    appendFileSync(file, record("more"));
    expect(await readsOf()).toBeLessThan(first);
    expect((await indexes.of(file, handle)).total).toBe(21);
    await handle.close();
  });

  it("forgets the logs that were not asked for the longest, and reads them again", async () => {
    const indexes = createLogIndexes(2);
    const logs = ["a", "b", "c", "a", "b", "c"].map((text) => ({ text, file: path.join(directory, `kept-${text}`) }));
    for (const { text, file } of logs) writeFileSync(file, record(text));
    for (const { text, file } of logs) expect(textsOf((await readLines(indexes, file, 0, 9)).lines)).toEqual([text]);
  });
});

describe("searchLog", () => {
  it("finds plain text in any case, with ANSI sequences left out", async () => {
    const file = newFile();
    const lines = [
      "nothing",
      "\u001b[1;31mfai\u001b[0mled\u001b[K here",
      "a.b (c) [d] \\e $f",
      "axb",
      "\u001b]8;;https://failed.example\u0007link\u001b]8;;\u0007",
      "ΟΔΟΣ and Straße",
      "\u001b(Bplain \u001b]0;never ended failed",
    ];
    writeFileSync(file, `no record with failed\n${lines.map((text) => record(text)).join("")}`);
    expect(await search(file, "FAILED")).toEqual({ matches: [1, 6], more: false });
    expect(await search(file, "a.B")).toEqual({ matches: [2], more: false });
    expect(await search(file, "(c) [d] \\e $f")).toEqual({ matches: [2], more: false });
    expect(await search(file, "link")).toEqual({ matches: [4], more: false });
    expect(await search(file, "οδος")).toEqual({ matches: [5], more: false });
    expect(await search(file, "stdout")).toEqual({ matches: [], more: false });
    expect(await search(file, "\ud800")).toEqual({ matches: [], more: false });
    expect(await search(`${file}.none`, "x")).toEqual({ matches: [], more: false });
  });

  it("numbers lines as readLines does", async () => {
    await fc.assert(
      fc.asyncProperty(log, async (data) => {
        const file = newFile();
        writeFileSync(file, data);
        const expected = plainly(data).flatMap(({ number, text }) => (text.includes("éé") ? [number] : []));
        const { matches, more } = await search(file, "Éé");
        expect(matches).toEqual(expected.slice(0, 1_000));
        expect(more).toBe(expected.length > 1_000);
        rmSync(file);
      }),
      { numRuns: 30 },
    );
  });

  it("ends at its limit, and when its caller leaves", async () => {
    const file = newFile();
    writeFileSync(file, record("needle").repeat(3) + record("x".repeat(PIECE)).repeat(9) + record("needle"));
    expect(await search(file, "needle", 3)).toEqual({ matches: [0, 1, 2], more: true });
    expect(await search(file, "needle", 4)).toEqual({ matches: [0, 1, 2, 12], more: false });
    const { matches } = await searchLog(file, { text: "needle", limit: 9, signal: AbortSignal.abort() });
    expect(matches).not.toContain(12);
  });
});
