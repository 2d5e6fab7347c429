import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as routines from "../../../main/database/schema/routines.ts";
import * as runs from "../../../main/database/schema/runs.ts";
import * as secrets from "../../../main/database/schema/secrets.ts";
import * as webhooks from "../../../main/database/schema/webhooks.ts";
import * as work from "../../../main/database/schema/work.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const tables = [work, routines, runs, secrets, webhooks]
  .flatMap((file) => Object.values(file))
  .filter((entry) => entry instanceof PgTable);

describe("the drizzle schema and the migrated database", () => {
  test("have the same tables, columns, types and nullability", async () => {
    const { rows } = await database.pool.query<{ t: string; c: string; type: string; required: boolean }>(`
      select c.relname t, a.attname c, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull required
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
        and c.relname <> 'paperclip_migrations'`);
    const sql = rows.map((row) => `${row.t}.${row.c} ${row.type}${row.required ? " not null" : ""}`);
    const declared = tables
      .map(getTableConfig)
      .flatMap((table) =>
        table.columns.map(
          (column) =>
            `${table.name}.${column.name} ${column.getSQLType().replace("timestamp (3)", "timestamp(3)")}${column.notNull ? " not null" : ""}`,
        ),
      );
    expect(declared.toSorted()).toEqual(sql.toSorted());
    expect(declared.length).toBeGreaterThan(150);
  });

  test("say of every table and index what it is for", async () => {
    const { rows } = await database.pool.query<{ name: string; comment: string | null }>(`
      select c.relname as name, obj_description(c.oid, 'pg_class') as comment
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind in ('r', 'i')`);
    expect(rows.length).toBeGreaterThan(40);
    expect(rows.filter((row) => !row.comment).map((row) => row.name)).toEqual([]);
  });

  test("stay the same when the migration runs again", async () => {
    const { readMigrations } = await import("../../../main/database/migration-files.ts");
    const files = await readMigrations(new URL("../../../migrations", import.meta.url).pathname);
    for (const file of files) await database.pool.query(file.sql);
  });
});
