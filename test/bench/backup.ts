import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import pg from "pg";
import { connect, type ConnectionOptions } from "../../main/database/database.ts";
import { readMigrations } from "../../main/database/migration-files.ts";
import { migrate } from "../../main/database/migrator.ts";
import { bundle } from "../fixtures/bundle.ts";
import { startCluster, type Cluster } from "../fixtures/cluster.ts";
import type { Done, Job } from "./backup-process.ts";
import { installedPostgres, type InstalledPostgres } from "./client-tools.ts";
import { fillHistory } from "./history.ts";
import { median } from "./median.ts";
import type { BenchRow } from "./row.ts";

/** Raw mebibytes that are backed up: PAPERCLIP_BENCH_MIB=1024 for the size of the specification. */
const MEBIBYTES = Number(process.env["PAPERCLIP_BENCH_MIB"] ?? 256);
const REPETITIONS = Number(process.env["PAPERCLIP_BENCH_REPETITIONS"] ?? 5);
const MEBIBYTE = 1024 * 1024;
/** Raw bytes of a run of `fillHistory`, about: its row with an excerpt of its log, and its attempt. */
const BYTES_OF_A_RUN = 860;
const RUNS = 100_000;
const RUNS_LIMIT_SECONDS = 60;
const MEMORY_LIMIT = 200 * MEBIBYTE;

const run = promisify(execFile);

/** Aborts when the bench is interrupted: what it runs is ended in order then, and nothing of it stays. */
const interrupted = new AbortController();

/**
 * Backs up and restores a database of runs with excerpts of their logs, each time in a process of its own, on one server:
 * against COPY to nowhere, and against pg_dump and pg_restore where this machine has them with a server of their version.
 * Then 100,000 runs restored into the app's own server and held against their sums. Interleaved; medians.
 */
export async function backupBench(): Promise<BenchRow[]> {
  const installed = await installedPostgres();
  const cluster = await startCluster({
    ...(installed === null ? {} : { binaries: installed }),
    settings: ["fsync=on", "max_wal_size=1GB"],
  });
  // Below the dependencies, where a process of its own finds them.
  const cache = path.resolve("node_modules/.cache");
  await mkdir(cache, { recursive: true });
  const built = await mkdtemp(path.join(cache, "pcd-bench-"));
  const directory = await mkdtemp(path.join(os.tmpdir(), "pcd-bench-"));
  let stopped: Promise<void> | null = null;
  const stopCluster = () => (stopped ??= cluster.stop());
  const interrupt = () => {
    interrupted.abort(new Error("the bench was interrupted"));
    // Whatever waits for it fails now.
    void stopCluster();
  };
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    const entry = await bundle("test/bench/backup-process.ts", built);
    const place = { cluster, installed, directory, perform: (job: Job) => inProcess(entry, job) };
    return [...(await againstPeers(place)), ...(await manyRuns(place))];
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    await stopCluster();
    await Promise.all([built, directory].map((entry) => rm(entry, { recursive: true, force: true })));
  }
}

interface Place {
  readonly cluster: Cluster;
  readonly installed: InstalledPostgres | null;
  readonly directory: string;
  readonly perform: (job: Job) => Promise<Done>;
}

async function againstPeers(place: Place): Promise<BenchRow[]> {
  const { installed, directory, perform } = place;
  const connection = await filledDatabase(place, "source", Math.ceil((MEBIBYTES * MEBIBYTE) / BYTES_OF_A_RUN));
  const figures = { copy: [], take: [], full: [], dump: [], load: [], restore: [] } as Record<string, number[]>;
  const peaks: Record<string, number> = { take: 0, full: 0, load: 0 };
  let rawBytes = 0;
  const recipient = await identityToRecipient(await generateX25519Identity());
  const measure = async (job: Job): Promise<Done> => {
    const done = await perform(job);
    figures[job.do]?.push(done.ms);
    peaks[job.do] = Math.max(peaks[job.do] ?? 0, done.peakBytes);
    rawBytes = done.rawBytes;
    return done;
  };
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    await measure({ do: "copy", connection });
    const { file } = await measure({ do: "take", connection, directory });
    const fullJob = { do: "full", connection, directory } as const;
    const full = await measure({ ...fullJob, to: { recipient } });
    const sealed = await perform({ ...fullJob, to: { passphrase: "correct horse battery staple" } });
    peaks["passphrase"] = Math.max(peaks["passphrase"] ?? 0, sealed.peakBytes);
    await intoEmpty(place, (target) => measure({ do: "load", connection: target, file: file ?? "" }));
    if (installed !== null) {
      const dump = path.join(directory, "peer.dump");
      figures["dump"]?.push(await peer(place, installed.dump, ["-Fc", "-Z1", "-f", dump, "source"]));
      await intoEmpty(place, async ({ database = "" }) => {
        figures["restore"]?.push(await peer(place, installed.restore, ["-1", "-d", database, dump]));
      });
      await rm(dump);
    }
    for (const made of [file, full.file, sealed.file]) await rm(made ?? "");
  }
  const of = (what: string) => median(figures[what] ?? []);
  const speed = (what: string) => `${(rawBytes / MEBIBYTE / (of(what) / 1_000)).toFixed(0)} MiB/s`;
  const faster = (peerOf: string, what: string) => `${(of(peerOf) / of(what)).toFixed(2)} x (${speed(what)})`;
  const size = `${(rawBytes / MEBIBYTE).toFixed(0)} MiB of rows`;
  const versus = (tool: string) => `${tool} ${installed?.major ?? ""} on its own server`;
  const rows: BenchRow[] = [
    {
      what: `backup of ${size}`,
      against: `COPY to nowhere (${speed("copy")})`,
      ratio: faster("copy", "take"),
      goal: ">= 0.6 x",
    },
    {
      what: `backup of everything with ${size}, encrypted to the recovery code`,
      against: `COPY to nowhere (${speed("copy")})`,
      ratio: faster("copy", "full"),
      goal: ">= 0.6 x",
    },
  ];
  if (installed === null) {
    const left = {
      against: "nothing: this machine has no pg_dump and pg_restore with their server",
      goal: ">= 0.95 x",
    };
    rows.push({ what: `restore of ${size}, read back`, ratio: speed("load"), ...left });
  } else {
    rows.push(
      {
        what: `backup of ${size}`,
        against: `${versus("pg_dump -Fc -Z1")} (${speed("dump")})`,
        ratio: faster("dump", "take"),
        goal: ">= 0.95 x",
      },
      {
        what: `restore of ${size}, held against its sums and read back`,
        against: `${versus("pg_restore -1")}, which does neither (${speed("restore")})`,
        ratio: faster("restore", "load"),
        goal: ">= 0.95 x",
      },
    );
  }
  const named: Record<string, string> = {
    take: "a backup",
    full: "a backup of everything, to the recovery code",
    passphrase: "a backup of everything, to a passphrase, whose derivation alone takes 128 MiB",
    load: "a restore",
  };
  for (const [what, peak] of Object.entries(peaks).filter(([name]) => name !== "copy")) {
    rows.push({
      what: `most memory of a process that does nothing else than ${named[what]}, ${size}`,
      against: `${MEMORY_LIMIT / MEBIBYTE} MiB`,
      ratio: `${(peak / MEBIBYTE).toFixed(0)} MiB`,
      goal: `< ${MEMORY_LIMIT / MEBIBYTE} MiB`,
    });
  }
  return rows;
}

async function manyRuns(place: Place): Promise<BenchRow[]> {
  const { directory, perform } = place;
  const connection = await filledDatabase(place, "runs", RUNS);
  const { file } = await perform({ do: "take", connection, directory });
  const seconds: number[] = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    const { ms } = await perform({ do: "prove", directory, file: file ?? "" });
    seconds.push(ms / 1_000);
  }
  return [
    {
      what: `${RUNS.toLocaleString("en")} runs restored into a server of their own and verified`,
      against: `${RUNS_LIMIT_SECONDS} s`,
      ratio: `${median(seconds).toFixed(1)} s`,
      goal: `<= ${RUNS_LIMIT_SECONDS} s`,
    },
  ];
}

async function filledDatabase(place: Place, name: string, runs: number): Promise<ConnectionOptions> {
  const connection = await createDatabase(place, name);
  const client = new pg.Client(connection);
  client.on("error", () => undefined);
  await client.connect();
  await migrate(client, await readMigrations(path.resolve("migrations")), async () => undefined);
  await client.end();
  const database = connect(connection, () => undefined);
  try {
    await fillHistory(database, runs);
    await database.pool.query("checkpoint");
  } finally {
    await database.close();
  }
  return connection;
}

/** Does work on an empty database, and drops it. */
async function intoEmpty(place: Place, work: (connection: ConnectionOptions) => Promise<unknown>): Promise<void> {
  const connection = await createDatabase(place, "target");
  try {
    await work(connection);
  } finally {
    await administer(place, "drop database target");
    await administer(place, "checkpoint");
  }
}

async function createDatabase(place: Place, database: string): Promise<ConnectionOptions> {
  await administer(place, `create database ${database} template template0`);
  const { host, port, user, password } = place.cluster;
  return { host, port, user, password, database };
}

async function administer({ cluster: { host, port, user, password } }: Place, statement: string): Promise<void> {
  const admin = new pg.Client({ host, port, user, password, database: "postgres" });
  admin.on("error", () => undefined);
  await admin.connect();
  await admin.query(statement).finally(() => admin.end());
}

async function peer({ cluster }: Place, program: string, args: readonly string[]): Promise<number> {
  const { host, port, user, password } = cluster;
  const env = {
    PATH: process.env["PATH"] ?? "",
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
  };
  const start = performance.now();
  await run(program, args, { env, signal: interrupted.signal });
  return performance.now() - start;
}

async function inProcess(entry: string, job: Job): Promise<Done> {
  interrupted.signal.throwIfAborted();
  const child = spawn(process.execPath, [entry], { stdio: ["pipe", "pipe", "inherit"] });
  const end = () => child.kill();
  interrupted.signal.addEventListener("abort", end, { once: true });
  const closed = once(child, "close");
  child.stdin.end(JSON.stringify(job));
  const answer = await text(child.stdout);
  const [code] = (await closed) as [number | null];
  interrupted.signal.removeEventListener("abort", end);
  interrupted.signal.throwIfAborted();
  if (code !== 0) throw new Error(`a process of the bench ended with ${code}`);
  return JSON.parse(answer) as Done;
}
