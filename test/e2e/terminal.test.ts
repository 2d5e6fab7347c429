import { spawn } from "node:child_process";
import { access, readFile } from "node:fs/promises";
import path from "node:path";
import { once } from "node:events";
import { expect, test } from "vitest";
import { testInstance } from "../fixtures/instance.ts";

const START = path.resolve(import.meta.dirname, "../../scripts/start.mjs");

test("Ctrl-C reaches npm start and its server at once, and all is left in order", async () => {
  const instance = await testInstance();
  try {
    // A group of its own, as a shell gives to what it starts in a terminal; Ctrl-C signals all of the group.
    const child = spawn(process.execPath, [START, "--port", "0"], { env: instance.env, detached: true });
    const closed = once(child, "close");
    child.stderr.resume();
    await once(child.stdout, "data");
    const postmaster = await readFile(path.join(instance.root, "db", "postmaster.pid"), "utf8");
    process.kill(-(child.pid ?? 0), "SIGINT");
    expect(await closed).toEqual([130, null]);
    expect(() => process.kill(Number(postmaster.split("\n")[0]), 0)).toThrow("ESRCH");
    await expect(access(path.join(instance.root, "owner.lock"))).rejects.toThrow("ENOENT");
  } finally {
    await instance.remove();
  }
});
