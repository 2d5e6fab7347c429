import { createHash } from "node:crypto";
import { chmod, cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { backUpBeforeMigrations, type PreMigrationOptions } from "../../../main/backup/pre-migration.ts";
import { readBackup } from "../../../main/backup/read.ts";
import type { TakenBackup } from "../../../main/backup/take.ts";
import type { ConnectionOptions } from "../../../main/database/database.ts";
import { readMigrations } from "../../../main/database/migration-files.ts";
import { openDatabase, type OpenDatabase } from "../../../main/database/open.ts";
import { systemClock } from "../../../main/instance/clock.ts";
import { acquireOwnership, type Ownership } from "../../../main/instance/lock.ts";
import { refusalOf } from "../../fixtures/conditions.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { memoryLog, testHome, type TestHome } from "../../fixtures/home.ts";

const NEVER = new AbortController().signal;

let home: TestHome;
let owner: Ownership;
let given: TestDatabase | null;
const opened: OpenDatabase[] = [];
const taken: (TakenBackup | null)[] = [];
beforeEach(async () => {
  home = await testHome();
  owner = await acquireOwnership(home.paths, { kind: "command" });
  given = null;
  taken.length = 0;
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  await given?.close();
  await owner.release();
  await home.remove();
});

/** Opens the database as an app does that has these migrations and backs up before it applies them. */
async function open(migrationsDirectory: string, choice: Partial<PreMigrationOptions> = {}, databaseUrl?: string) {
  const database = await openDatabase({
    paths: home.paths,
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    migrationsDirectory,
    runtimeDirectory: owner.runtimeDirectory,
    clock: systemClock,
    log: memoryLog(),
    beforeMigrate: async (connection: ConnectionOptions) =>
      void taken.push(
        await backUpBeforeMigrations({
          connection,
          directory: home.paths.backups,
          instanceId: home.paths.id,
          appVersion: "2.0.0",
          migrations: await readMigrations(migrationsDirectory),
          clock: systemClock,
          deadlineMs: 60_000,
          signal: NEVER,
          ...choice,
        }),
      ),
  });
  opened.push(database);
  return database;
}

const RELEASED = path.resolve("migrations");

/** The released migrations and one that loses a column and brings a table. */
async function nextRelease(): Promise<string> {
  const directory = path.join(home.base, "migrations");
  await cp(RELEASED, directory, { recursive: true });
  const journal = JSON.parse(await readFile(path.join(directory, "journal.json"), "utf8")) as unknown[];
  const number = journal.length + 1;
  const sql = "alter table projects drop column description; create table planted (one integer);";
  await writeFile(path.join(directory, `${String(number).padStart(4, "0")}_planted.sql`), sql);
  const entry = { number, name: "planted", sha256: createHash("sha256").update(sql).digest("hex") };
  await writeFile(path.join(directory, "journal.json"), JSON.stringify([...journal, entry]));
  return directory;
}

async function addCompany(database: OpenDatabase): Promise<void> {
  const statement = "insert into companies (id, name, issue_prefix) values (gen_random_uuid(), 'Acme', 'ACM')";
  await database.database.pool.query(statement);
}

async function expectOldSchemaIn(file: string): Promise<void> {
  const { header, tables } = await readBackup(file, NEVER);
  expect(header).toMatchObject({ reason: "pre-migration", instance: { companies: [{ name: "Acme" }] } });
  expect(header.schema.migrations.map(({ name }) => name)).not.toContain("planted");
  expect(header.tables.find(({ name }) => name === "projects")?.columns).toContain("description");
  expect(header.tables.map(({ name }) => name)).not.toContain("planted");
  expect(tables.find(({ name }) => name === "companies")?.rows).toBe(1);
}

describe("before pending migrations", () => {
  test("the embedded database is backed up as it was, and not at its first start, nor when nothing is pending", async () => {
    const first = await open(RELEASED);
    await addCompany(first);
    await first.close();
    const release = await nextRelease();
    const second = await open(release);
    expect((await second.schemaState()).applied.at(-1)?.name).toBe("planted");
    await second.migrate();
    expect(taken).toHaveLength(1);
    const [name = ""] = await readdir(home.paths.backups);
    expect(name).toMatch(/-pre-migration\.tar$/);
    await expectOldSchemaIn(path.join(home.paths.backups, name));
  });

  test("so is a server of one's own", async () => {
    given = await testDatabase("template0");
    const { host = "", port, user, password, database } = given.options;
    const url = `postgres://${user}:${password}@/${database}?host=${encodeURIComponent(host)}&port=${port}`;
    await addCompany(await open(RELEASED, {}, url));
    await open(await nextRelease(), {}, url);
    expect(taken).toHaveLength(1);
    await expectOldSchemaIn(taken[0]?.path ?? "");
  });

  test("a backup that fails keeps them from running, says why and what to do, and the next start tries again", async () => {
    const first = await open(RELEASED);
    await addCompany(first);
    await first.close();
    const release = await nextRelease();
    const blocked = path.join(home.base, "blocked");
    await writeFile(blocked, "");
    const late = { ...systemClock, after: (_: number, work: () => void) => (work(), () => undefined) };
    for (const [choice, code] of [
      [{ directory: path.join(blocked, "below") }, "instance_permissions"],
      [{ clock: late }, "backup_timed_out"],
    ] as const) {
      const refusal = await refusalOf(open(release, choice));
      expect(refusal.code).toBe(code);
      expect(refusal.message).toMatch(/^The migrations .* not applied.* not be backed up/);
      expect(refusal.next).not.toBe("");
    }
    const before = await open(RELEASED);
    expect((await before.schemaState()).applied.map(({ name }) => name)).not.toContain("planted");
    await before.close();
    await open(release);
    expect(taken).toHaveLength(1);
  });

  test("one that somebody else takes is waited for", async () => {
    given = await testDatabase();
    const other = new pg.Client(given.options);
    await other.connect();
    await other.query("begin; select pg_advisory_xact_lock(7352017732)");
    await mkdir(home.paths.backups, { recursive: true });
    await chmod(home.paths.backups, 0o700);
    let asked = 0;
    const clock = { ...systemClock, monotonicMs: () => ((asked += 1) === 2 && void other.query("commit"), 0) };
    const backup = await backUpBeforeMigrations({
      connection: given.options,
      directory: home.paths.backups,
      instanceId: "test",
      appVersion: "1.0.0",
      migrations: await readMigrations(RELEASED),
      clock,
      deadlineMs: 60_000,
      signal: NEVER,
    });
    expect(backup?.header.reason).toBe("pre-migration");
    await other.end();
  });

  test("a database that can only be read is left to the migration's own refusal", async () => {
    given = await testDatabase();
    await given.pool.query(`alter database ${given.options.database} set default_transaction_read_only = on`);
    const options = { instanceId: "test", appVersion: "1.0.0", migrations: [], clock: systemClock, deadlineMs: 1 };
    const answer = backUpBeforeMigrations({
      ...options,
      connection: given.options,
      directory: home.paths.backups,
      signal: NEVER,
    });
    expect(await answer).toBeNull();
  });
});
