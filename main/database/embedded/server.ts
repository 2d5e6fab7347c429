import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { access, chmod, mkdir, realpath, rm } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { errorText, Refusal, systemCode } from "../../contract/refusal.ts";
import type { Log } from "../../instance/log.ts";
import type { InstancePaths } from "../../instance/paths.ts";
import { makePrivateDirectory, PRIVATE_DIRECTORY } from "../../instance/permissions.ts";
import type { ConnectionOptions } from "../database.ts";
import { giveTo, launcherFor, serverAccount, type Account, type Launcher } from "./account.ts";
import { findBinaries, type Binaries } from "./binaries.ts";
import { ensureCluster } from "./cluster.ts";
import { settleFormer } from "./former.ts";
import { serverArguments, type ServerUse } from "./server-arguments.ts";
import { openServerLog, saysDiskFull, type ServerLog } from "./server-log.ts";
import { SERVER_DATABASE, SERVER_USER, startProgram } from "./server-process.ts";

/** How long things may take, in milliseconds. */
export interface ServerLimits {
  /** From the start to the first answer. */
  readonly startMs: number;
  /** From the start to the first query, while the server says that it recovers from a crash. */
  readonly recoveryMs: number;
  /** To end after each signal. */
  readonly stopMs: number;
}

const DEFAULT_LIMITS: ServerLimits = { startMs: 60_000, recoveryMs: 600_000, stopMs: 30_000 };
const POLL_MS = 2;
/** Every start says for a moment that it is not ready yet; one that says so longer recovers from a crash. */
const RECOVERING_MS = 1_000;

export interface ServerOptions {
  readonly paths: InstancePaths;
  /** Of the owner: the socket's directory is made beside it, under its name and `-db`. */
  readonly runtimeDirectory: string;
  readonly log: Log;
  readonly limits?: Partial<ServerLimits>;
  /** Defaults to the ones that came with the app. */
  readonly binaries?: Binaries;
  /** The one in use where it is left out. */
  readonly use?: ServerUse;
  /** Gives up making a cluster, and throws its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A cluster with everything that is needed to start a server on it, as often as it takes. */
export interface ServerPlace {
  readonly connection: ConnectionOptions;
  /** Starts a server, once none from earlier runs, and answers when a query has succeeded. `stop` ends the attempt. */
  start(onRecovering: () => void, stop: AbortSignal): Promise<ChildProcess>;
  /** Ends a server in order, or where that takes too long by force. */
  end(child: ChildProcess): Promise<void>;
  close(): Promise<void>;
}

/** Finds the binaries, makes the cluster where there is none, and prepares the socket. No server runs yet. */
export async function preparePlace(options: ServerOptions): Promise<ServerPlace> {
  const { paths, runtimeDirectory, log } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const [binaries, account] = await Promise.all([options.binaries ?? findBinaries(), serverAccount()]);
  await makePrivateDirectory(paths.root);
  const serverLog = await openServerLog(paths.logs);
  const socketDirectory = `${runtimeDirectory}-db`;
  const close = async () => {
    await rm(socketDirectory, { recursive: true, force: true });
    await serverLog.close();
  };
  try {
    const socket = await makeSocket(socketDirectory, account);
    const used = await Promise.all([paths.root, binaries.directory, socket.directory].map((entry) => realpath(entry)));
    const launcher = await launcherFor(account, used);
    const making = { binaries, account, launcher, log: serverLog, signal: options.signal };
    const cluster = await ensureCluster({ ...making, directory: paths.db });
    const connection = {
      host: socket.host,
      port: socket.port,
      user: SERVER_USER,
      password: cluster.password,
      database: SERVER_DATABASE,
    };
    const { use = "serve" } = options;
    const place = { ...cluster, binaries, launcher, socket, serverLog, limits, connection, log, use };
    return {
      connection,
      start: (onRecovering, stop) => startServer(place, onRecovering, stop),
      end: (child) => endServer(child, limits.stopMs),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Socket {
  readonly directory: string;
  readonly host: string;
  readonly port: number;
}

async function makeSocket(directory: string, account: Account | null): Promise<Socket> {
  await mkdir(directory, { mode: PRIVATE_DIRECTORY });
  await chmod(directory, PRIVATE_DIRECTORY);
  await giveTo(account, directory);
  if (process.platform !== "win32") return { directory, host: directory, port: 5432 };
  return { directory, host: "127.0.0.1", port: await freePort() };
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}

interface Place {
  readonly directory: string;
  readonly binaries: Binaries;
  readonly launcher: Launcher;
  readonly socket: Socket;
  readonly serverLog: ServerLog;
  readonly limits: ServerLimits;
  readonly connection: ConnectionOptions;
  readonly log: Log;
  readonly use: ServerUse;
}

async function startServer(place: Place, onRecovering: () => void, stop: AbortSignal): Promise<ChildProcess> {
  const deadline = performance.now() + place.limits.startMs;
  for (;;) {
    await settleFormer(place.directory, place.limits, place.log);
    const attempt = await attemptStart(place, onRecovering, stop);
    if (attempt.child) return attempt.child;
    // Processes of a server that was killed may hold its memory for another moment.
    const passing = /pre-existing shared memory block|lock file ".*" already exists/.test(attempt.said);
    if (!passing || performance.now() >= deadline) throw startFailure(place.serverLog.file, attempt.said);
    await delay(100);
  }
}

type Attempt = { readonly child: ChildProcess } | { readonly child: null; readonly said: string };

async function attemptStart(place: Place, onRecovering: () => void, stop: AbortSignal): Promise<Attempt> {
  const { directory, binaries, launcher, socket, serverLog, limits } = place;
  const launch = launcher(binaries.postgres, serverArguments(directory, socket, place.use));
  const child = startProgram(launch, directory, serverLog.descriptor);
  const ended = exitOf(child);
  try {
    if (await answersQueries(place, ended, onRecovering, stop)) return { child };
  } catch (error) {
    await endServer(child, limits.stopMs);
    throw error;
  }
  const lines = await serverLog.lastLines();
  // A start before this one may have ended with the same lines.
  return { child: null, said: [...new Set(lines)].join(" | ") || (await ended) };
}

/** Answers with a text once the process has ended or could not be started. */
function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(`it ended with ${signal ?? code}`));
    child.once("error", (error) => resolve(error.message));
  });
}

/** Asks until a query succeeds; false where the server ended before that. Refuses when the time is over. */
async function answersQueries(
  place: Place,
  ended: Promise<string>,
  onRecovering: () => void,
  stop: AbortSignal,
): Promise<boolean> {
  const { limits, connection, socket } = place;
  const started = performance.now();
  let over = false;
  let recovering = false;
  void ended.then(() => (over = true));
  while (!over) {
    stop.throwIfAborted();
    const answer = await ask(connection, socket);
    if (answer === "yes") return true;
    if (answer === "recovering" && !recovering && performance.now() - started > RECOVERING_MS) {
      recovering = true;
      onRecovering();
    }
    const limit = recovering ? limits.recoveryMs : limits.startMs;
    if (performance.now() - started > limit) throw tooSlow(limit, recovering);
    await delay(POLL_MS);
  }
  return false;
}

/** PostgreSQL's code for "not now": it starts, recovers or shuts down. */
const CANNOT_CONNECT_NOW = "57P03";

async function ask(connection: ConnectionOptions, socket: Socket): Promise<"yes" | "no" | "recovering"> {
  if (process.platform !== "win32" && !(await isThere(path.join(socket.directory, `.s.PGSQL.${socket.port}`)))) {
    return "no";
  }
  const client = new pg.Client({ ...connection, application_name: "paperclip-desktop start" });
  // An error after the answer, such as a reset while it closes, changes nothing.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("select 1");
    return "yes";
  } catch (error) {
    const code = systemCode(error);
    if (code === CANNOT_CONNECT_NOW) return "recovering";
    if (code === "ENOENT" || code === "ECONNREFUSED" || code === "ECONNRESET" || code === "EPIPE") return "no";
    if (errorText(error).startsWith("Connection terminated")) return "no";
    throw new Refusal("database_unavailable", `The database did not let the app in: ${errorText(error)}.`, {}, error);
  } finally {
    void client.end().catch(() => undefined);
  }
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function tooSlow(limitMs: number, recovering: boolean): Refusal {
  const what = recovering ? "was still recovering from a crash" : "did not answer";
  return new Refusal("database_unavailable", `The database ${what} after ${Math.round(limitMs / 1000)} seconds.`, {
    next: "Try again. What was recovered so far is kept.",
  });
}

function startFailure(file: string, said: string): Refusal {
  if (saysDiskFull(said)) {
    return new Refusal("disk_full", `The database was not started: the disk is full. It said: ${said}`, {
      next: "Free some space, then try again.",
    });
  }
  return new Refusal("database_unavailable", `The database was not started. It said: ${said}`, {
    next: `More may stand in ${file}.`,
  });
}

async function endServer(child: ChildProcess, withinMs: number): Promise<void> {
  const ended = exitOf(child);
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    child.kill(signal);
    const timer = new AbortController();
    await Promise.race([ended, delay(withinMs, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
  }
}
