import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { setForms, withSnapshot } from "../../../main/backup/snapshot.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { fill } from "./fixtures.ts";

const NEVER = new AbortController().signal;

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase();
  await fill(database);
});
afterEach(() => database.close());

test("rows that a policy hides fail what reads them, and are not left out", async () => {
  const { rows } = await database.pool.query<{ role: string }>(
    "select 'reader_' || replace(gen_random_uuid()::text, '-', '_') as role",
  );
  const role = pg.escapeIdentifier(rows[0]?.role ?? "");
  await database.pool.query(`create role ${role}`);
  try {
    await database.pool.query(`grant usage on schema public to ${role}; grant select on agents to ${role};
      alter table agents enable row level security`);
    const reading = withSnapshot(database.options, NEVER, async (client) => {
      await client.query(`set local role ${role}`);
      return client.query("select count(*) from public.agents");
    });
    await expect(reading).rejects.toThrow(/row-level security/);
  } finally {
    await database.pool.query(`drop owned by ${role}; drop role ${role}`);
  }
});

test("what was read counts, though the connection breaks before its transaction ends", async () => {
  const answer = withSnapshot(database.options, NEVER, async (client) => {
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    const ended = new Promise((resolve) => client.once("end", resolve));
    await database.pool.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await ended;
    return "read";
  });
  expect(await answer).toBe("read");
});

test("a cancel that comes when all was read takes nothing back", async () => {
  const cancel = new AbortController();
  const answer = withSnapshot(database.options, cancel.signal, async () => {
    cancel.abort(new Error("too late"));
    return "read";
  });
  expect(await answer).toBe("read");
});

test("a session that loads has no limits of time, whatever role and database have", async () => {
  const name = pg.escapeIdentifier(database.options.database ?? "");
  await database.pool.query(`alter database ${name} set idle_in_transaction_session_timeout = '1h';
    alter database ${name} set statement_timeout = '1h'`);
  const client = new pg.Client(database.options);
  await client.connect();
  try {
    await setForms(client, "session");
    const { rows } = await client.query(
      `select current_setting('idle_in_transaction_session_timeout') as idle,
         current_setting('statement_timeout') as statement, current_setting('row_security') as policies`,
    );
    expect(rows).toEqual([{ idle: "0", statement: "0", policies: "off" }]);
  } finally {
    await client.end();
  }
});
