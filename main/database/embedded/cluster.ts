import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmod, lstat, mkdir, readdir, realpath, rename, rm, rmdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { Refusal, systemCode } from "../../contract/refusal.ts";
import {
  explainFileError,
  flushDirectory,
  makePrivateDirectory,
  PRIVATE_DIRECTORY,
  readIfThere,
  writeNew,
} from "../../instance/permissions.ts";
import { giveTo, type Account, type Launcher } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { saysDiskFull, type ServerLog } from "./server-log.ts";
import { SERVER_USER, startProgram } from "./server-process.ts";

/** Longer than an initdb takes on any machine, in milliseconds. */
const INITDB_MS = 60_000;

/** Says in a data directory that this product made it, and holds the password of its superuser. */
const MARKER = "paperclip.json";
const marker = z.looseObject({
  format: z.literal(1),
  createdAt: z.iso.datetime(),
  /** The major version. */
  postgresql: z.int(),
  password: z.string().min(1),
});

export interface ClusterOptions {
  /** The data directory, `db/` of the instance. */
  readonly directory: string;
  readonly binaries: Binaries;
  readonly account: Account | null;
  readonly launcher: Launcher;
  readonly log: ServerLog;
  /** Gives up making a cluster, and throws its reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface Cluster {
  /** Of the superuser, for the socket. */
  readonly password: string;
  /** The real path of the data directory, without symbolic links: what the server reports as its own. */
  readonly directory: string;
}

/**
 * The instance's cluster, made where there is none. A directory that holds anything is never initialised: without our
 * marker it is refused with `database_unmarked`, of another major version with `database_major`, and left as it is.
 */
export async function ensureCluster(options: ClusterOptions): Promise<Cluster> {
  const found = await lookAt(options.directory);
  const directory = found === "absent" ? options.directory : await realpath(options.directory);
  if (found === "used") return { password: await readCluster(directory, options.binaries), directory };
  await makePrivateDirectory(path.dirname(directory));
  await removeInterrupted(directory);
  return { password: await initialise({ ...options, directory }), directory: await realpath(directory) };
}

async function lookAt(directory: string): Promise<"absent" | "empty" | "used"> {
  try {
    return (await readdir(directory)).length === 0 ? "empty" : "used";
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw explainFileError(error, `The database in ${directory} was not opened`);
  }
  const link = await lstat(directory).catch(() => null);
  if (!link) return "absent";
  throw new Refusal(
    "database_unavailable",
    `The database was not opened: ${directory} leads to a place that is gone.`,
    {
      next: "Bring that place back, such as a disk that is not mounted, or remove the link to start with an empty database.",
    },
  );
}

async function readCluster(directory: string, binaries: Binaries): Promise<string> {
  const text = await readIfThere(path.join(directory, MARKER));
  if (text === null) {
    throw new Refusal(
      "database_unmarked",
      `The directory ${directory} is not empty, and this app did not make it. Nothing in it was changed.`,
      { next: `Move ${directory} away to start with an empty database, or choose another --home.` },
    );
  }
  const parsed = marker.safeParse(parseJson(text));
  const version = await readIfThere(path.join(directory, "PG_VERSION"));
  if (!parsed.success || version === null) {
    const broken = parsed.success ? "PG_VERSION is missing" : `${MARKER} cannot be read`;
    throw new Refusal("database_unavailable", `The database in ${directory} is damaged: ${broken}.`, {
      next: "Restore a backup. Nothing in the directory was changed.",
    });
  }
  const major = Number.parseInt(version, 10);
  if (major !== binaries.major) {
    throw new Refusal(
      "database_major",
      `The database in ${directory} is of PostgreSQL ${major}, and this app brings PostgreSQL ${binaries.major}. Nothing was changed.`,
      {
        next: `Start the version of the app that brings PostgreSQL ${major}, back up, and restore into this one.`,
        details: { found: major, expected: binaries.major },
      },
    );
  }
  return parsed.data.password;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Where a cluster grows until it is complete, beside the place it will have. */
function growing(directory: string): string {
  return `${directory}.init-${randomUUID()}`;
}

/** Removes what a start left that was killed inside initdb. It holds no data: it never was a database. */
export async function removeInterrupted(directory: string): Promise<void> {
  const ours = /^\.init-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  const parent = path.dirname(directory);
  const names = await readdir(parent).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  });
  for (const name of names) {
    const entry = path.join(parent, name);
    if (!entry.startsWith(directory) || !ours.test(entry.slice(directory.length))) continue;
    await removeWhatGrows(entry);
  }
}

/**
 * Removes a directory in which an initdb may still be writing: it ends by itself, after a second on a machine at rest.
 * (The retries of `rm` itself are made anew at each level of the tree, which takes minutes where a writer keeps ahead.)
 */
async function removeWhatGrows(entry: string): Promise<void> {
  const end = performance.now() + INITDB_MS;
  for (;;) {
    try {
      return await rm(entry, { recursive: true, force: true });
    } catch (error) {
      if (systemCode(error) !== "ENOTEMPTY" || performance.now() > end) throw error;
    }
    await setTimeout(50);
  }
}

async function initialise(options: ClusterOptions): Promise<string> {
  const { directory, account, binaries } = options;
  const growth = growing(directory);
  const password = randomBytes(24).toString("base64url");
  const passwordFile = path.join(growth, "password");
  const data = path.join(growth, "data");
  try {
    await mkdir(growth, { mode: PRIVATE_DIRECTORY });
    await mkdir(data, { mode: PRIVATE_DIRECTORY });
    await Promise.all([growth, data].map((entry) => chmod(entry, PRIVATE_DIRECTORY)));
    await writeNew(passwordFile, `${password}\n`);
    await Promise.all([growth, data, passwordFile].map((entry) => giveTo(account, entry)));
    await runInitdb(options, data, passwordFile);
    const content = { format: 1, createdAt: new Date().toISOString(), postgresql: binaries.major, password };
    await writeNew(path.join(data, MARKER), `${JSON.stringify(content, null, 2)}\n`);
    await giveTo(account, path.join(data, MARKER));
    await flushDirectory(data);
    await putInPlace(data, directory);
    return password;
  } catch (error) {
    throw explainFileError(error, `The database in ${directory} was not made`);
  } finally {
    await removeWhatGrows(growth);
  }
}

async function putInPlace(data: string, directory: string): Promise<void> {
  // Windows does not rename over a directory, not even over an empty one.
  if (process.platform === "win32") await rmdir(directory).catch(() => undefined);
  try {
    await rename(data, directory);
  } catch (error) {
    if (systemCode(error) !== "EBUSY" && systemCode(error) !== "EXDEV") throw error;
    throw new Refusal(
      "database_unavailable",
      `The database was not made: ${directory} is a mount of its own, which cannot be replaced.`,
      { next: `Mount the directory above it (${path.dirname(directory)}) instead.` },
      error,
    );
  }
  await flushDirectory(path.dirname(directory));
}

async function runInitdb(options: ClusterOptions, data: string, passwordFile: string): Promise<void> {
  const { binaries, launcher, log, signal: given } = options;
  const launch = launcher(binaries.initdb, [
    `--pgdata=${data}`,
    `--username=${SERVER_USER}`,
    "--auth=scram-sha-256",
    `--pwfile=${passwordFile}`,
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--data-checksums",
    // Iterations slow down guessing. This password has 192 random bits, and each connection would pay for them.
    "--set=scram_iterations=1",
    "--no-instructions",
  ]);
  given?.throwIfAborted();
  const child = startProgram(launch, data, log.descriptor);
  const giveUp = () => child.kill("SIGKILL");
  given?.addEventListener("abort", giveUp, { once: true });
  const [code, signal] = (await once(child, "exit").finally(() => given?.removeEventListener("abort", giveUp))) as [
    number | null,
    string | null,
  ];
  if (code === 0) return;
  given?.throwIfAborted();
  const lines = await log.lastLines();
  if (saysDiskFull(lines.join("\n"))) {
    throw new Refusal("disk_full", "The database was not made: the disk is full.", {
      next: "Free some space, then try again.",
    });
  }
  throw new Refusal(
    "database_unavailable",
    `The database was not made: initdb ended with ${signal ?? code}. It said: ${lines.join(" | ")}`,
    { next: `More may stand in ${log.file}.` },
  );
}
