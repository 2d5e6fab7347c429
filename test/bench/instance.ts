import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { ConnectionOptions, Database } from "../../main/database/database.ts";
import type { ChangeFeed } from "../../main/database/changes.ts";
import { openDatabase } from "../../main/database/open.ts";
import { systemClock } from "../../main/instance/clock.ts";
import { acquireOwnership } from "../../main/instance/lock.ts";
import { type InstancePaths, instancePaths } from "../../main/instance/paths.ts";
import { makePrivateDirectory } from "../../main/instance/permissions.ts";
import { forkRunner, type RunnerChannel } from "../../main/runs/channel.ts";
import { startWorker, type Worker } from "../../main/runs/worker.ts";
import { fileKeyPlace } from "../../main/secrets/file-key-place.ts";
import { openVault, type Vault } from "../../main/secrets/vault.ts";
import { bundle } from "../fixtures/bundle.ts";

const silent = () => undefined;
export const silentLog = { info: silent, warn: silent, error: silent };

/** An instance of the bench's own, on the product's own server, with a vault and workers as in the app. */
export interface BenchInstance {
  readonly home: string;
  readonly paths: InstancePaths;
  readonly database: Database;
  readonly session: ConnectionOptions;
  readonly feed: ChangeFeed;
  readonly vault: Vault;
  /** A worker that runs so many at once, and is heard where `heard` says so. */
  worker(concurrency: number, scope: "all" | "asked", heard?: Heard): Promise<Worker>;
}

export interface Heard {
  /** After a statement that claimed a run was answered. */
  readonly claimed: () => void;
  /** Before each message to the runner. */
  readonly sent: () => void;
}

/** Opens an instance for `work`, and removes it afterwards. */
export async function withInstance<Answer>(work: (instance: BenchInstance) => Promise<Answer>): Promise<Answer> {
  const home = await mkdtemp(path.join(os.tmpdir(), "pcd-bench-"));
  const paths = instancePaths({ home, id: "bench" }, {});
  const owner = await acquireOwnership(paths, { kind: "command" });
  const entry = await bundle("main/runs/runner/main.ts", home);
  const { database, session, feed, close } = await openDatabase({
    paths,
    migrationsDirectory: path.resolve("migrations"),
    runtimeDirectory: owner.runtimeDirectory,
    clock: systemClock,
    log: silentLog,
    beforeMigrate: async () => undefined,
  });
  try {
    for (const directory of [paths.runLogs, paths.workspaces]) await makePrivateDirectory(directory);
    const vault = await openVault({
      database,
      clock: systemClock,
      place: fileKeyPlace({ keyFile: paths.masterKey, keyFileIsDefault: true, secretsDirectory: paths.secrets }),
    });
    const base = { PATH: process.env["PATH"] ?? "", HOME: home };
    const worker: BenchInstance["worker"] = (concurrency, scope, heard = { claimed: silent, sent: silent }) =>
      startWorker({
        database: withClaims(database, heard.claimed),
        vault,
        feed,
        clock: systemClock,
        log: silentLog,
        paths,
        config: { runs: { concurrency, logLimitBytes: 64 * 1024 * 1024 } },
        kind: "command",
        scope,
        launchRunner: () => withSends(forkRunner(entry, process.env), heard.sent),
        baseEnvironment: async () => base,
        defaultCwd: paths.workspaces,
      });
    return await work({ home, paths, database, session, feed, vault, worker });
  } finally {
    await close();
    await owner.release();
    await rm(home, { recursive: true });
  }
}

function withSends(channel: RunnerChannel, sent: () => void): RunnerChannel {
  return {
    ...channel,
    send: (message) => {
      sent();
      channel.send(message);
    },
  };
}

/** The database, whose pool tells of each answer that brings claimed runs. */
function withClaims(database: Database, claimed: () => void): Database {
  const { pool } = database;
  const query = pool.query.bind(pool) as (...given: unknown[]) => Promise<{ rows?: readonly object[] }>;
  const heard = async (...given: unknown[]) => {
    const answer = await query(...given);
    if (answer.rows?.some((row) => "attemptId" in row && "logPath" in row)) claimed();
    return answer;
  };
  pool.query = heard as typeof pool.query;
  return database;
}
