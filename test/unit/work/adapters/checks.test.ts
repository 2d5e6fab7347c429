import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adapterOf } from "../../../../main/work/adapters/registry.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), "pcd-checks-"));
  await mkdir(path.join(root, "good"));
  await mkdir(path.join(root, "bad"));
  await program("good/claude", '[ "$*" = "--version" ] && echo "9.9.9 (Claude Code)"');
  await program("bad/claude", "echo 'node: not found' >&2; exit 127");
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function program(name: string, script: string): Promise<void> {
  await writeFile(path.join(root, name), `#!/bin/sh\n${script}\n`);
  await chmod(path.join(root, name), 0o755);
}

const surroundings = (folder: string) => ({ env: { PATH: path.join(root, folder) }, secretNames: [], cwd: root });

describe.runIf(process.platform !== "win32")("an adapter's own check", () => {
  test("passes with path and version of the program", async () => {
    const answer = await adapterOf("claude").test({}, surroundings("good"));
    expect(answer.ok).toBe(true);
    expect(answer.checks.map(({ name, ok }) => [name, ok])).toEqual([
      ["configuration", true],
      ["folder", true],
      ["command", true],
      ["start", true],
    ]);
    expect(answer.checks[2]?.message).toContain(path.join(root, "good/claude"));
    expect(answer.checks[3]?.message).toContain("9.9.9 (Claude Code)");
  });

  test("says what a program answered that does not start", async () => {
    const answer = await adapterOf("claude").test({}, surroundings("bad"));
    expect(answer.ok).toBe(false);
    expect(answer.checks.at(-1)).toMatchObject({
      name: "start",
      ok: false,
      message: "claude --version ended with exit code 127: node: not found",
      next: expect.stringContaining("claude --version"),
    });
  });

  test("stops at a command that is not on PATH, a folder that is not there, a configuration that is not valid", async () => {
    const last = async (adapter: string, config: unknown) =>
      (await adapterOf(adapter).test(config, surroundings("none"))).checks.at(-1);
    expect(await last("codex", {})).toMatchObject({ name: "command", ok: false });
    expect(await last("codex", { cwd: "gone" })).toMatchObject({ name: "folder", ok: false });
    expect(await last("codex", { cwd: "good/claude" })).toMatchObject({ name: "folder", ok: false });
    expect(await last("codex", { modell: "x" })).toMatchObject({ name: "configuration", ok: false });
    for (const config of [{}, { cwd: "gone" }]) expect((await last("codex", config))?.next).toBeTruthy();
  });

  test("does not start a program that cannot be asked for its version", async () => {
    await program("good/dangerous", `touch ${path.join(root, "started")}`);
    const answer = await adapterOf("process").test({ command: ["dangerous"] }, surroundings("good"));
    expect(answer).toMatchObject({ ok: true, checks: [{}, {}, { name: "command", ok: true }] });
    const { readdir } = await import("node:fs/promises");
    expect(await readdir(root)).not.toContain("started");
  });
});
