import { createHash, randomUUID } from "node:crypto";
import { cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { call } from "@orpc/server";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import pg from "pg";
import { announce } from "../../../main/database/changes.ts";
import type { ConnectionOptions } from "../../../main/database/database.ts";
import { serversOn } from "../../../main/database/embedded/former.ts";
import { openDatabase, type OpenDatabase, type OpenDatabaseOptions } from "../../../main/database/open.ts";
import { databaseProcedures } from "../../../main/database/procedures.ts";
import { systemClock } from "../../../main/instance/clock.ts";
import { acquireOwnership, type Ownership } from "../../../main/instance/lock.ts";
import { eventually, refusalOf } from "../../fixtures/conditions.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { memoryLog, testHome, type TestHome } from "../../fixtures/home.ts";
import { startPooler } from "../../fixtures/pooler.ts";

let home: TestHome;
let owner: Ownership;
let given: TestDatabase | undefined;
const opened: OpenDatabase[] = [];
beforeEach(async () => {
  home = await testHome();
  owner = await acquireOwnership(home.paths, { kind: "command" });
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  await given?.close();
  given = undefined;
  await owner.release();
  await home.remove();
});

async function open(options: Partial<OpenDatabaseOptions> = {}): Promise<OpenDatabase> {
  const database = await openDatabase({
    paths: home.paths,
    migrationsDirectory: path.resolve("migrations"),
    runtimeDirectory: owner.runtimeDirectory,
    clock: systemClock,
    log: memoryLog(),
    beforeMigrate: async () => undefined,
    ...options,
  });
  opened.push(database);
  return database;
}

/** Kills the leader of the instance's own server without a chance to clear up. */
async function killServer(): Promise<void> {
  const leader = (await serversOn(home.paths.db)).find(({ leads }) => leads);
  if (!leader) throw new Error("no server leads");
  process.kill(leader.pid, "SIGKILL");
}

/** The URL of a database of one's own in the shared cluster. */
async function givenUrl(): Promise<string> {
  given = await testDatabase("template0");
  return urlOf(given.options);
}

function urlOf({ host = "", port, user, password, database }: ConnectionOptions): string {
  return `postgres://${user}:${password}@/${database}?host=${encodeURIComponent(host)}&port=${port}`;
}

/** Does work with the URL of a fresh role that may log in to the given database, and no more. */
async function withRole(work: (url: string, role: string) => Promise<void>): Promise<void> {
  const role = `r_${randomUUID().replaceAll("-", "")}`;
  await given?.pool.query(`create role ${role} login password 'runtime'`);
  try {
    await work(urlOf({ ...given?.options, user: role, password: "runtime" }), role);
  } finally {
    await given?.pool.query(`drop owned by ${role} cascade`);
    await given?.pool.query(`drop role ${role}`);
  }
}

/** A copy of the migrations with one more. */
async function withPlanted(sql: string): Promise<string> {
  const directory = path.join(home.base, "migrations");
  await cp(path.resolve("migrations"), directory, { recursive: true });
  const journal = JSON.parse(await readFile(path.join(directory, "journal.json"), "utf8")) as unknown[];
  const number = journal.length + 1;
  const sha256 = createHash("sha256").update(sql).digest("hex");
  await writeFile(path.join(directory, `${String(number).padStart(4, "0")}_planted.sql`), sql);
  await writeFile(
    path.join(directory, "journal.json"),
    JSON.stringify([...journal, { number, name: "planted", sha256 }]),
  );
  return directory;
}

describe("the instance's own database", () => {
  test("is made, migrated, and answers", async () => {
    const database = await open();
    expect(database).toMatchObject({ mode: "embedded", version: expect.stringMatching(/^18\./) });
    expect(database.state()).toBe("ready");
    expect(await database.health()).toEqual({ state: "ready", failure: null, readOnly: null });
    expect((await database.schemaState()).kind).toBe("current");
    expect((await database.database.pool.query("select count(*)::int as n from companies")).rows).toEqual([{ n: 0 }]);
  });

  test("tells of changes, of its own death and of its return", async () => {
    const database = await open();
    const heard: string[] = [];
    const states: string[] = [];
    database.feed.subscribe(({ topic }) => heard.push(topic));
    database.onState((state) => states.push(state));
    await announce(database.database.orm, { topic: "runs", companyId: randomUUID(), id: randomUUID() });
    await eventually(() => heard.includes("runs"));
    await killServer();
    await eventually(() => heard.includes("resync"));
    await eventually(() => states.at(-1) === "ready");
    expect(await database.health()).toEqual({ state: "ready", failure: null, readOnly: null });
    await database.database.pool.query("select count(*) from companies");
  });

  test("that died never looks like an empty one", async () => {
    const database = await open({ embedded: { backOffMs: [] } });
    await killServer();
    await eventually(() => database.state() === "failed");
    expect(await database.health()).toEqual({ state: "failed", failure: expect.any(String), readOnly: null });
    // A process that the server left behind may still give a true answer, until it notices.
    const failure = () => database.database.pool.query("select count(*) from companies").then(() => "", String);
    await eventually(async () => /connect|EPIPE|terminat/i.test(await failure()));
    await database.retry();
    expect(await database.health()).toEqual({ state: "ready", failure: null, readOnly: null });
  });

  test("is backed up before pending migrations reach it, and not before the first", async () => {
    const backups: ConnectionOptions[] = [];
    const beforeMigrate = async (connection: ConnectionOptions) => void backups.push(connection);
    const first = await open({ beforeMigrate });
    await first.close();
    expect(backups).toHaveLength(0);
    const migrationsDirectory = await withPlanted("create table planted (one integer)");
    const second = await open({ beforeMigrate, migrationsDirectory });
    expect(backups).toHaveLength(1);
    expect((await second.schemaState()).applied.at(-1)?.name).toBe("planted");
    await second.close();
    expect((await refusalOf(open())).code).toBe("database_newer");
    expect(await serversOn(home.paths.db)).toEqual([]);
    await open({ migrationsDirectory });
  });
});

describe("a server of one's own", () => {
  test("is migrated and used, without a server being started", async () => {
    const database = await open({ databaseUrl: await givenUrl() });
    expect(database.mode).toBe("postgres");
    expect(await database.health()).toEqual({ state: "ready", failure: null, readOnly: null });
    expect((await database.schemaState()).kind).toBe("current");
    expect(await serversOn(home.paths.db)).toEqual([]);
  });

  test("may take migrations from a role with more rights, which lets the other one use what it made", async () => {
    const url = await givenUrl();
    await withRole(async (weak) => {
      const refusal = await refusalOf(open({ databaseUrl: weak }));
      expect(refusal.code).toBe("database_unavailable");
      expect(refusal.next).toContain("DATABASE_MIGRATION_URL");
      const database = await open({ databaseUrl: weak, migrationUrl: url });
      expect((await database.schemaState()).kind).toBe("current");
      expect((await database.database.pool.query("select * from companies")).rows).toEqual([]);
      await database.database.pool.query("update routine_runs set title = title; delete from owners");
      await expect(database.database.pool.query("create table mine (one integer)")).rejects.toThrow(
        "permission denied",
      );
      await database.close();
      // Once all is there, its own rights are enough.
      const alone = await open({ databaseUrl: weak });
      expect((await alone.schemaState()).kind).toBe("current");
      await alone.close();
    });
  });

  test("gets its tables into the schema public, whatever the role looks through first", async () => {
    const url = await givenUrl();
    const user = inject("cluster").user;
    await given?.pool.query(`create schema ${user}`);
    const database = await open({ databaseUrl: url });
    const { rows } = await database.database.pool.query<{ schema: string }>(
      "select distinct schemaname as schema from pg_tables where tablename in ('companies', 'paperclip_migrations')",
    );
    expect(rows).toEqual([{ schema: "public" }]);
  });

  test("that does not look into the schema public is refused", async () => {
    const url = await givenUrl();
    await (await open({ databaseUrl: url })).close();
    await given?.pool.query(`alter database ${given.options.database} set search_path = elsewhere`);
    const refusal = await refusalOf(open({ databaseUrl: url }));
    expect(refusal.code).toBe("database_unavailable");
    expect(refusal.next).toContain("search_path");
  });

  test("may be a provider's, which keeps tables of its own in other schemas", async () => {
    await givenUrl();
    await given?.pool.query("create schema auth; create table auth.users (id integer)");
    await withRole(async (hosted, role) => {
      await given?.pool.query(`grant create on schema public to ${role}`);
      await given?.pool.query(`create schema theirs authorization ${role}; create table theirs.one (id integer)`);
      const database = await open({ databaseUrl: hosted });
      expect((await database.schemaState()).kind).toBe("current");
      await database.close();
    });
  });

  test("that loses its connections is ready again by itself", async () => {
    const database = await open({ databaseUrl: await givenUrl() });
    const states: string[] = [];
    database.onState((state) => states.push(state));
    await given?.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    await eventually(() => states.at(-1) === "ready");
    expect(states).toEqual(["failed", "ready"]);
    // One of its other connections may end only now.
    await expect.poll(() => database.health()).toEqual({ state: "ready", failure: null, readOnly: null });
  });

  test("behind a pooler that gives a transaction any session works all the same", async () => {
    await givenUrl();
    const pooler = await startPooler(given?.options ?? {});
    try {
      const database = await open({ databaseUrl: pooler.url });
      const heard: string[] = [];
      database.feed.subscribe(({ topic }) => heard.push(topic));
      expect((await database.schemaState()).kind).toBe("current");
      const once = (tx: typeof database.database.orm) =>
        announce(tx, { topic: "runs", companyId: randomUUID(), id: randomUUID() });
      await Promise.all([1, 2, 3, 4, 5, 6].map(() => database.database.orm.transaction(once)));
      await eventually(() => heard.includes("resync"));

      const states: string[] = [];
      database.onState((state) => states.push(state));
      pooler.loseServer();
      expect(await database.health()).toEqual({
        state: "failed",
        failure: "server login has been failing",
        readOnly: null,
      });
      await eventually(() => states.at(-1) === "failed");
      expect((await refusalOf(open({ databaseUrl: pooler.url }))).code).toBe("database_unavailable");
      await database.close();
    } finally {
      await pooler.close();
    }
  });

  test.each([
    ["a closed port", "postgres://u:hunter2@127.0.0.1:1/d", "ECONNREFUSED"],
    ["a socket that is not there", "postgres://u:hunter2@/d?host=/nowhere", "ENOENT"],
  ])("behind %s is refused with the cause and without the password", async (_, databaseUrl, cause) => {
    const refusal = await refusalOf(open({ databaseUrl }));
    expect(refusal.code).toBe("database_unavailable");
    expect(refusal.message).toContain(cause);
    expect(JSON.stringify(refusal)).not.toContain("hunter2");
  });

  test("that does not know the password is refused with the cause", async () => {
    const url = await givenUrl();
    const refusal = await refusalOf(open({ databaseUrl: url.replace(/:[^:@]*@/, ":hunter2@") }));
    expect(refusal.code).toBe("database_unavailable");
    expect(refusal.message).toContain("password authentication failed");
    expect(refusal.message).not.toContain("hunter2");
  });

  test("with another encoding is refused and left alone", async () => {
    const name = `t_${randomUUID().replaceAll("-", "")}`;
    const admin = new pg.Client({ ...inject("cluster"), database: "postgres" });
    await admin.connect();
    await admin.query(
      `create database ${name} template template0 encoding 'SQL_ASCII' locale_provider libc locale 'C'`,
    );
    try {
      const databaseUrl = urlOf({ ...inject("cluster"), database: name });
      expect((await refusalOf(open({ databaseUrl }))).code).toBe("database_encoding");
    } finally {
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    }
  });

  test("of another program is refused, whichever schema it uses", async () => {
    const databaseUrl = await givenUrl();
    await given?.pool.query("create schema theirs; create table theirs.one (one integer)");
    expect((await refusalOf(open({ databaseUrl }))).code).toBe("database_foreign");
    await withRole(async (weak, role) => {
      await given?.pool.query(`alter table theirs.one owner to ${role}`);
      expect((await refusalOf(open({ databaseUrl: weak }))).code).toBe("database_foreign");
    });
    await given?.pool.query("create table theirs (one integer)");
    await withRole(async (weak) => {
      expect((await refusalOf(open({ databaseUrl: weak }))).code).toBe("database_foreign");
    });
  });
});

describe("the calls of the area database", () => {
  const context = { host: "in-process", reportUnexpected: () => null } as const;

  test("say what is applied and pending, and apply it", async () => {
    const databaseUrl = await givenUrl();
    const procedures = databaseProcedures(await open({ databaseUrl }));
    const status = await call(procedures.status, undefined, { context });
    expect(status).toMatchObject({ mode: "postgres", pending: 0 });
    expect(status.migrations[0]).toMatchObject({ number: 1, name: "foundation", appliedAt: expect.any(String) });
    expect(await call(procedures.migrate, undefined, { context })).toEqual({ applied: [] });
    expect(await call(procedures.retry, undefined, { context })).toEqual({ state: "ready" });
  });
});
