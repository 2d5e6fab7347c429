import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AuditResult } from "../../../../preload/contract/audit.ts";
import { readTables } from "../../../../main/backup/catalog.ts";
import { restorePlaces } from "../../../../main/backup/restore/places.ts";
import { loadIntoServer } from "../../../../main/backup/restore/server.ts";
import type { ControlPlane } from "../../../../main/control-plane-port.ts";
import type { Executor } from "../../../../main/database/database.ts";
import { readMigrations } from "../../../../main/database/migration-files.ts";
import type { KeyRing } from "../../../../main/secrets/key-ring.ts";
import { eventually, refusalOf } from "../../../fixtures/conditions.ts";
import { testDatabase, type TestDatabase } from "../../../fixtures/database.ts";
import { testHome, type TestHome } from "../../../fixtures/home.ts";
import { fileOfRelease } from "../../../fixtures/releases/releases.ts";
import { planeOn } from "./server-plane.ts";

// Databases of a server that is not the app's own. One instance goes from one to the other, as an operator does it.

let home: TestHome;
let source: TestDatabase;
let target: TestDatabase;
let plane: ControlPlane | null;
beforeEach(async () => {
  plane = null;
  home = await testHome();
  [source, target] = await Promise.all([testDatabase(), testDatabase("template0")]);
});
afterEach(async () => {
  await plane?.close();
  await Promise.all([source.close(), target.close()]);
  await home.remove();
});

async function openOn(database: TestDatabase): Promise<ControlPlane["client"]> {
  await plane?.close();
  plane = await planeOn(database, home);
  return plane.client;
}

/** A backup of a company with a secret and a routine on the first database. */
async function backupOfSource(): Promise<string> {
  const client = await openOn(source);
  await fillSource(client);
  return (await client.backups.take({})).path;
}

async function fillSource(client: ControlPlane["client"]): Promise<void> {
  await client.companies.create({ name: "Acme" });
  await client.agents.create({
    name: "coder",
    adapter: "process",
    config: { command: ["true"], instructions: "none" },
  });
  await client.secrets.create({ key: "first", value: "value-of-the-first" });
  const env = { TOKEN: { type: "secret_ref" as const, secret: "first", version: "latest" as const } };
  await client.routines.create({ routine: { title: "Nightly", agent: "coder", env } });
}

/** Every row of every table but those that an owner keeps alive by being there. */
async function rowsOf({ pool }: TestDatabase): Promise<Record<string, unknown>> {
  const tables = (await readTables(pool)).filter(({ name }) => !["owners", "scheduler_coverage"].includes(name));
  const contents = tables.map(async ({ schema, name }) => {
    const { rows } = await pool.query<{ row: string }>(
      `select one::text as row from "${schema}"."${name}" one order by 1`,
    );
    return [name, rows.map(({ row }) => row)] as const;
  });
  return Object.fromEntries(await Promise.all(contents));
}

test("a backup is restored into the empty database of a server, which opens its secrets and holds everything back", async () => {
  await source.pool.query("create table notes (id serial, one text); insert into notes (one) values ('mine')");
  const file = await backupOfSource();
  const client = await openOn(target);
  const notRestored = [{ name: "notes", rows: 1 }];
  const preview = await client.restore.preview({ file });
  expect(preview).toMatchObject({ refused: null, keys: { state: "current" }, notRestored });
  const restored = await client.restore.start({ file });
  expect(restored).toMatchObject({ kind: "restore", opens: true, kept: null, notRestored });
  expect((await client.secrets.list({})).secrets.map(({ key }) => key)).toEqual(["first"]);
  // It has looked once everything was opened again.
  await eventually(async () => (await client.system.status()).scheduler.state === "held");
  expect(await client.system.status()).toMatchObject({
    vault: { state: "ready" },
    scheduler: { state: "held" },
    held: { kind: "restore" },
  });
  await client.secrets.create({ key: "second", value: "value-of-the-second" });
  // Nothing of the server is kept: the database was empty.
  expect((await refusalOf(client.restore.undo({}))).code).toBe("restore_missing");
  expect((await refusalOf(client.restore.start({ file }))).code).toBe("restore_not_empty");
  await client.restore.release({});
  await eventually(async () => (await client.system.status()).scheduler.state !== "held");
});

test("a database of a server that holds anything is refused, and nothing in it is changed", async () => {
  const file = await backupOfSource();
  const client = await openOn(target);
  // An empty table of the operator's own is not in the way of a row, and would be gone all the same.
  await target.pool.query("create schema crm; create table crm.people (one text)");
  expect((await client.restore.preview({ file })).refused?.message).toContain("crm.people");
  expect(await refusalOf(client.restore.start({ file }))).toMatchObject({ code: "restore_not_empty" });
  await target.pool.query("drop table crm.people");
  await client.companies.create({ name: "Beta" });
  await client.secrets.create({ key: "ours", value: "value-of-ours" });
  const before = await rowsOf(target);
  const { refused } = await client.restore.preview({ file });
  expect(refused?.message).toContain("not empty");
  const refusal = await refusalOf(client.restore.start({ file }));
  expect(refusal).toMatchObject({ code: "restore_not_empty", next: expect.stringContaining("empty database") });
  expect(await rowsOf(target)).toEqual(before);
  await client.secrets.create({ key: "since", value: "value-made-since" });
  expect((await client.system.status()).held).toBeNull();
});

test("a database that holds anything of another hand beside the app's empty tables is refused before one of them goes", async () => {
  const file = await backupOfSource();
  const client = await openOn(target);
  const others = [
    ["create table strange (one text); alter table strange owner to pg_database_owner", "table public.strange"],
    ["create view shown as select name from companies", "view public.shown"],
    ["create materialized view shown as select 1 as one", "materialized view public.shown"],
    ["create sequence counting", "sequence public.counting"],
  ] as const;
  const refused = async (message: string) =>
    expect(await refusalOf(client.restore.start({ file }))).toMatchObject({
      code: "restore_not_empty",
      message: expect.stringContaining(message),
    });
  for (const [make, name] of others) {
    await target.pool.query(make);
    expect((await client.restore.preview({ file })).refused?.message).toContain(`the ${name} is not`);
    await refused(name);
    await target.pool.query(`drop ${name}`);
  }
  // What the catalog of tables does not tell of keeps a table from being dropped.
  await target.pool.query("create function shown(companies) returns text language sql return 'one'");
  await refused("function shown(companies) depends on");
  expect(await client.companies.list()).toEqual({ companies: [] });
  await target.pool.query("drop function shown(companies)");
  expect(await client.restore.start({ file })).toMatchObject({ opens: true });
});

test("a database that the app does not open because of a table of another hand is refused with that reason", async () => {
  const file = await backupOfSource();
  await target.pool.query("create table public.mine (one text)");
  const client = await openOn(target);
  const { refused } = await client.restore.preview({ file });
  expect(refused).toEqual({
    message: expect.stringContaining("it holds public.mine"),
    next: expect.stringContaining("an empty database"),
  });
  expect(await refusalOf(client.restore.start({ file }))).toMatchObject({
    code: "database_foreign",
    message: expect.stringMatching(/^Nothing was restored\. .*public\.mine/),
  });
});

test("a damaged backup leaves the empty database of a server empty, and a sound one is restored after it", async () => {
  const file = await backupOfSource();
  const client = await openOn(target);
  const damaged = path.join(home.base, "damaged.tar");
  const bytes = await readFile(file);
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
  await writeFile(damaged, bytes);
  const before = await rowsOf(target);
  expect((await refusalOf(client.restore.start({ file: damaged }))).code).toBe("backup_invalid");
  expect(await rowsOf(target)).toEqual(before);
  expect(await client.restore.start({ file })).toMatchObject({ opens: true });
  expect((await client.secrets.list({})).secrets.map(({ key }) => key)).toEqual(["first"]);
});

/** Restores as the app does, without what comes after the rows were committed: as one that is killed there. */
async function loadOnly(file: string, ring: KeyRing): Promise<unknown> {
  await plane?.close();
  const options = {
    paths: home.paths,
    archive: file,
    source: path.basename(file),
    session: target.options,
    migrations: await readMigrations(path.resolve("migrations")),
    ring,
    now: new Date(),
    signal: new AbortController().signal,
    onProgress: () => undefined,
  };
  return loadIntoServer(options, await restorePlaces(home.paths));
}

/** A ring of no key, and the last thing that is done to what was loaded. */
const ringThat = (last: (tx: Executor) => Promise<unknown>): KeyRing => ({
  currentId: null,
  judge: () => "missing",
  adopt: async (tx) => {
    await last(tx);
    return true;
  },
});

async function auditOf(client: ControlPlane["client"]): Promise<AuditResult | undefined> {
  for await (const event of await client.audit.verify({})) if (event.type === "result") return event.result;
  return undefined;
}

test("a connection that is lost before everything is held back leaves no row, and the restore is done again", async () => {
  const file = await backupOfSource();
  const ring = ringThat((tx) => tx.execute("select pg_terminate_backend(pg_backend_pid())"));
  await expect(loadOnly(file, ring)).rejects.toThrow("pg_terminate_backend");
  const client = await openOn(target);
  expect(await client.companies.list()).toEqual({ companies: [] });
  expect(await client.restore.start({ file })).toMatchObject({ opens: true });
  await eventually(async () => (await client.system.status()).scheduler.state === "held");
  expect(await client.system.status()).toMatchObject({ held: { kind: "restore" } });
});

/** Leaves an access event: a run that is given the secret. */
async function useSecret(client: ControlPlane["client"]): Promise<void> {
  const { id } = await client.routines.run({ routine: "Nightly" });
  expect(await client.runs.wait({ run: id, timeoutMs: 30_000 })).toMatchObject({ status: "succeeded" });
}

test("a kill right after the rows are committed does not make them look like an earlier state that was put back", async () => {
  const client = await openOn(source);
  await fillSource(client);
  await useSecret(client);
  const { path: file } = await client.backups.take({});
  // What this instance has seen of the chain reaches further than the backup.
  await useSecret(client);
  await loadOnly(
    file,
    ringThat(async () => undefined),
  );
  const restored = await openOn(target);
  expect(await auditOf(restored)).toMatchObject({ broken: false, companies: [{ companyName: "Acme", findings: [] }] });
  await useSecret(restored);
  await eventually(async () => (await restored.audit.status({})).unsealed === 0);
});

test("a commit that fails leaves no note that another database takes for its own", async () => {
  const client = await openOn(source);
  await fillSource(client);
  await useSecret(client);
  const { path: file } = await client.backups.take({});
  const ring = ringThat((tx) =>
    tx.execute(`
      create function refuse_commit() returns trigger language plpgsql as 'begin raise exception ''no commit''; end';
      create constraint trigger refuse_commit after update on companies deferrable initially deferred
        for each row execute function refuse_commit();
      update companies set name = name`),
  );
  await expect(loadOnly(file, ring)).rejects.toThrow("no commit");
  const empty = await openOn(target);
  await fillSource(empty);
  await useSecret(empty);
  expect(await auditOf(empty)).toMatchObject({ broken: false, companies: [{ checked: 1, findings: [] }] });
});

test("a backup of an earlier release is migrated within a server, and all of it is held back", async () => {
  const client = await openOn(target);
  expect(await client.restore.start({ file: fileOfRelease(1) })).toMatchObject({ opens: false });
  await eventually(async () => (await client.system.status()).scheduler.state === "held");
  expect(await client.system.status()).toMatchObject({ held: { kind: "restore" } });
  expect((await target.pool.query("select 1 from routine_runs")).rows).toHaveLength(20);
});

test("an empty database that another instance works on is refused, until that one has left", async () => {
  const file = await backupOfSource();
  const otherHome = await testHome();
  const other = await planeOn(target, otherHome);
  try {
    const client = await openOn(target);
    const before = await rowsOf(target);
    const { refused } = await client.restore.preview({ file });
    expect(refused?.message).toContain(`another instance works on this database`);
    expect(refused?.message).toContain(otherHome.paths.root);
    expect(await refusalOf(client.restore.start({ file }))).toMatchObject({
      code: "restore_shared",
      next: expect.stringContaining("Stop the other one"),
    });
    expect(await rowsOf(target)).toEqual(before);
    // The other one goes on with what it had.
    expect(await other.client.companies.list()).toEqual({ companies: [] });
    await other.close();
    expect(await client.restore.start({ file })).toMatchObject({ opens: true });
  } finally {
    await other.close();
    await otherHome.remove();
  }
});
