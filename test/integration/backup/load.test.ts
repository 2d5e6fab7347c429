import { readFile, stat, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadBackup, type LoadOptions } from "../../../main/backup/load.ts";
import { leftInFile } from "../../../main/backup/own-tables.ts";
import { takeBackup, type TakeOptions } from "../../../main/backup/take.ts";
import { readMigrations } from "../../../main/database/migration-files.ts";
import { refusalOf } from "../../fixtures/conditions.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { testHome, type TestHome } from "../../fixtures/home.ts";
import { fill, takeOptions } from "./fixtures.ts";

let home: TestHome;
let source: TestDatabase;
let target: TestDatabase;
let options: TakeOptions;
beforeEach(async () => {
  home = await testHome();
  [source, target] = await Promise.all([testDatabase(), testDatabase("template0")]);
  await fill(source, 200);
  options = await takeOptions(source, path.join(home.base, "data", "backups"));
});
afterEach(async () => {
  await Promise.all([source.close(), target.close()]);
  await home.remove();
});

async function loadOptions(file: string, disposable = false): Promise<LoadOptions> {
  return {
    file,
    connection: target.options,
    disposable,
    migrations: await readMigrations(path.resolve("migrations")),
    signal: new AbortController().signal,
  };
}

const rowsLeft = async () => {
  const { rows } = await target.pool.query<{ there: boolean }>("select to_regclass('companies') is not null as there");
  return rows[0]?.there ? (await target.pool.query("select 1 from companies")).rows.length : 0;
};

/** Columns, constraints, indexes and triggers as the server writes them, and what was said of each. */
async function schemaOf({ pool }: TestDatabase): Promise<unknown[]> {
  const { rows } = await pool.query(`
    select 'column' as what, attrelid::regclass::text || '.' || attname as name,
      format('%s %s %s', format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)) as form,
      col_description(attrelid, attnum) as said
    from pg_attribute join pg_class c on c.oid = attrelid left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v') and attnum > 0 and not attisdropped
    union all
    select 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint')
    from pg_constraint where connamespace = 'public'::regnamespace
    union all
    select 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid), obj_description(indexrelid, 'pg_class')
    from pg_index join pg_class c on c.oid = indexrelid where c.relnamespace = 'public'::regnamespace
    union all
    select 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid), obj_description(oid, 'pg_trigger')
    from pg_trigger where not tgisinternal
    order by 1, 2`);
  return rows;
}

test.each([
  { disposable: false, how: "in one transaction" },
  { disposable: true, how: "on two connections" },
])(
  "a database comes back $how with every row and index, and a backup of it is the same again",
  async ({ disposable }) => {
    await source.pool.query("update companies set name = E'back\\\\slash \\t \\r \\n ü 🗝'");
    const taken = await takeBackup(options);
    const shares: number[] = [];
    const onProgress = (done: number, all: number) => shares.push(done / all);
    const loaded = await loadBackup({ ...(await loadOptions(taken.path, disposable)), onProgress });
    const { header, tables, bytes } = taken;
    const companyIds = expect.any(Set);
    expect(loaded).toEqual({ header, tables, companyIds, recovery: null, bytes, differences: [] });
    expect(shares.length).toBeGreaterThan(taken.tables.length);
    expect(shares).toEqual(shares.toSorted((one, other) => one - other));
    expect(shares.at(-1)).toBe(1);
    const names = async (database: TestDatabase) => (await database.pool.query("select name from companies")).rows;
    expect(await names(target)).toEqual(await names(source));
    const again = await takeBackup({ ...(await takeOptions(target, options.directory)) });
    expect(again.tables).toEqual(taken.tables);
    expect(await schemaOf(target)).toEqual(await schemaOf(source));
  },
);

test("rows that an index of their table does not allow are refused, and leave none", async () => {
  await source.pool.query("drop index companies_name_uq");
  await source.pool.query(
    "insert into companies (id, name, issue_prefix) select gen_random_uuid(), name, 'X' from companies",
  );
  const taken = await takeBackup(options);
  const refusal = await refusalOf(loadBackup(await loadOptions(taken.path)));
  expect(refusal).toMatchObject({ code: "backup_invalid", message: expect.stringContaining("23505") });
  expect(await rowsLeft()).toBe(0);
});

test("rows that refer to rows further down, and rows that triggers would refuse to change, come back", async () => {
  const columns = "id, name, issue_prefix";
  await source.pool.query(`insert into companies (${columns}) values (gen_random_uuid(), 'Zwei', 'ZW')`);
  const taken = await takeBackup(options);
  await loadBackup(await loadOptions(taken.path));
  const orphans = await target.pool.query(
    "select 1 from agents a where not exists (select 1 from companies c where c.id = a.company_id)",
  );
  expect(orphans.rows).toEqual([]);
});

test("a database that holds anything is left as it is", async () => {
  const taken = await takeBackup(options);
  await loadBackup(await loadOptions(taken.path));
  await target.pool.query("update companies set name = 'mine'");
  expect(await refusalOf(loadBackup(await loadOptions(taken.path)))).toMatchObject({ code: "conflict" });
  expect((await target.pool.query("select name from companies")).rows).toEqual([{ name: "mine" }]);
});

test("a file that ends early leaves no row", async () => {
  const taken = await takeBackup(options);
  await truncate(taken.path, (await stat(taken.path)).size - 4_096);
  expect(await refusalOf(loadBackup(await loadOptions(taken.path)))).toMatchObject({ code: "backup_invalid" });
  expect(await rowsLeft()).toBe(0);
});

test("rows against a rule of their table are refused without a word of them", async () => {
  await source.pool.query("alter table agents alter column name drop not null; update agents set name = null");
  const taken = await takeBackup(options);
  const refusal = await refusalOf(loadBackup(await loadOptions(taken.path)));
  expect(refusal).toMatchObject({ code: "backup_invalid", message: expect.stringContaining("23502") });
  expect(JSON.stringify(refusal)).not.toContain("process");
  expect(await rowsLeft()).toBe(0);
});

test("tables that no migration makes are left in the file, and everything else comes back", async () => {
  const schema = await schemaOf(source);
  await source.pool.query(`create schema crm;
    create table crm.people (id serial primary key, of uuid references companies (id));
    insert into crm.people (of) select id from companies;
    create table notes (one text); insert into notes select repeat('long ', 500) from generate_series(1, 9);
    create table "Companies" (name text)`);
  const taken = await takeBackup(options);
  const load = await loadOptions(taken.path);
  const loaded = await loadBackup(load);
  expect(loaded.tables).toEqual(taken.tables);
  expect(loaded.differences).toEqual([]);
  const left = leftInFile(loaded, load.migrations);
  expect(left.toSorted((one, other) => one.rows - other.rows)).toEqual([
    { name: "Companies", rows: 0 },
    { name: "crm.people", rows: 1 },
    { name: "notes", rows: 9 },
  ]);
  expect(await schemaOf(target)).toEqual(schema);
  const again = await takeBackup({ ...(await takeOptions(target, options.directory)) });
  const own = new Set(again.tables.map(({ name }) => name));
  expect(again.tables).toEqual(taken.tables.filter(({ name, schema }) => schema === "public" && own.has(name)));
});

test("rows of a table that is left in the file are held against their sums all the same", async () => {
  const text = `left-${"a".repeat(40)}`;
  await source.pool.query("create table notes (one text)");
  await source.pool.query("insert into notes select $1 || n from generate_series(1, 500) as n", [text]);
  const taken = await takeBackup({ ...options, chunkBytes: 1_024 * 1_024 });
  const bytes = await readFile(taken.path);
  // Within the compressed rows: behind the name of their entry and the rest of its head.
  const at = bytes.indexOf("-notes/000001.copy.gz") + 512 + 40;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(taken.path, bytes);
  expect(await refusalOf(loadBackup(await loadOptions(taken.path)))).toMatchObject({ code: "backup_invalid" });
  expect(await rowsLeft()).toBe(0);
});

test.each([
  ["is missing", "drop table run_views"],
  ["has a column of another hand", "alter table run_views add column extra integer"],
])("a backup in which a table of its schema %s is refused by its name", async (_, change) => {
  await source.pool.query(change);
  const taken = await takeBackup(options);
  const refusal = await refusalOf(loadBackup(await loadOptions(taken.path)));
  expect(refusal).toMatchObject({
    code: "backup_invalid",
    message: expect.stringContaining("run_views is missing or"),
  });
  expect(await rowsLeft()).toBe(0);
});

test("what the schema of the database had lost, changed or got besides is told, and comes back as migrations make it", async () => {
  const schema = await schemaOf(source);
  await source.pool.query(`drop index routines_agent_ix;
    alter table agents drop constraint agents_company_id_fkey;
    alter table projects alter column name set default 'mine';
    create index mine_ix on agents (name);
    create view "my view" as select 1 as one;
    create function mine(one integer) returns integer language sql as 'select one'`);
  const taken = await takeBackup(options);
  const { differences } = await loadBackup(await loadOptions(taken.path));
  const byName = (differences ?? []).toSorted((one, other) => (one.name < other.name ? -1 : 1));
  expect(byName).toEqual([
    { kind: "constraint", table: "agents", name: "agents_company_id_fkey", was: "missing" },
    { kind: "function", table: null, name: "mine(one integer)", was: "added" },
    { kind: "index", table: "agents", name: "mine_ix", was: "added" },
    { kind: "view", table: null, name: "my view", was: "added" },
    { kind: "columns", table: "projects", name: "projects", was: "other" },
    { kind: "index", table: "routines", name: "routines_agent_ix", was: "missing" },
  ]);
  expect(await schemaOf(target)).toEqual(schema);
});

test("a schema that this app does not know, or knows otherwise, is refused", async () => {
  const taken = await takeBackup(options);
  const load = await loadOptions(taken.path);
  const older = { ...load, migrations: load.migrations.slice(0, 1) };
  expect(await refusalOf(loadBackup(older))).toMatchObject({ code: "backup_newer" });
  const edited = {
    ...load,
    migrations: load.migrations.map((file) => Object.assign({}, file, { sha256: "0".repeat(64) })),
  };
  expect(await refusalOf(loadBackup(edited))).toMatchObject({ code: "backup_invalid" });
  expect(await rowsLeft()).toBe(0);
});

test("a load that is given up while it makes indexes and compares ends at once", async () => {
  const taken = await takeBackup(options);
  const cancelling = new AbortController();
  const onProgress = (done: number, all: number) => {
    if (done > all / 2) cancelling.abort();
  };
  const load = { ...(await loadOptions(taken.path, true)), signal: cancelling.signal, onProgress };
  await expect(loadBackup(load)).rejects.toThrow(/abort/i);
});

test("a load that is given up leaves no row", async () => {
  await fill(source, 2_000);
  const taken = await takeBackup(options);
  const cancelling = new AbortController();
  const load = { ...(await loadOptions(taken.path)), signal: cancelling.signal, onProgress: () => cancelling.abort() };
  await expect(loadBackup(load)).rejects.toThrow(/abort/i);
  expect(await rowsLeft()).toBe(0);
});
