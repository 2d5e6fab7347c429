import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readExcerpt, readForward, readTail } from "../../../main/runs/log-reading.ts";
import { createLogFile, type LogFile } from "../../../main/runs/runner/log-file.ts";

let directory: string;
let file: string;
const at = new Date("2026-03-08T07:00:00.000Z");
const start = (limitBytes = 1_000_000): LogFile =>
  createLogFile({ file, limitBytes, now: () => at, onGrew: () => undefined });

beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), "pcd-runlog-"));
  file = path.join(directory, "attempt.log");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("log file of an attempt", () => {
  it("keeps both streams in the order of arrival, and says its size, lines and hash", async () => {
    const log = start();
    log.append("stdout", Buffer.from("one\ntw"));
    log.append("stderr", Buffer.from("oops\n"));
    log.append("stdout", Buffer.from("o\nopen"));
    log.note("a note");
    log.endStream("stdout");
    log.endStream("stderr");
    const summary = await log.close(3);
    const content = readFileSync(file);
    expect((await readForward(file, 0)).lines).toEqual([
      { at: at.toISOString(), stream: "stdout", text: "one" },
      { at: at.toISOString(), stream: "stderr", text: "oops" },
      { at: at.toISOString(), stream: "stdout", text: "two" },
      { at: at.toISOString(), stream: "system", text: "a note" },
      { at: at.toISOString(), stream: "stdout", text: "open" },
    ]);
    expect(summary).toEqual({
      bytes: content.length,
      lines: 5,
      sha256: createHash("sha256").update(content).digest("hex"),
      excerpt: "one\noops\ntwo\nopen",
      droppedBytes: 0,
      maskHits: 3,
      problem: null,
    });
    expect(statSync(file).mode & 0o177).toBe(process.platform === "win32" ? 0o066 : 0);
  });

  it("never joins in the excerpt what two streams printed, so that it shows no text that no stream held", async () => {
    const log = start();
    log.append("stdout", Buffer.from("first half-"));
    log.append("stderr", Buffer.from("second half"));
    log.endStream("stdout");
    log.endStream("stderr");
    expect((await log.close(0)).excerpt).toBe("first half-\nsecond half");
  });

  it("makes no file without output", async () => {
    expect(await start().close(0)).toMatchObject({ bytes: 0, lines: 0, sha256: null, excerpt: "" });
    expect(existsSync(file)).toBe(false);
    expect(await readForward(file, 0)).toEqual({ lines: [], next: 0 });
    expect(await readTail(file, 5)).toEqual({ lines: [], truncated: false });
  });

  it("keeps the beginning of too much output, counts the rest, and ends with the last of it as excerpt", async () => {
    const log = start(500);
    for (let count = 0; count < 100; count += 1) log.append("stdout", Buffer.from(`line number ${count}\n`));
    log.note("still said");
    const summary = await log.close(0);
    const { lines } = await readForward(file, 0);
    const kept = lines.filter(({ stream }) => stream === "stdout");
    expect(kept.map(({ text }) => text)).toEqual(kept.map((_line, index) => `line number ${index}`));
    expect(lines.at(-1)).toMatchObject({ stream: "system", text: "still said" });
    const all = Array.from({ length: 100 }, (_, count) => `line number ${count}`.length);
    const total = all.reduce((sum, length) => sum + length, 0);
    const written = kept.reduce((sum, { text }) => sum + text.length, 0);
    expect(summary.droppedBytes).toBe(total - written);
    const notes = lines.filter(({ stream }) => stream === "system").map(({ text }) => text);
    expect(notes).toEqual([expect.stringContaining("The log has reached its limit"), "still said"]);
    expect(summary.bytes).toBeLessThan(500 + 250);
    expect(summary.excerpt.endsWith("line number 99")).toBe(true);
  });

  it("tells when the file cannot be written, and goes on", async () => {
    writeFileSync(path.join(directory, "taken"), "a file where a directory should be");
    file = path.join(directory, "taken", "attempt.log");
    const log = start();
    log.append("stdout", Buffer.from("lost\n"));
    const summary = await log.close(0);
    expect(summary).toMatchObject({ bytes: 0, problem: "ENOTDIR", excerpt: "lost" });
    expect(summary.droppedBytes).toBeGreaterThan(0);
  });

  it("is read from its end, and from any record on", async () => {
    const log = start(50_000_000);
    const text = (count: number) => `${count} ${"x".repeat(1_000)}`;
    for (let count = 0; count < 2_000; count += 1) log.append("stdout", Buffer.from(`${text(count)}\n`));
    await log.close(0);
    const tail = await readTail(file, 700);
    expect(tail.truncated).toBe(true);
    expect(tail.lines.map((line) => line.text)).toEqual(Array.from({ length: 700 }, (_, index) => text(index + 1_300)));
    const bounded = await readTail(file, 2_000, 300_000);
    expect(bounded.truncated).toBe(true);
    expect(bounded.lines.at(-1)?.text).toBe(text(1_999));
    expect((await readTail(file, 5_000)).lines).toHaveLength(2_000);
    const forward: string[] = [];
    for (let from = 0; ;) {
      const { lines, next } = await readForward(file, from);
      if (next === from) break;
      forward.push(...lines.map((line) => line.text));
      from = next;
    }
    expect(forward).toEqual(Array.from({ length: 2_000 }, (_, index) => text(index)));
    const { lines, excerpt } = await readExcerpt(file);
    expect(lines).toBe(2_000);
    expect(excerpt.endsWith(text(1_999))).toBe(true);
  });

  it("cuts an excerpt between characters and takes out what a database refuses", async () => {
    const log = start();
    log.append("stdout", Buffer.from(`${"é".repeat(3_000)}a\0b\n`));
    const { excerpt } = await log.close(0);
    expect(excerpt).toMatch(/^é+a\ufffdb$/);
    expect(Buffer.byteLength(excerpt)).toBeLessThanOrEqual(4_100);
  });
});
