import { readFile, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { probe } from "../../../main/environment/probe.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "pcd-probe-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sh = (script: string, timeoutMs = 20_000, env: Record<string, string> = { PATH: "/bin:/usr/bin" }) =>
  probe("/bin/sh", ["-c", script], { env, cwd: folder, timeoutMs });

describe.runIf(process.platform !== "win32")("a probe", () => {
  test("answers with exit code and output, in the folder, in the env given and with an empty stdin", async () => {
    const answer = await sh('cat; pwd; echo "$A"; env | wc -l >/dev/null; echo oops >&2; exit 3', 20_000, {
      PATH: "/bin:/usr/bin",
      A: "given",
    });
    expect(answer).toEqual({ kind: "exited", code: 3, signal: null, stdout: `${folder}\ngiven\n`, stderr: "oops\n" });
  });

  test("ends a program that does not end, with all it started", async () => {
    const answer = await sh("sleep 300 & echo $! > child; wait", 2_000);
    expect(answer).toEqual({ kind: "timed_out" });
    await expectGone(Number(await readFile(path.join(folder, "child"), "utf8")));
  });

  test("does not wait for what a program leaves behind, and ends it", async () => {
    const answer = await sh("sleep 300 & echo $!");
    expect(answer).toMatchObject({ kind: "exited", code: 0 });
    if (answer.kind === "exited") await expectGone(Number(answer.stdout));
  });

  test("says why a program could not be started", async () => {
    const options = { env: {}, cwd: folder, timeoutMs: 20_000 };
    expect(await probe(path.join(folder, "none"), [], options)).toEqual({ kind: "not_started", systemCode: "ENOENT" });
    expect(await probe("/etc/passwd", [], options)).toEqual({ kind: "not_started", systemCode: "EACCES" });
    expect(await probe("/bin/true", ["\0"], options)).toMatchObject({ kind: "not_started" });
  });

  test("keeps a bounded part of what is said", async () => {
    const answer = await sh("head -c 1000000 /dev/zero | tr '\\0' x");
    expect(answer.kind === "exited" && answer.stdout.length).toBe(64 * 1024);
  });
});

/** A killed process may stand as a zombie until its new parent has heard of it. */
async function expectGone(pid: number): Promise<void> {
  await expect
    .poll(async () => {
      try {
        const status = await readFile(`/proc/${pid}/stat`, "utf8");
        return status.slice(status.lastIndexOf(")") + 2, status.lastIndexOf(")") + 3);
      } catch {
        return "gone";
      }
    })
    .toMatch(/gone|Z/);
}
