import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadBackup } from "../../../main/backup/load.ts";
import { setForms, withSnapshot } from "../../../main/backup/snapshot.ts";
import { takeBackup } from "../../../main/backup/take.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { testHome } from "../../fixtures/home.ts";
import { fill, takeOptions } from "./fixtures.ts";

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

describe("whatever role and database have", () => {
  beforeEach(async () => {
    const name = pg.escapeIdentifier(database.options.database ?? "");
    await database.pool.query(`alter database ${name} set idle_in_transaction_session_timeout = '1h';
      alter database ${name} set statement_timeout = '1h';
      alter database ${name} set timezone = 'Asia/Kolkata';
      alter database ${name} set datestyle = 'German';
      alter database ${name} set intervalstyle = 'iso_8601';
      alter database ${name} set bytea_output = 'escape'`);
  });

  const WRITTEN = `select row(timestamptz '2026-04-01 12:00:00.5Z', date '2026-04-01', interval '1 month 2 days', bytea 'x')::text as text,
    current_setting('idle_in_transaction_session_timeout') as idle, current_setting('statement_timeout') as statement`;
  const AS_EVER = [
    { text: '("2026-04-01 12:00:00.5+00",2026-04-01,"1 mon 2 days","\\\\x78")', idle: "0", statement: "0" },
  ];

  test("values are written alike and no time is limited while a backup is taken", async () => {
    const answer = await withSnapshot(database.options, NEVER, (client) => client.query(WRITTEN));
    expect(answer.rows).toEqual(AS_EVER);
  });

  test("and while one is loaded", async () => {
    const client = new pg.Client(database.options);
    await client.connect();
    try {
      await setForms(client, "session");
      expect((await client.query(WRITTEN)).rows).toEqual(AS_EVER);
    } finally {
      await client.end();
    }
  });

  test("a backup comes back, and its times are in UTC", async () => {
    const home = await testHome();
    const target = await testDatabase("template0");
    try {
      const options = await takeOptions(database, home.base);
      const taken = await takeBackup(options);
      const { migrations, signal } = options;
      const load = { file: taken.path, connection: target.options, migrations, disposable: true, signal };
      expect((await loadBackup(load)).tables).toEqual(taken.tables);
    } finally {
      await target.close();
      await home.remove();
    }
  });
});
