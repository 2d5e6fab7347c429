import { realpath, rm } from "node:fs/promises";
import path from "node:path";
import { systemCode } from "../../contract/refusal.ts";
import type { Log } from "../../instance/log.ts";
import type { InstancePaths } from "../../instance/paths.ts";
import { makePrivateDirectory } from "../../instance/permissions.ts";
import { makeRuntimeDirectory } from "../../instance/runtime-directory.ts";
import type { ConnectionOptions } from "../database.ts";
import { removeInterrupted } from "./cluster.ts";
import { settleFormer } from "./former.ts";
import { startEmbedded, type EmbeddedOptions } from "./supervisor.ts";

export interface ScratchOptions {
  readonly paths: InstancePaths;
  /** Where the cluster stands while it is needed. Nothing else may be there. */
  readonly directory: string;
  readonly log: Log;
  readonly processEnv: NodeJS.ProcessEnv;
  readonly embedded?: Pick<EmbeddedOptions, "limits" | "binaries">;
  /** Gives up making the cluster, and throws its reason. What is done with it is for `work` to give up. */
  readonly signal?: AbortSignal;
}

/**
 * Does work on an empty PostgreSQL of its own, which is gone afterwards. What a killed process left in its place is
 * stopped and removed first. Refuses as a start of the database does.
 */
export async function withScratchServer<Answer>(
  options: ScratchOptions,
  work: (connection: ConnectionOptions) => Promise<Answer>,
): Promise<Answer> {
  const { directory, log } = options;
  await clearScratch(directory, log);
  try {
    return await withServerOn({ ...options, data: path.join(directory, "db"), use: "scratch" }, work);
  } finally {
    await clearScratch(directory, log);
  }
}

export interface ServerOnOptions extends ScratchOptions {
  readonly data: string;
  /** With `scratch`, nothing is sure to be on the disk afterwards. */
  readonly use?: "build" | "scratch";
}

/**
 * Does work on a PostgreSQL of its own whose data directory stays: made where there is none, and stopped in order
 * afterwards, so that its files are complete and on the disk. `directory` takes its logs. Refuses as a start does.
 */
export async function withServerOn<Answer>(
  { paths, directory, data, use = "build", log, processEnv, embedded, signal }: ServerOnOptions,
  work: (connection: ConnectionOptions) => Promise<Answer>,
): Promise<Answer> {
  await makePrivateDirectory(directory);
  const runtime = await makeRuntimeDirectory(directory, processEnv);
  try {
    const server = await startEmbedded({
      paths: { ...paths, root: directory, db: data, logs: path.join(directory, "logs") },
      runtimeDirectory: runtime.directory,
      log,
      use,
      signal,
      ...embedded,
    });
    try {
      return await work(server.connection);
    } finally {
      await server.stop();
    }
  } finally {
    await rm(runtime.directory, { recursive: true, force: true });
  }
}

/** Ends a server that a killed process left in a scratch place, and removes the place. */
export async function clearScratch(directory: string, log: Log): Promise<void> {
  const data = path.join(directory, "db");
  await endServerOn(data, log);
  // The initdb of a killed process goes on for a moment, and what it writes would keep the place from being removed.
  await removeInterrupted(data);
  await rm(directory, { recursive: true, force: true });
}

/** Ends a server that a killed process left on a data directory, which may not be there. */
export async function endServerOn(data: string, log: Log): Promise<void> {
  const real = await realpath(data).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  });
  if (real !== null) await settleFormer(real, { startMs: 60_000, stopMs: 30_000 }, log);
}
