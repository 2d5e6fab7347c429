import { once } from "node:events";
import { chmod, mkdir, open, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { launcherFor, giveTo, serverAccount } from "../../main/database/embedded/account.ts";
import { findBinaries } from "../../main/database/embedded/binaries.ts";
import { serverArguments } from "../../main/database/embedded/server-arguments.ts";
import { startProgram } from "../../main/database/embedded/server-process.ts";
import { readMigrations } from "../../main/database/migration-files.ts";
import { migrate } from "../../main/database/migrator.ts";
import { openDatabase, type OpenDatabase } from "../../main/database/open.ts";
import { systemClock } from "../../main/instance/clock.ts";
import { acquireOwnership, type Ownership } from "../../main/instance/lock.ts";
import { testHome, type TestHome } from "../fixtures/home.ts";
import type { BenchRow } from "./row.ts";

const ROUNDS = 5;
const silent = () => undefined;

/**
 * How long a start takes, from nothing to the first query, against bare `initdb` and `postgres` with the same settings,
 * asked as often. Medians of 5 rounds, interleaved; both sides run on fresh directories.
 */
export async function startBench(): Promise<BenchRow[]> {
  const [first, bareFirst, warm, bareWarm, migration]: number[][] = [[], [], [], [], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    const ours = await testHome();
    const bare = await bareCluster();
    bareFirst?.push(await timed(() => bare.initialise().then(bare.start)));
    await bare.stop();
    first?.push(await startOurs(ours));
    bareWarm?.push(await timed(bare.start));
    await bare.stop();
    warm?.push(await startOurs(ours, (database) => measureMigration(database, migration ?? [])));
    await Promise.all([ours.remove(), bare.remove()]);
  }
  const compare = (what: string, against: string, mine: number[] = [], theirs: number[] = []): BenchRow => {
    const [a, b] = [median(mine), median(theirs)];
    return {
      what: `${what} (${ms(a)})`,
      against: `${against} (${ms(b)})`,
      ratio: `${(a / b).toFixed(2)} ×`,
      goal: "≤ 1.5 ×",
    };
  };
  return [
    compare("warm start to first query", "`postgres` to first query", warm, bareWarm),
    compare("first start to first query", "bare initdb and start", first, bareFirst),
    { what: "migration with nothing to do", against: "–", ratio: ms(median(migration ?? [])), goal: "≤ 5 ms" },
  ];
}

async function startOurs(home: TestHome, then: (database: OpenDatabase) => Promise<void> = async () => undefined) {
  const owner = await acquireOwnership(home.paths, { kind: "command" });
  const started = performance.now();
  const database = await openOurs(home, owner);
  await database.database.pool.query("select count(*) from companies");
  const duration = performance.now() - started;
  await then(database);
  await database.close();
  await owner.release();
  return duration;
}

function openOurs(home: TestHome, { runtimeDirectory }: Ownership): Promise<OpenDatabase> {
  return openDatabase({
    paths: home.paths,
    migrationsDirectory: path.resolve("migrations"),
    runtimeDirectory,
    clock: systemClock,
    log: { info: silent, warn: silent, error: silent },
    beforeMigrate: async () => undefined,
  });
}

async function measureMigration({ session }: OpenDatabase, durations: number[]): Promise<void> {
  const files = await readMigrations(path.resolve("migrations"));
  const client = new pg.Client({ ...session });
  await client.connect();
  durations.push(await timed(() => migrate(client, files, async () => undefined)));
  await client.end();
}

interface BareCluster {
  initialise(): Promise<void>;
  /** Answers when a query has succeeded. */
  start(): Promise<void>;
  stop(): Promise<void>;
  remove(): Promise<void>;
}

async function bareCluster(): Promise<BareCluster> {
  const home = await testHome();
  const [binaries, account] = await Promise.all([findBinaries(), serverAccount()]);
  const data = path.join(home.base, "data");
  const password = path.join(home.base, "password");
  await chmod(home.base, 0o711);
  await mkdir(data, { mode: 0o700 });
  await writeFile(password, "bench\n", { mode: 0o600 });
  await Promise.all([home.base, data, password].map((entry) => giveTo(account, entry)));
  const launcher = await launcherFor(account, [home.base, binaries.directory]);
  const log = await open(path.join(home.base, "log"), "a");
  const connection = { host: home.base, port: 5432, user: "bench", password: "bench", database: "postgres" };
  let stop = async () => undefined as void;
  return {
    initialise: async () => {
      const options = ["-D", data, "-U", "bench", "-A", "scram-sha-256", `--pwfile=${password}`, "--encoding=UTF8"];
      const locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--data-checksums"];
      await once(startProgram(launcher(binaries.initdb, [...options, ...locale]), data, log.fd), "exit");
    },
    start: async () => {
      const settings = serverArguments(data, { directory: home.base, port: connection.port });
      const child = startProgram(launcher(binaries.postgres, settings), data, log.fd);
      stop = async () => {
        const ended = once(child, "exit");
        child.kill("SIGINT");
        await ended;
      };
      while (!(await answers(connection))) await delay(2);
    },
    stop: () => stop(),
    remove: async () => {
      await log.close();
      await rm(home.base, { recursive: true, force: true });
    },
  };
}

async function answers(connection: pg.ClientConfig): Promise<boolean> {
  const client = new pg.Client(connection);
  client.on("error", silent);
  try {
    await client.connect();
    await client.query("select 1");
    return true;
  } catch {
    return false;
  } finally {
    void client.end().catch(silent);
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function ms(value: number): string {
  return `${value.toFixed(value < 20 ? 1 : 0)} ms`;
}
