import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
// @ts-expect-error -- a script without types
import { sourcesStamp } from "../../../scripts/sources.mjs";

const SCRIPTS = path.resolve(import.meta.dirname, "../../../scripts");
let root: string;
let lock: string;

/** A tree that is built as it stands, so that the script has only to get its turn. */
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), "pcd-build-"));
  lock = path.join(root, ".out.lock");
  cpSync(SCRIPTS, path.join(root, "scripts"), { recursive: true });
  for (const directory of ["main", "preload", "renderer", "out"]) mkdirSync(path.join(root, directory));
  for (const file of ["electron.vite.config.ts", "package.json", "package-lock.json"]) {
    writeFileSync(path.join(root, file), "{}");
  }
  writeFileSync(path.join(root, "out", "stamp"), (sourcesStamp as (root: string) => string)(root));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function build(): Promise<{ code: number | null; stderr: string }> {
  return run([path.join(root, "scripts", "build.mjs")]);
}

function run(args: readonly string[]): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stderr })));
}

function leaveLock(text: string, ageMs: number): void {
  writeFileSync(lock, text);
  const at = new Date(Date.now() - ageMs);
  utimesSync(lock, at, at);
}

describe("the lock of a build", () => {
  it.each([
    ["of a process that is gone", "4194999", 0],
    ["that was never filled in, because its maker was killed just then", "", 60_000],
    ["whose number belongs to another process now", String(process.pid), 3_600_000],
  ])("is taken over: one %s", async (_, text, ageMs) => {
    leaveLock(text, ageMs);
    expect(await build()).toEqual({ code: 0, stderr: "" });
    expect(existsSync(lock)).toBe(false);
  });
});

describe("a start", () => {
  const start = () => run(["--import", `data:text/javascript,${encodeURIComponent(before)}`, script]);
  let before: string;
  let script: string;
  beforeEach(() => {
    before = "";
    script = path.join(root, "start.mjs");
    writeFileSync(script, 'import { ensureBuilt } from "./scripts/ensure-built.mjs";\nensureBuilt();\n');
  });

  it("needs nothing where the sources are built", async () => {
    expect(await start()).toEqual({ code: 0, stderr: "" });
  });

  it("says that the dependencies are missing, and how they come", async () => {
    writeFileSync(path.join(root, "main", "changed.ts"), "");
    expect(await start()).toEqual({
      code: 1,
      stderr: `error: the dependencies are not installed.\nnext: Run \`npm ci\` in ${root}.\n`,
    });
  });

  it.each(["18.20.8", "20.18.3"])("says that Node %s is too old", async (version) => {
    before = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } })`;
    expect(await start()).toEqual({
      code: 1,
      stderr: `error: Node ${version} is too old.\nnext: Use Node 20.19 or newer.\n`,
    });
  });
});
