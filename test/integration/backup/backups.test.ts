import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createBackups, type Backups, type BackupServices } from "../../../main/backup/backups.ts";
import { noteProof, seeFile } from "../../../main/backup/proofs.ts";
import { findBinaries } from "../../../main/database/embedded/binaries.ts";
import { readMigrations, type MigrationFile } from "../../../main/database/migration-files.ts";
import { systemClock } from "../../../main/instance/clock.ts";
import { readConfig, type Config } from "../../../main/instance/config.ts";
import { instancePaths, type InstancePaths } from "../../../main/instance/paths.ts";
import { eventually, refusalOf } from "../../fixtures/conditions.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { testHome, type TestHome } from "../../fixtures/home.ts";
import { simulatedClock } from "../../fixtures/simulated-clock.ts";
import { fill } from "./fixtures.ts";

let home: TestHome;
let database: TestDatabase;
let paths: InstancePaths;
let changes: number;
let backups: Backups;
let migrations: MigrationFile[];
let settings: Config["backups"];
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

beforeEach(async () => {
  home = await testHome();
  database = await testDatabase();
  await fill(database);
  paths = instancePaths({ home: home.base }, {});
  changes = 0;
  settings = (await readConfig(paths)).backups;
  migrations = await readMigrations(path.resolve("migrations"));
  backups = open();
});
afterEach(async () => {
  await backups.stop();
  await database.close();
  await home.remove();
});

function open(different: Partial<BackupServices> = {}): Backups {
  return createBackups({
    paths,
    session: database.options,
    migrations,
    appVersion: "1.2.3",
    clock: systemClock,
    log: quiet,
    processEnv: process.env,
    key: async () => null,
    recoveryRecipient: async () => null,
    settings: () => settings,
    automatic: false,
    changed: () => void (changes += 1),
    ...different,
  });
}

test("a backup that was taken is listed, verified by its name or path, and proven by a restore", async () => {
  expect(await backups.list()).toEqual({
    directory: paths.backups,
    backups: [],
    bytes: 0,
    automatic: {
      state: "elsewhere",
      nextAt: null,
      unchangedAt: null,
      failure: null,
      full: { state: "no_code", nextAt: null, unchangedAt: null, failure: null },
    },
    work: null,
  });
  // A table of an operator's own does not keep a backup from coming back; that it is left in the file is said from the start.
  await database.pool.query("create table notes (one text); insert into notes values ('mine')");
  const { removed, notRemoved, ...taken } = await backups.take();
  expect([removed, notRemoved]).toEqual([[], []]);
  expect(taken.notRestored).toEqual([{ name: "notes", rows: 1 }]);
  expect(taken).toMatchObject({ kind: "database", reason: "manual", schema: migrations.length, keyIds: [] });
  expect(taken.rows).toBe(taken.tables.reduce((sum, { rows }) => sum + rows, 0));
  expect(changes).toBe(2);
  expect((await backups.list()).backups).toMatchObject([
    {
      state: "ok",
      path: taken.path,
      holds: { companies: 1, agents: 3, routines: 0, runs: 0, secrets: 0 },
      provenAt: null,
    },
  ]);
  expect(await backups.verify(path.basename(taken.path), false)).toEqual({
    ...taken,
    schemaDifferences: null,
    provenAt: null,
    notNoted: null,
  });

  const proven = await backups.verify(taken.path, true);
  expect(proven).toEqual({ ...taken, schemaDifferences: [], provenAt: expect.stringMatching(/^20/), notNoted: null });
  expect((await backups.list()).backups).toMatchObject([{ provenAt: proven.provenAt }]);
  expect(await backups.verify(taken.path, false)).toMatchObject({ provenAt: proven.provenAt });
  // Nothing of the restored copy is left.
  expect(await readdir(paths.root)).toEqual(["data"]);
});

test("what a proof found of differences stands beside it, and another file under the name of a proven one is not proven", async () => {
  await database.pool.query("create index of_mine on companies (name)");
  const taken = await backups.take();
  // Where it cannot be noted, as on a stick that is read-only, it was proven all the same.
  const notes = path.join(paths.backups, "proofs.json");
  await mkdir(notes);
  const proven = await backups.verify(taken.path, true);
  const found = [{ kind: "index", table: "companies", name: "of_mine", was: "added" }] as const;
  expect(proven).toMatchObject({ schemaDifferences: found, provenAt: expect.any(String) });
  expect(proven.notNoted).toContain("proofs.json");
  expect((await backups.list()).backups).toMatchObject([{ provenAt: null, provenDifferences: null }]);
  await rm(notes, { recursive: true });
  await noteProof(await seeFile(taken.path), new Date(), found);
  expect((await backups.list()).backups).toMatchObject([{ provenDifferences: { count: 1, first: found } }]);
  await truncate(taken.path, taken.bytes - 1_024);
  expect((await backups.list()).backups).toMatchObject([{ state: "ok", provenAt: null, provenDifferences: null }]);
  expect(await refusalOf(backups.verify(taken.path, true))).toMatchObject({ code: "backup_invalid" });
});

test("what is no backup is listed as unreadable beside the others", async () => {
  const taken = await backups.take();
  await writeFile(path.join(paths.backups, "paperclip-20990101T000000000Z-manual.tar"), "nothing");
  await writeFile(path.join(paths.backups, "notes.txt"), "mine");
  const { backups: listed } = await backups.list();
  expect(listed).toMatchObject([
    { state: "unreadable", bytes: 7 },
    { state: "ok", path: taken.path },
  ]);
});

// A pipe that nobody writes into would hold up whoever opens it, and with it every list.
test.runIf(process.platform !== "win32")("a named pipe in the place of a backup is told as no file", async () => {
  await mkdir(paths.backups, { recursive: true });
  const names = ["paperclip-20990101T000000000Z-manual.tar", "paperclip-20990101T000000001Z-full.tar.age"];
  const pipes = names.map((name) => path.join(paths.backups, name));
  await promisify(execFile)("mkfifo", pipes);
  const problem = expect.stringContaining("it is no file");
  expect((await backups.list()).backups).toMatchObject([
    { state: "unreadable", path: pipes[1], problem },
    { state: "unreadable", path: pipes[0], problem },
  ]);
  for (const pipe of pipes)
    expect(await refusalOf(backups.verify(pipe, false))).toMatchObject({ code: "backup_invalid" });
});

test("one thing is done at a time, it is seen, and it can be given up", async () => {
  await fill(database, 5_000);
  const first = refusalOf(backups.take());
  expect((await backups.list()).work).toMatchObject({ kind: "taking" });
  expect(await refusalOf(backups.take())).toMatchObject({ code: "backup_running" });
  expect(backups.cancel()).toBe(true);
  expect((await first).code).toBe("backup_cancelled");
  expect(backups.cancel()).toBe(false);
  expect((await backups.list()).work).toBeNull();
  expect(await readdir(paths.backups)).toEqual([]);
});

test("a proof that is given up leaves nothing, and what a killed one left is cleared", async () => {
  const taken = await backups.take();
  const left = path.join(paths.root, "scratch", "db");
  await mkdir(left, { recursive: true });
  await writeFile(path.join(left, "left"), "by a killed one");
  const proving = refusalOf(backups.verify(taken.path, true));
  expect(backups.cancel()).toBe(true);
  expect((await proving).code).toBe("backup_cancelled");
  expect(await readdir(paths.root)).toEqual(["data"]);
  expect((await backups.list()).backups).toMatchObject([{ provenAt: null }]);
});

// On a disk that does not answer a proof would go on for ever, and nothing could be backed up meanwhile.
test.runIf(process.platform !== "win32")("a proof that does not end is given up when its time is over", async () => {
  const taken = await backups.take();
  // As the account of the server finds it.
  const directory = await mkdtemp(path.join(tmpdir(), "pcd-initdb-"));
  await chmod(directory, 0o777);
  const [initdb, began] = [path.join(directory, "initdb"), path.join(directory, "began")];
  await writeFile(initdb, `#!/bin/sh\necho > ${began}\nexec tail -f /dev/null\n`);
  await chmod(initdb, 0o755);
  const clock = simulatedClock(new Date());
  backups = open({ clock, embedded: { binaries: { ...(await findBinaries()), initdb } } });
  try {
    const proving = refusalOf(backups.verify(taken.path, true));
    await eventually(() => existsSync(began));
    clock.pass(24 * 3_600_000);
    expect(await proving).toMatchObject({ code: "backup_timed_out", message: expect.stringContaining("The proof") });
    expect(await readdir(paths.root)).toEqual(["data"]);
    await backups.take();
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("a place that is no whole path is refused", async () => {
  expect(await refusalOf(backups.take({ directory: "here" }))).toMatchObject({ code: "invalid_input" });
  expect(await refusalOf(backups.verify("../up.tar", false))).toMatchObject({ code: "invalid_input" });
  expect(await refusalOf(backups.verify("none.tar", false))).toMatchObject({ code: "backup_missing" });
});

test("of a folder elsewhere the last part alone is made: what is above it may be on a disk that is not mounted", async () => {
  const directory = path.join(home.base, "not-mounted", "backups");
  const passphrase = "four words of no kin";
  for (const taking of [() => backups.take({ directory }), () => backups.takeFull({ directory, passphrase })]) {
    const refusal = await refusalOf(taking());
    expect(refusal).toMatchObject({ code: "invalid_input" });
    expect(refusal.message).toContain(`${path.dirname(directory)} is not there`);
    expect(refusal.next).toContain("Mount the disk");
  }
  expect(await readdir(home.base)).not.toContain("not-mounted");
  await mkdir(path.dirname(directory));
  expect(path.dirname((await backups.take({ directory })).path)).toBe(directory);
});
