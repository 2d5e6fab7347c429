import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  checkConfig,
  checkNode,
  checkOwner,
  checkPermissions,
  checkRunner,
} from "../../../../main/hosts/cli/doctor-checks.ts";
import { acquireOwnership } from "../../../../main/instance/lock.ts";
import { instancePaths } from "../../../../main/instance/paths.ts";
import type { InstancePaths } from "../../../../main/instance/paths.ts";

let home: string;
let paths: InstancePaths;
beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), "pcd-doctor-"));
  paths = instancePaths({ home }, {});
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function modeOf(entry: string): Promise<number> {
  return (await stat(entry)).mode & 0o777;
}

test.each([
  ["v20.19.0", "ok"],
  ["v20.18.3", "error"],
  ["v22.0.0", "ok"],
  ["v18.20.0", "error"],
])("Node %s is %s", (version, level) => {
  expect(checkNode(version).level).toBe(level);
});

test("an instance that is not there yet has nothing wrong with it", async () => {
  expect((await checkPermissions(paths, false)).level).toBe("ok");
  expect((await checkOwner(paths, false)).level).toBe("ok");
  expect((await checkConfig(paths)).level).toBe("ok");
});

test("what others can read is told, and --repair takes their rights away and nothing else", async () => {
  await mkdir(paths.secrets, { recursive: true, mode: 0o755 });
  await chmod(paths.root, 0o755);
  await chmod(paths.secrets, 0o700);
  await writeFile(paths.config, "{}");
  await chmod(paths.config, 0o444);
  const elsewhere = path.join(home, "elsewhere");
  await writeFile(elsewhere, "of the operator");
  await chmod(elsewhere, 0o644);
  await symlink(elsewhere, paths.masterKey);

  expect(await checkPermissions(paths, false)).toMatchObject({
    level: "warn",
    next: expect.stringContaining("--repair"),
  });
  expect(await modeOf(paths.root)).toBe(0o755);
  expect(await checkPermissions(paths, true)).toMatchObject({
    level: "ok",
    message: expect.stringMatching(/^mended: 2/),
  });
  expect(await Promise.all([paths.root, paths.secrets, paths.config, elsewhere].map(modeOf))).toEqual([
    0o700, 0o700, 0o400, 0o644,
  ]);
  expect(await checkPermissions(paths, false)).toMatchObject({ level: "ok" });
});

test("settings that cannot be read are an error that names the file", async () => {
  await mkdir(paths.root, { recursive: true });
  await writeFile(paths.config, "{");
  expect(await checkConfig(paths)).toMatchObject({ level: "error", message: expect.stringContaining(paths.config) });
});

test("an owner that holds the instance and does not answer is an error", async () => {
  const ownership = await acquireOwnership(paths, { kind: "serve" });
  const judged = await checkOwner(paths, true, { waitMs: 0 });
  await ownership.release();
  expect(judged).toMatchObject({ level: "error", next: expect.any(String) });
  expect(await checkOwner(paths, false)).toMatchObject({ level: "ok" });
});

test("a runner that does not come up is an error, and one that answers is not", async () => {
  const entry = path.join(home, "runner.mjs");
  await writeFile(entry, "process.exit(1);");
  expect(await checkRunner(entry, process.env)).toMatchObject({ level: "error", next: expect.any(String) });
  await writeFile(entry, 'process.on("message", () => process.send({ type: "ended" }, () => process.exit(0)));');
  expect(await checkRunner(entry, process.env)).toMatchObject({ level: "ok" });
});
