import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isPrivate } from "../fixtures/private.ts";
import { testInstance, type TestInstance } from "../fixtures/instance.ts";

const run = promisify(execFile);

let instance: TestInstance;
beforeEach(async () => {
  instance = await testInstance();
});
afterEach(() => instance.remove());

/** This app as it is installed, with one more migration: the next release. Answers with its command line. */
async function nextRelease(directory: string): Promise<string> {
  for (const part of ["bin", "scripts", "out", "migrations", "package.json"]) {
    await cp(path.resolve(part), path.join(directory, part), { recursive: true });
  }
  await symlink(path.resolve("node_modules"), path.join(directory, "node_modules"));
  const file = path.join(directory, "migrations", "journal.json");
  const journal = JSON.parse(await readFile(file, "utf8")) as unknown[];
  const number = journal.length + 1;
  const sql = "create table planted (one integer);";
  const sha256 = createHash("sha256").update(sql).digest("hex");
  await writeFile(path.join(directory, "migrations", `${String(number).padStart(4, "0")}_planted.sql`), sql);
  await writeFile(file, JSON.stringify([...journal, { number, name: "planted", sha256 }]));
  return path.join(directory, "bin", "paperclip-desktop.mjs");
}

test("the first command of a new release backs the database up, and migrates it only then", async () => {
  await instance.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
  const binary = await nextRelease(path.join(instance.temporary, "next"));
  const backups = path.join(instance.root, "data", "backups");
  const next = (...args: string[]) => run(process.execPath, [binary, ...args], { env: instance.env });

  // A file where the folder of backups should be.
  await cp(path.resolve("package.json"), path.join(instance.root, "data"));
  const refused = await next("db:migrate", "--json").catch((error: { code: number; stderr: string }) => error);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("could not be backed up") });
  expect(await instance.json(["db:status"])).toMatchObject({ pending: 0 });
  await run("rm", [path.join(instance.root, "data")]);

  const { stderr } = await next("db:migrate");
  expect(stderr).toContain("Backing the database up");
  const [name = "", ...others] = await readdir(backups);
  expect([name, others]).toEqual([expect.stringMatching(/-pre-migration\.tar$/), []]);
  expect(await isPrivate(path.join(backups, name))).toBe(true);
  const { stdout } = await next("db:status", "--json");
  expect(JSON.parse(stdout)).toMatchObject({
    pending: 0,
    migrations: expect.arrayContaining([expect.objectContaining({ name: "planted" })]),
  });
  expect(await readdir(backups)).toHaveLength(1);

  // The backup of the older schema comes back in the new release, which migrates it.
  const taken = await next("db:backup", "--json");
  const { path: newer } = JSON.parse(taken.stdout) as { path: string };
  const verified = await next("backups", "verify", name, "--prove");
  expect(verified.stdout).toContain("every table came back the same");
  const list = await next("backups", "list", "--json");
  expect(JSON.parse(list.stdout)).toMatchObject({
    backups: [
      { path: newer, reason: "manual", provenAt: null },
      { reason: "pre-migration", provenAt: expect.anything() },
    ],
  });
});
