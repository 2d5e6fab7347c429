import { createHash } from "node:crypto";
import path from "node:path";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readMigrations, type MigrationFile } from "../../../main/database/migration-files.ts";
import { applyFile, exclusively, migrate, readSchemaState } from "../../../main/database/migrator.ts";
import { eventually, refusalOf } from "../../fixtures/conditions.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";

let database: TestDatabase;
let client: pg.Client;
let files: MigrationFile[];
beforeEach(async () => {
  database = await testDatabase("template0");
  client = await connected();
  files = await readMigrations(path.resolve("migrations"));
});
afterEach(async () => {
  await client.end();
  await database.close();
});

async function connected(): Promise<pg.Client> {
  const opened = new pg.Client({ ...database.options });
  await opened.connect();
  return opened;
}

const noBackup = async () => undefined;
const next = (sql: string): MigrationFile => ({
  number: files.length + 1,
  name: "planted",
  sql,
  sha256: createHash("sha256").update(sql).digest("hex"),
});
const tables = async () =>
  (
    await client.query<{ name: string }>(
      "select relname as name from pg_class where relnamespace = 'public'::regnamespace",
    )
  ).rows
    .map(({ name }) => name)
    .toSorted();

describe("a database", () => {
  test("that is empty gets all migrations, without a backup, and is current then", async () => {
    expect((await readSchemaState(client, files)).kind).toBe("empty");
    let backups = 0;
    const applied = await migrate(client, files, async () => void (backups += 1));
    expect(applied).toEqual(files);
    expect(backups).toBe(0);
    expect(await readSchemaState(client, files)).toMatchObject({ kind: "current", pending: [] });
    expect(await migrate(client, files, noBackup)).toEqual([]);
  });

  test("that is behind gets what is pending, after a backup", async () => {
    await migrate(client, files, noBackup);
    const planted = next("create table planted (one integer)");
    expect(await readSchemaState(client, [...files, planted])).toMatchObject({ kind: "behind", pending: [planted] });
    const order: string[] = [];
    await migrate(client, [...files, planted], async () => {
      order.push((await tables()).includes("planted") ? "too late" : "backup first");
    });
    expect(order).toEqual(["backup first"]);
    expect(await tables()).toContain("planted");
  });

  test("stays as it is where the backup fails", async () => {
    await migrate(client, files, noBackup);
    const failing = migrate(client, [...files, next("create table planted (one integer)")], () =>
      Promise.reject(new Error("no room")),
    );
    await expect(failing).rejects.toThrow("no room");
    expect(await tables()).not.toContain("planted");
  });

  test("keeps no half of a migration that fails", async () => {
    await migrate(client, files, noBackup);
    const broken = next("create table planted (one integer); select 1/0;");
    await expect(migrate(client, [...files, broken], noBackup)).rejects.toThrow("division by zero");
    expect(await tables()).not.toContain("planted");
    expect((await readSchemaState(client, files)).kind).toBe("current");
  });

  test("of another program is refused and left alone", async () => {
    await client.query("create table theirs (one integer)");
    const refusal = await refusalOf(migrate(client, files, noBackup));
    expect(refusal.code).toBe("database_foreign");
    expect(refusal.message).toContain("public.theirs");
    expect(await tables()).toEqual(["theirs"]);
  });

  test("is foreign too where the other program has a schema of its own", async () => {
    await client.query("create schema other; create view other.view as select 1 as one");
    expect((await refusalOf(migrate(client, files, noBackup))).code).toBe("database_foreign");
  });

  test("that only has an extension is empty", async () => {
    await client.query("create extension pg_stat_statements");
    expect((await readSchemaState(client, files)).kind).toBe("empty");
  });

  test.each([
    ["newer", "database_newer", "insert into paperclip_migrations (number, name, sha256) values (9999, 'future', 'x')"],
    ["edited", "migration_edited", "update paperclip_migrations set sha256 = 'other' where number = 1"],
    ["missing here", "migration_missing", "update paperclip_migrations set name = 'renamed' where number = 1"],
    ["out of order", "migration_order", "delete from paperclip_migrations where number = 1"],
  ])("whose applied migrations are %s is refused", async (_, code, change) => {
    const planted = next("create table planted (one integer)");
    await migrate(client, [...files, planted], noBackup);
    await client.query(change);
    const before = await client.query("select * from paperclip_migrations order by number");
    const later = { ...next("create table later (one integer)"), number: files.length + 2, name: "later" };
    const refusal = await refusalOf(migrate(client, [...files, planted, later], noBackup));
    expect(refusal.code).toBe(code);
    expect(refusal.next).not.toBe("");
    expect(await tables()).not.toContain("later");
    expect((await client.query("select * from paperclip_migrations order by number")).rows).toEqual(before.rows);
  });

  test("may be migrated by ten at once, and each file is applied once", async () => {
    const planted = next("create table planted (one integer); insert into planted values (1)");
    const clients = await Promise.all(Array.from({ length: 10 }, connected));
    const applied = await Promise.all(clients.map((one) => migrate(one, [...files, planted], noBackup)));
    expect(
      applied
        .flat()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual([...files, planted].map(({ name }) => name).toSorted());
    expect((await client.query("select one from planted")).rows).toHaveLength(1);
    await Promise.all(clients.map((one) => one.end()));
  });

  test("that another process migrates meanwhile is current, and not somebody else's", async () => {
    // Few changes: after many, a server tells its other sessions by itself to forget what they knew.
    const few = [{ ...next("create table planted (one integer)"), number: 1 }];
    const [fast, slow] = await Promise.all([connected(), connected()]);
    const waits = async () => {
      const { rows } = await client.query(
        `select 1 from pg_locks where locktype = 'advisory' and not granted
           and database = (select oid from pg_database where datname = current_database())`,
      );
      return rows.length > 0;
    };
    let waiting: Promise<MigrationFile[]> | undefined;
    await exclusively(fast, async () => {
      // It has looked, found nothing, and waits for its turn, while the first one applies everything.
      waiting = migrate(slow, few, noBackup);
      await eventually(waits);
      for (const file of few) await applyFile(fast, file);
    });
    expect(await waiting).toEqual([]);
    expect(await readSchemaState(slow, few)).toMatchObject({ kind: "current" });
    await Promise.all([fast.end(), slow.end()]);
  });

  test("may be migrated again over objects that are there already", async () => {
    await migrate(client, files, noBackup);
    const before = await tables();
    await client.query("delete from paperclip_migrations");
    const applied = await migrate(client, files, noBackup);
    expect(applied).toEqual(files);
    expect(await tables()).toEqual(before);
  });
});
