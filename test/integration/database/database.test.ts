import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connect } from "../../../main/database/database.ts";
import { eventually } from "../../fixtures/conditions.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { startPooler } from "../../fixtures/pooler.ts";

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase();
});
afterEach(() => database.close());

test("a connection that breaks within a transaction fails that transaction, and nothing else", async () => {
  const broken = database.orm.transaction(async (tx) => {
    await tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`);
  });
  await expect(broken).rejects.toThrow("Failed query");
  // It may also break while nothing is asked of it.
  const idle = database.orm.transaction(async (tx) => {
    const { rows } = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    const { pid } = rows[0] ?? { pid: 0 };
    await database.pool.query("select pg_terminate_backend($1)", [pid]);
    const alive = () => database.pool.query("select 1 from pg_stat_activity where pid = $1", [pid]);
    await eventually(async () => (await alive()).rows.length === 0);
    await tx.execute(sql`select 1`);
  });
  await expect(idle).rejects.toThrow("Failed query");
  expect((await database.pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
});

test("a transaction that cannot begin gives its connection back", async () => {
  const pooler = await startPooler(database.options);
  const pooled = connect({ connectionString: pooler.url, max: 1 }, () => undefined);
  try {
    await pooled.pool.query("select 1");
    pooler.loseServer();
    for (const _ of [1, 2]) {
      await expect(pooled.orm.transaction(async () => undefined)).rejects.toThrow("begin");
    }
    await pooled.close();
  } finally {
    await pooler.close();
  }
});

test("connections that could only read are not used again once the database can be changed", async () => {
  const name = database.options.database ?? "";
  await database.pool.query(`alter database ${name} set default_transaction_read_only = on`);
  const several = connect(database.options, () => undefined);
  try {
    const write = () => several.pool.query("create table written (id int)");
    const held = await Promise.all([several.pool.connect(), several.pool.connect(), several.pool.connect()]);
    await expect(write()).rejects.toThrow("read-only");
    for (const client of held) client.release();
    await database.pool.query(`alter database ${name} reset default_transaction_read_only`);
    await write();
  } finally {
    await several.close();
  }
});
