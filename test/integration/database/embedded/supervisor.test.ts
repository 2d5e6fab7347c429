import { execFileSync, spawn } from "node:child_process";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { serversOn, settleFormer } from "../../../../main/database/embedded/former.ts";
import {
  startEmbedded,
  type EmbeddedOptions,
  type EmbeddedServer,
} from "../../../../main/database/embedded/supervisor.ts";
import { acquireOwnership, type Ownership } from "../../../../main/instance/lock.ts";
import { standingOf } from "../../../../main/instance/process-identity.ts";
import { eventually, refusalOf } from "../../../fixtures/conditions.ts";
import { memoryLog, temporaryIn, testHome, type TestHome } from "../../../fixtures/home.ts";
import { startZombie } from "../../../fixtures/zombie.ts";
import { bundledWorkers, type Worker, type Workers } from "../../../fixtures/workers/worker.ts";

let workers: Workers;
/** With a cluster that was started once and stopped, which each test begins with: a first start is tested beside. */
let origin: TestHome;
let home: TestHome;
let owner: Ownership | undefined;
const running: EmbeddedServer[] = [];
beforeAll(async () => {
  [workers, origin] = await Promise.all([bundledWorkers("hold-database"), testHome()]);
  const { runtimeDirectory, release } = await acquireOwnership(origin.paths, { kind: "command" });
  const server = await startEmbedded({ paths: origin.paths, runtimeDirectory, log: memoryLog() });
  await server.stop();
  await release();
});
afterAll(() => Promise.all([workers.remove(), origin.remove()]));
beforeEach(async () => {
  home = await testHome();
  owner = undefined;
  await mkdir(home.paths.root, { recursive: true, mode: 0o700 });
  // With its owner, which Node's own copying leaves out: PostgreSQL of root belongs to another account.
  execFileSync("cp", ["-a", origin.paths.db, home.paths.db]);
});
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
  await owner?.release();
  await home.remove();
});

async function start(options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedServer> {
  owner ??= await acquireOwnership(home.paths, { kind: "command" });
  const { runtimeDirectory } = owner;
  const server = await startEmbedded({ paths: home.paths, runtimeDirectory, log: memoryLog(), ...options });
  running.push(server);
  return server;
}

async function query<T extends pg.QueryResultRow>(server: EmbeddedServer, text: string): Promise<T[]> {
  const client = new pg.Client({ ...server.connection });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
}

const leaders = async () => (await serversOn(home.paths.db)).filter(({ leads }) => leads).map(({ pid }) => pid);
/** The one that is there. To the system -1 and 0 are no process but many. */
async function leader(): Promise<number> {
  const [pid, ...others] = await leaders();
  if (pid === undefined || others.length > 0) throw new Error("no one server leads");
  return pid;
}
const lockFile = () => path.join(home.paths.db, "postmaster.pid");

/** Kills the leader without a chance to clear up. */
async function killLeader(): Promise<number> {
  const pid = await leader();
  process.kill(pid, "SIGKILL");
  return pid;
}

/** A process that owns the instance, has its database open and has stored a row. */
async function holder(): Promise<Worker> {
  const worker = workers.start([home.paths.home, path.resolve(".")], temporaryIn(home));
  expect(await worker.message()).toBe("open");
  worker.say("row");
  expect(await worker.message()).toBe("stored");
  return worker;
}

describe("a server that dies", () => {
  test("is started again, with all that was stored, and says so", async () => {
    const server = await start();
    await query(server, "create table kept as select 1 as one");
    const states: string[] = [];
    server.condition.onState((state) => states.push(state));
    const before = await killLeader();
    await eventually(() => states.at(-1) === "ready");
    expect(await query(server, "select one from kept")).toEqual([{ one: 1 }]);
    expect(states[0]).toBe("restarting");
    const after = await leaders();
    expect(after).toHaveLength(1);
    expect(after).not.toContain(before);
  });

  test("while connections are in use is started again too", async () => {
    const server = await start();
    const busy = new pg.Client({ ...server.connection });
    busy.on("error", () => undefined);
    await busy.connect();
    const outcome = busy.query("select pg_sleep(600)").catch((error: unknown) => error);
    await killLeader();
    await eventually(() => server.condition.state() === "restarting");
    await eventually(() => server.condition.state() === "ready");
    expect(await outcome).toBeInstanceOf(Error);
    expect(await query(server, "select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("again and again is given up with its own words, until a retry succeeds", async () => {
    const server = await start({ backOffMs: [0, 1, 1] });
    const control = path.join(home.paths.db, "global", "pg_control");
    await rename(control, `${control}.away`);
    await killLeader();
    await eventually(() => server.condition.state() === "failed");
    expect(server.condition.health().failure).toContain("could not find the database system");
    expect((await refusalOf(server.retry())).code).toBe("database_unavailable");
    expect(server.condition.state()).toBe("failed");
    await rename(`${control}.away`, control);
    await server.retry();
    expect(server.condition.state()).toBe("ready");
    expect(await query(server, "select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("is not started again once it was asked to stop", async () => {
    const server = await start();
    await Promise.all([server.stop(), server.stop()]);
    expect(server.condition.state()).toBe("stopped");
    expect(await serversOn(home.paths.db)).toEqual([]);
  });

  test("can be stopped in the middle of a restart", async () => {
    const server = await start({ backOffMs: [60_000] });
    await killLeader();
    await eventually(() => server.condition.state() === "restarting");
    await server.stop();
    expect(server.condition.state()).toBe("stopped");
    await eventually(async () => (await serversOn(home.paths.db)).length === 0);
  });
});

describe("a server from earlier", () => {
  test("whose owner was killed is stopped, and one starts that has all data", async () => {
    const worker = await holder();
    const orphan = await leader();
    await worker.kill();
    expect(await standingOf(orphan)).toMatchObject({ alive: true });
    const server = await start();
    expect(await query(server, "select value from kept")).toEqual([{ value: "row" }]);
    expect(await standingOf(orphan)).toEqual({ alive: false });
    expect(await leaders()).toHaveLength(1);
  });

  test("is found where its lock file is gone too", async () => {
    const worker = await holder();
    const orphan = await leader();
    await worker.kill();
    await rm(lockFile());
    const server = await start();
    expect(await standingOf(orphan)).toEqual({ alive: false });
    expect(await query(server, "select value from kept")).toEqual([{ value: "row" }]);
    expect(await leaders()).toHaveLength(1);
  });

  test("that is starting is waited for, up to a deadline", async () => {
    const worker = await holder();
    const orphan = await leader();
    await worker.kill();
    const lines = (await readFile(lockFile(), "utf8")).split("\n");
    lines[7] = "starting";
    await writeFile(lockFile(), lines.join("\n"));
    // Not with the limits of a start, which the next server has to keep too.
    await settleFormer(home.paths.db, { startMs: 200, stopMs: 60_000 }, memoryLog());
    expect(await standingOf(orphan)).toEqual({ alive: false });
    const server = await start();
    expect(await query(server, "select value from kept")).toEqual([{ value: "row" }]);
  });

  test("that was killed with its owner has lost nothing", async () => {
    const worker = await holder();
    await killLeader();
    await worker.kill();
    const server = await start();
    expect(await query(server, "select value from kept")).toEqual([{ value: "row" }]);
    expect(await leaders()).toHaveLength(1);
  });

  test("is not a program that has its pid now, nor a zombie", async () => {
    const server = await start();
    const lock = await readFile(lockFile(), "utf8");
    await server.stop();
    const stranger = spawn("sleep", ["1000"]);
    const zombie = await startZombie();
    for (const pid of [stranger.pid, zombie.pid, 1, process.pid]) {
      await writeFile(lockFile(), lock.replace(/^\d+/, String(pid)));
      const next = await start();
      expect(await query(next, "select 1 as one")).toEqual([{ one: 1 }]);
      await next.stop();
    }
    expect(stranger.exitCode).toBeNull();
    stranger.kill();
    zombie.end();
  });

  test("that was killed inside its first start leaves nothing in the way", async () => {
    await rm(home.paths.db, { recursive: true });
    const worker = workers.start([home.paths.home, path.resolve(".")], temporaryIn(home));
    await eventually(async () =>
      (await readdir(home.paths.root).catch(() => [])).some((name) => name.startsWith("db.init-")),
    );
    await worker.kill();
    const server = await start();
    expect(await query(server, "select 1 as one")).toEqual([{ one: 1 }]);
    expect((await readdir(home.paths.root)).filter((name) => name.startsWith("db.init-"))).toEqual([]);
  });
});

describe("a server that cannot start", () => {
  test("is refused with its own words, and everything is given back", async () => {
    const first = await start();
    await first.stop();
    await writeFile(path.join(home.paths.db, "postgresql.conf"), "shared_buffers = nonsense\n");
    const refusal = await refusalOf(start());
    expect(refusal.code).toBe("database_unavailable");
    expect(refusal.message).toContain("shared_buffers");
    await writeFile(path.join(home.paths.db, "postgresql.conf"), "");
    const again = await start();
    expect(await query(again, "select 1 as one")).toEqual([{ one: 1 }]);
  });
});

describe("the server's log", () => {
  test("holds no value of a statement that failed", async () => {
    const server = await start();
    await query(server, "create table kept (value text primary key)");
    await query(server, "insert into kept values ('canary-1')");
    const failing = [
      "insert into kept values ('canary-1')",
      "select 'canary-2'::uuid",
      "select * from kept where value = 'canary-3' and missing",
      "do $$ begin raise warning 'canary-4'; raise log 'not a canary'; end $$",
    ];
    for (const text of failing) await query(server, text).catch(() => undefined);
    await server.stop();
    const log = await readFile(path.join(home.paths.logs, "postgres.log"), "utf8");
    expect(log).toContain("not a canary");
    expect(log).not.toContain("canary-");
  });
});
