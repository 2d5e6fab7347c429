import { mkdtemp, realpath, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { openControlPlane } from "../../main/control-plane.ts";
import type { ControlPlane } from "../../main/control-plane-port.ts";
import { connect } from "../../main/database/database.ts";
import { readMigrations } from "../../main/database/migration-files.ts";
import { migrate } from "../../main/database/migrator.ts";
import { instancePaths } from "../../main/instance/paths.ts";
import { startCluster } from "../fixtures/cluster.ts";
import { eventually, refusalOf } from "../fixtures/conditions.ts";
import { testDatabase } from "../fixtures/database.ts";
import { memoryLog } from "../fixtures/home.ts";
import { runWorld } from "../fixtures/runs.ts";

interface Connection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

let base: string;
let planes: ControlPlane[];
beforeEach(async () => {
  base = await realpath(await mkdtemp(path.join(os.tmpdir(), "pcd-read-only-")));
  planes = [];
});
afterEach(async () => {
  for (const plane of planes) await plane.close();
  await rm(base, { recursive: true, force: true });
});

const urlOf = ({ host, port, user, password, database }: Connection): string =>
  `postgres://${user}:${password}@/${database}?host=${encodeURIComponent(host)}&port=${port}`;

async function open(connection: Connection): Promise<ControlPlane> {
  const plane = await openControlPlane({
    paths: instancePaths({ home: path.join(base, "home"), id: "test" }, {}),
    kind: "serve",
    processEnv: { PATH: process.env["PATH"], HOME: base, DATABASE_URL: urlOf(connection) },
    version: "1.2.3",
    onOwned: async () => async () => undefined,
  });
  planes.push(plane);
  return plane;
}

async function close(plane: ControlPlane): Promise<void> {
  planes.splice(planes.indexOf(plane), 1);
  await plane.close();
}

async function withClient<T>(connection: Connection, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(connection);
  await client.connect();
  return work(client).finally(() => client.end());
}

/** What an operator has: a company, a routine and a secret. */
async function fill({ client }: ControlPlane): Promise<void> {
  await client.companies.create({ name: "Acme" });
  await client.agents.create({ name: "coder", adapter: "process", config: { command: ["true"] } });
  await client.secrets.create({ key: "gh-token", value: "canary-read-only" });
  await client.routines.create({ routine: { title: "Nightly", agent: "coder" } });
}

async function expectReadable({ client }: ControlPlane): Promise<void> {
  expect((await client.companies.list()).companies.map(({ name }) => name)).toEqual(["Acme"]);
  expect((await client.routines.list({})).routines.map(({ title }) => title)).toEqual(["Nightly"]);
  expect((await client.secrets.list({})).secrets.map(({ key }) => key)).toEqual(["gh-token"]);
  expect(await client.routines.attention({})).toEqual({ items: [], more: 0 });
  expect((await client.activity.list({})).entries.length).toBeGreaterThan(0);
  expect(await client.database.status()).toMatchObject({ pending: 0 });
}

async function expectUnchangeable({ client }: ControlPlane): Promise<void> {
  const changes = [
    () => client.companies.create({ name: "Another" }),
    () => client.agents.update({ agent: "coder", name: "c" }),
    () => client.routines.update({ routine: "Nightly", changes: { instructions: "x" } }),
    () => client.routines.pause({ routine: "Nightly" }),
    () => client.routines.run({ routine: "Nightly" }),
    () => client.secrets.create({ key: "other", value: "canary-read-only" }),
    () => client.secrets.delete({ secret: "gh-token" }),
  ];
  for (const change of changes) {
    const refused = await change().then(
      () => null,
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ code: "read_only", status: 409, message: expect.stringContaining("only be read") });
  }
}

describe("an instance on a database that can only be read", () => {
  const readOnly = (connection: Connection, value: string) =>
    withClient(connection, (client) =>
      client.query(`alter database ${connection.database} set default_transaction_read_only = ${value}`),
    );
  let connection: Connection;
  let drop: () => Promise<void>;
  beforeEach(async () => {
    const database = await testDatabase();
    connection = { ...inject("cluster"), database: database.options.database ?? "" };
    drop = database.close;
    const plane = await open(connection);
    await fill(plane);
    await close(plane);
  });
  afterEach(async () => {
    for (const plane of planes.splice(0)) await plane.close();
    await drop();
  });

  test("opens, shows what is there, says why nothing can be changed, and goes on once it can be", async () => {
    await readOnly(connection, "on");
    const plane = await open(connection);
    const status = await plane.client.system.status();
    expect(status).toMatchObject({ database: { state: "ready" }, vault: { state: "ready" } });
    expect(status.readOnly).toContain("default_transaction_read_only");
    expect(status.problems).toEqual([
      { area: "database", code: "read_only", message: status.readOnly, next: expect.stringContaining("administrator") },
    ]);
    await expectReadable(plane);
    await expectUnchangeable(plane);

    // Connections that are there keep what they were made with; nobody is to restart the app for it.
    await withClient(connection, async (client) => {
      await client.query("set default_transaction_read_only = off");
      await client.query(`alter database ${connection.database} reset default_transaction_read_only`);
    });
    await eventually(async () => (await plane.client.system.status()).readOnly === null);
    await eventually(() =>
      plane.client.companies.create({ name: "Another" }).then(
        () => true,
        () => false,
      ),
    );
  });

  test("that became so while it runs refuses changes and goes on showing", async () => {
    const plane = await open(connection);
    expect((await plane.client.system.status()).readOnly).toBeNull();
    await readOnly(connection, "on");
    await withClient({ ...connection, database: "postgres" }, (client) =>
      client.query(
        "select pg_terminate_backend(pid, 60000) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()",
        [connection.database],
      ),
    );
    await eventually(async () => (await plane.client.system.status()).readOnly !== null);
    await expectReadable(plane);
    await expectUnchangeable(plane);
  });

  test("is refused where migrations wait that it would need", async () => {
    await withClient(connection, (client) => client.query("drop schema public cascade; create schema public"));
    await readOnly(connection, "on");
    expect(await refusalOf(open(connection))).toMatchObject({
      code: "read_only",
      message: expect.stringContaining("migrations"),
    });
  });
});

test("an instance on a standby opens, shows what is there, and says why nothing can be changed", async () => {
  const cluster = await startCluster();
  try {
    const connection = { ...cluster, database: "postgres" };
    await withClient(connection, async (client) =>
      migrate(client, await readMigrations(path.resolve("migrations")), async () => undefined),
    );
    const primary = await open(connection);
    await fill(primary);
    await close(primary);
    await cluster.becomeStandby();
    const plane = await open(connection);
    expect((await plane.client.system.status()).readOnly).toContain("standby");
    await expectReadable(plane);
    await expectUnchangeable(plane);
    await close(plane);
  } finally {
    for (const plane of planes.splice(0)) await plane.close();
    await cluster.stop();
  }
});

test("a worker on a database that can only be read says so once, and executes what waits when it can be changed", async () => {
  const world = await runWorld();
  const name = world.database.options.database ?? "";
  const log = memoryLog();
  const said = () => log.lines.filter((line) => line.includes("only be read"));
  const runId = await world.fire("true", { quietly: true });
  await world.database.pool.query(`alter database ${name} set default_transaction_read_only = on`);
  const database = connect(world.database.options, () => undefined);
  try {
    const worker = await world.worker({ database, log });
    await eventually(() => said().length === 1);
    for (let round = 0; round < 5; round += 1) {
      world.clock.advance(20_000);
      await database.pool.query("select 1");
    }
    expect(said()).toHaveLength(1);
    expect(await world.statusOf(runId)).toBe("queued");

    await world.database.pool.query(`alter database ${name} reset default_transaction_read_only`);
    await eventually(async () => {
      const status = await world.statusOf(runId);
      // Only until it is claimed: a clock that runs on would outrun the signs of life of the worker, and the run with it.
      if (status === "queued") world.clock.advance(5_000);
      return status !== "queued" && status !== "running";
    });
    expect(await world.statusOf(runId)).toBe("succeeded");
    const { rows } = await world.database.pool.query("select id from owners");
    expect(rows).toHaveLength(1);
    await worker.stop();
  } finally {
    await database.close();
    await world.close();
  }
});
