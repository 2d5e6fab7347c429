import { execFileSync } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { prune } from "../../../main/backup/prune.ts";
import type { RetainedBackup } from "../../../preload/contract/backups.ts";
import { testHome, type TestHome } from "../../fixtures/home.ts";

let home: TestHome;
beforeEach(async () => {
  home = await testHome();
});
afterEach(() => home.remove());

function condemned(name: string): RetainedBackup {
  const file = path.join(home.base, name);
  const takenAt = "2026-04-01T12:00:00.000Z";
  return { path: file, kind: "database", takenAt, bytes: 1, provenAt: null, keep: [], removedFor: "tiers" };
}

test("what cannot be removed stays, with the reason, and keeps nothing else from being removed", async () => {
  await mkdir(path.join(home.base, "held"));
  for (const name of ["old", "kept"]) await writeFile(path.join(home.base, name), "x");
  const kept: RetainedBackup = { ...condemned("kept"), keep: ["newest"], removedFor: null };
  const pruned = await prune(home.base, [condemned("held"), kept, condemned("gone"), condemned("old")]);
  expect(pruned.removed.map((file) => path.basename(file))).toEqual(["gone", "old"]);
  expect(pruned.stuck).toMatchObject([
    {
      path: path.join(home.base, "held"),
      why: { code: "instance_permissions", message: expect.stringContaining("held was not removed") },
    },
  ]);
  expect(await readdir(home.base)).toEqual(expect.arrayContaining(["held", "kept"]));
});

test.runIf(process.platform === "linux" && process.getuid?.() === 0)(
  "a file that the system holds on to is told with the true reason",
  async (context) => {
    const file = path.join(home.base, "held.tar");
    await writeFile(file, "x");
    try {
      execFileSync("chattr", ["+i", file], { stdio: "ignore" });
    } catch {
      // Not every file system knows it.
      return context.skip();
    }
    try {
      const { removed, stuck } = await prune(home.base, [condemned("held.tar")]);
      expect(removed).toEqual([]);
      expect(stuck).toMatchObject([{ why: { message: expect.stringContaining("the system does not permit it") } }]);
    } finally {
      execFileSync("chattr", ["-i", file]);
    }
  },
);
