import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readBackup } from "../../../main/backup/read.ts";
import { withSnapshot } from "../../../main/backup/snapshot.ts";
import { takeBackup, type TakeOptions } from "../../../main/backup/take.ts";
import type { Progress } from "../../../main/backup/write-database.ts";
import { statementFailure } from "../../../main/database/statement-failure.ts";
import { repack, unpack } from "../../fixtures/backup-mutations.ts";
import { eventually, refusalOf } from "../../fixtures/conditions.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { testHome, type TestHome } from "../../fixtures/home.ts";
import { startPooler } from "../../fixtures/pooler.ts";
import { isPrivate } from "../../fixtures/private.ts";
import { fill, takeOptions } from "./fixtures.ts";

/** A program that ends the sessions of all backups of a database. */
const END_BACKUPS = `
  import pg from "pg";
  const client = new pg.Client(JSON.parse(process.env.DATABASE));
  await client.connect();
  await client.query("select pg_terminate_backend(pid, 10000) from pg_stat_activity where application_name = 'paperclip-desktop backup' and datname = current_database()");
  await client.end();
`;
const NEVER = new AbortController().signal;

let home: TestHome;
let database: TestDatabase;
let options: TakeOptions;
beforeEach(async () => {
  home = await testHome();
  database = await testDatabase();
  await fill(database);
  options = await takeOptions(database, path.join(home.base, "data", "backups"));
});
afterEach(async () => {
  await database.close();
  await home.remove();
});

const inFolder = () => readdir(options.directory);

describe("a backup of a database", () => {
  test("holds every table of ours, its columns, rows and sums, and is read back whole", async () => {
    const taken = await takeBackup(options);
    const content = await readBackup(taken.path, NEVER);
    const companies = await database.pool.query<{ id: string }>("select id from companies");
    const companyIds = new Set(companies.rows.map(({ id }) => id));
    expect(content).toEqual({
      header: taken.header,
      tables: taken.tables,
      companyIds,
      recovery: null,
      bytes: taken.bytes,
    });
    const { rows } = await database.pool.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public' order by 1",
    );
    expect(taken.header.tables.map(({ name }) => name).toSorted()).toEqual(rows.map(({ name }) => name));
    expect(taken.tables.find(({ name }) => name === "agents")?.rows).toBe(3);
    expect(taken.tables.find(({ name }) => name === "secret_access_events")).toMatchObject({ rows: 0, bytes: 0 });
    const order = taken.header.tables.map(({ name }) => name);
    expect(order.indexOf("companies")).toBeLessThan(order.indexOf("agents"));
    expect(order.indexOf("routine_runs")).toBeLessThan(order.indexOf("heartbeat_runs"));
    expect(taken.header).toMatchObject({
      format: 2,
      kind: "database",
      reason: "manual",
      app: { version: "1.2.3" },
      instance: { id: "test", companies: [{ name: expect.stringContaining("Tab") }] },
      keys: { master: null, needed: [] },
    });
    expect(taken.header.schema.migrations[0]).toMatchObject({ number: 1, name: "foundation" });
  });

  test("is one private file in a private folder, complete or not there", async () => {
    const taken = await takeBackup(options);
    expect(await inFolder()).toEqual([path.basename(taken.path)]);
    expect((await stat(taken.path)).size).toBe(taken.bytes);
    expect(await isPrivate(taken.path)).toBe(true);
    expect(await isPrivate(options.directory)).toBe(true);
  });

  test("is opened by stock tar and gzip, and each table's rows are what COPY writes", async () => {
    const taken = await takeBackup(options);
    const out = path.join(home.base, "out");
    await mkdir(out);
    execFileSync("tar", ["-xf", taken.path, "-C", out]);
    const names = execFileSync("tar", ["-tf", taken.path], { encoding: "utf8" }).trim().split("\n");
    expect([names[0], names.at(-1)]).toEqual(["header.json", "sums.json"]);
    const at = taken.header.tables.findIndex(({ name }) => name === "agents");
    const folder = `tables/${String(at + 1).padStart(4, "0")}-agents`;
    expect((await readdir(path.join(out, folder))).length).toBeGreaterThan(1);
    const rows = execFileSync("sh", ["-c", `gzip -dc ${folder}/*.copy.gz`], { cwd: out });
    expect(createHash("sha256").update(rows).digest("hex")).toBe(taken.tables[at]?.sha256);
    expect(rows.toString().trimEnd().split("\n")).toHaveLength(3);
    const sql = await readFile(path.join(out, "schema", "0001_foundation.sql"));
    expect(sql).toEqual(await readFile(path.resolve("migrations", "0001_foundation.sql")));
  });

  test("is of one moment, and those who work meanwhile go on", async () => {
    let added: Promise<unknown> | null = null;
    const taken = await takeBackup({ ...options, onProgress: () => void (added ??= fill(database)) });
    await added;
    expect(taken.tables.find(({ name }) => name === "companies")?.rows).toBe(1);
    const { rows } = await database.pool.query("select 1 from companies");
    expect(rows).toHaveLength(2);
  });

  test("says how far it is, by tables, rows and bytes", async () => {
    const heard: Progress[] = [];
    const taken = await takeBackup({ ...options, onProgress: (progress) => heard.push(progress) });
    const last = heard.at(-1);
    expect(last).toMatchObject({ tablesDone: taken.tables.length, tables: taken.tables.length, table: null });
    expect(last?.rows).toBe(taken.tables.reduce((sum, { rows }) => sum + rows, 0));
    expect(last?.bytes).toBe(taken.tables.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(last?.expectedBytes).toBeGreaterThan(0);
    expect(heard.map(({ bytes }) => bytes)).toEqual(heard.map(({ bytes }) => bytes).toSorted((a, b) => a - b));
  });

  test("holds further schemas, computed and odd columns, sequences, and no other program's tables", async () => {
    await database.pool.query(`
      create schema "plugin One";
      create table "plugin One"."Odd ""name" (
        id bigint generated always as identity primary key, "select" text, twice text generated always as ("select" || "select") stored
      );
      insert into "plugin One"."Odd ""name" ("select") values ('a'), (null);
      create role stranger_of_backups;
      create schema other authorization stranger_of_backups;
      create table other.theirs (one integer);
      alter table other.theirs owner to stranger_of_backups;`);
    try {
      const taken = await takeBackup(options);
      const content = await readBackup(taken.path, NEVER, {
        onSchema: async (_, { sequences }) =>
          expect(sequences).toEqual([
            { schema: "plugin One", name: 'Odd "name_id_seq', lastValue: "2", isCalled: true },
          ]),
      });
      const odd = content.header.tables.find(({ schema }) => schema === "plugin One");
      expect(odd).toEqual({ schema: "plugin One", name: 'Odd "name', columns: ["id", "select"] });
      expect(content.tables.find(({ schema }) => schema === "plugin One")?.rows).toBe(2);
      expect(content.header.tables.filter(({ schema }) => schema === "other")).toEqual([]);
    } finally {
      await database.pool.query("drop schema other cascade; drop role stranger_of_backups");
    }
  });

  test("names the master keys that it needs, and holds none", async () => {
    const { rows } = await database.pool.query<{ id: string }>("select id from companies");
    await database.pool.query(
      `insert into vault_keys (id, purpose, key_id, check_value) values (gen_random_uuid(), 'master', 'key-2', 'x');
       insert into company_secrets (id, company_id, key, name) select gen_random_uuid(), '${rows[0]?.id}', 'k', 'k';
       insert into company_secret_versions (id, company_id, secret_id, version, key_id, material)
         select gen_random_uuid(), company_id, id, 1, 'key-1', '{}' from company_secrets;`,
    );
    const taken = await takeBackup(options);
    expect(taken.header.keys).toEqual({ master: "key-2", needed: ["key-2", "key-1"] });
  });
});

describe("two backups of one database", () => {
  test("are not taken at once, and the lease of a killed one is free again", async () => {
    const other = new pg.Client(database.options);
    other.on("error", () => undefined);
    await other.connect();
    await other.query("begin; select pg_advisory_xact_lock(7352017732)");
    expect((await refusalOf(takeBackup(options))).code).toBe("backup_running");
    expect(await inFolder()).toEqual([]);
    (other as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    await eventually(async () => (await takeBackup(options).catch(() => null)) !== null);
  });

  test("wait for each other where one is just ending", async () => {
    const asked = await withSnapshot(options.connection, NEVER, async () => {
      const second = takeBackup(options);
      // Let go of once the other one has asked for the lease and did not get it.
      await eventually(async () => {
        const { rows } = await database.pool.query(
          `select 1 from pg_stat_activity where datname = current_database() and state = 'idle' and query = 'rollback'
           and application_name = 'paperclip-desktop backup'`,
        );
        return rows.length === 1;
      });
      return { second };
    });
    const second = await asked.second;
    expect(await inFolder()).toEqual([path.basename(second.path)]);
  });

  test("tells the companies in it by their ids, however long their rows are, and refuses rows that have none", async () => {
    await database.pool.query("update companies set name = repeat('long ', 190)");
    await database.pool.query(`insert into companies (id, name, issue_prefix)
      select gen_random_uuid(), repeat(n || ' ', 400), 'P' || n from generate_series(1, 9) as n`);
    const taken = await takeBackup(options);
    const { rows } = await database.pool.query<{ id: string }>("select id from companies");
    expect([...(await readBackup(taken.path, NEVER)).companyIds]).toEqual(rows.map(({ id }) => id));
    const entries = await unpack(await readFile(taken.path));
    const chunk = gzipSync(Buffer.alloc(1_024, "x"));
    const [first, ...others] = entries.filter(({ header }) => header.name.includes("-companies/"));
    const chunks = Array.from({ length: 90 }, (_, index) => {
      const name = `${path.posix.dirname(first?.header.name ?? "")}/${String(index + 1).padStart(6, "0")}.copy.gz`;
      return { header: { ...first?.header, name }, data: chunk };
    });
    entries.splice(first === undefined ? 0 : entries.indexOf(first), 1 + others.length, ...chunks);
    await writeFile(taken.path, await repack(entries));
    expect((await refusalOf(readBackup(taken.path, NEVER))).code).toBe("backup_invalid");
  });

  test("of one content have the same sums", async () => {
    const [one, other] = [await takeBackup(options), await takeBackup(options)];
    expect(other.tables).toEqual(one.tables);
    expect((await inFolder()).toSorted()).toEqual([one, other].map((taken) => path.basename(taken.path)));
  });
});

describe("a backup that cannot be taken", () => {
  test("because it would lack a table of another owner says which, and how it gets the right one", async () => {
    const role = `other_${database.options.database}`;
    await database.pool.query(`create role ${role}; alter table run_views owner to ${role}`);
    try {
      expect(await refusalOf(takeBackup(options))).toMatchObject({
        code: "database_foreign",
        message: expect.stringContaining(`the table run_views belongs to the role ${role}`),
        next: expect.stringContaining("alter table public.run_views owner to"),
      });
      expect(await inFolder()).toEqual([]);
    } finally {
      await database.pool.query(`drop owned by ${role}; drop role ${role}`);
    }
  });

  test("because it is cancelled, at the start or in the middle, leaves nothing", async () => {
    await fill(database, 2_000);
    for (const at of [0, 1, 40, 200]) {
      const cancelling = new AbortController();
      let heard = 0;
      if (at === 0) cancelling.abort();
      const onProgress = () => void ((heard += 1) === at && cancelling.abort());
      const refusal = await refusalOf(takeBackup({ ...options, signal: cancelling.signal, onProgress }));
      expect(refusal.code).toBe("backup_cancelled");
      expect(await inFolder().catch(() => [])).toEqual([]);
    }
    await takeBackup(options);
  });

  test("because its time is over says so and leaves nothing", async () => {
    const clock = { ...options.clock, after: (_: number, work: () => void) => (work(), () => undefined) };
    const refusal = await refusalOf(takeBackup({ ...options, clock, deadlineMs: 600_000 }));
    expect(refusal).toMatchObject({ code: "backup_timed_out", message: expect.stringContaining("10 minutes") });
    expect(refusal.next).not.toBe("");
    expect(await inFolder().catch(() => [])).toEqual([]);
  });

  test("because the database goes away in the middle says so and leaves nothing", async () => {
    await fill(database, 2_000);
    let ended = false;
    // From another process, while this one stands still: else the backup could be done before.
    const onProgress = ({ table, bytes }: Progress) => {
      if (ended || table !== "agents" || bytes === 0) return;
      ended = true;
      const env = { ...process.env, DATABASE: JSON.stringify(database.options) };
      execFileSync(process.execPath, ["--input-type=module", "--eval", END_BACKUPS], { env });
    };
    const failure = await takeBackup({ ...options, onProgress }).catch((error: unknown) => error);
    expect(ended).toBe(true);
    expect(statementFailure(failure)).toMatchObject({ code: "database_unavailable" });
    expect(await inFolder()).toEqual([]);
  });

  test("because there is no database, or its folder cannot be written, says so", async () => {
    const gone = { ...options, connection: { ...database.options, host: "/nowhere" } };
    expect((await refusalOf(takeBackup(gone))).code).toBe("database_unavailable");
    await writeFile(path.join(home.base, "file"), "");
    const refusal = await refusalOf(takeBackup({ ...options, directory: path.join(home.base, "file", "below") }));
    expect(refusal).toMatchObject({ code: "instance_permissions", message: expect.stringContaining("file") });
  });
});

test("a pooler in transaction mode is enough", async () => {
  const pooler = await startPooler(database.options);
  try {
    const taken = await takeBackup({ ...options, connection: { connectionString: pooler.url } });
    expect(taken.tables.find(({ name }) => name === "agents")?.rows).toBe(3);
  } finally {
    await pooler.close();
  }
});
