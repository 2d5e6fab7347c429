import { chmod, chown, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { removeTree } from "../../../main/instance/remove-tree.ts";
import { memoryLog } from "../../fixtures/home.ts";

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), "pcd-tree-"));
});
afterEach(async () => {
  process.seteuid?.(process.getuid?.() ?? 0);
  await rm(directory, { recursive: true, force: true });
});

/** A tree of somebody who is not root, whom no directory without the right to write would hold up. */
async function readOnlyTree(): Promise<string> {
  const tree = path.join(directory, "tree");
  const inner = path.join(tree, "pkg", "mod");
  await mkdir(inner, { recursive: true });
  await writeFile(path.join(inner, "go.mod"), "module a\n");
  for (const entry of [inner, path.dirname(inner)]) await chmod(entry, 0o555);
  if (isRoot) for (const entry of [inner, path.dirname(inner), tree, directory]) await chown(entry, NOBODY, NOBODY);
  return tree;
}

test.runIf(process.platform !== "win32")("what holds directories that may not be changed is removed", async () => {
  const tree = await readOnlyTree();
  if (isRoot) process.seteuid?.(NOBODY);
  const log = memoryLog();
  await removeTree(tree, log);
  expect([await readdir(directory), log.lines]).toEqual([[], []]);
  await removeTree(tree, log);
  expect(log.lines).toEqual([]);
});

test.runIf(process.platform !== "win32")("what cannot be removed stays, and that is in the log", async () => {
  const tree = await readOnlyTree();
  await chmod(directory, 0o555);
  if (isRoot) process.seteuid?.(NOBODY);
  const log = memoryLog();
  await removeTree(tree, log);
  if (isRoot) process.seteuid?.(0);
  await chmod(directory, 0o700);
  expect(await readdir(directory)).toEqual(["tree"]);
  expect(log.lines.join()).toContain(tree);
});
