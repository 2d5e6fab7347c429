import path from "node:path";
import type pg from "pg";
import type { RetentionPolicy } from "../../preload/rules/retention.ts";
import type { ConnectionOptions } from "../database/database.ts";
import { explainFileError, makePrivateDirectory } from "../instance/permissions.ts";
import { createArchive } from "./archive-writer.ts";
import { backupFileName, type Header, type TableSum } from "./format.ts";
import { unlessGivenUp, type GivingUp } from "./give-up.ts";
import { planPruning, prune, type Pruned } from "./prune.ts";
import { withSnapshot } from "./snapshot.ts";
import { expectedSize, refuseWithoutSpace } from "./space.ts";
import { describeDatabase, writeDatabase, type DescribeOptions, type WriteOptions } from "./write-database.ts";

export interface TakeOptions extends DescribeOptions, WriteOptions, GivingUp {
  readonly connection: ConnectionOptions;
  /** Where the file goes; made where it is missing. */
  readonly directory: string;
  /** What older backups there are kept by; the others are removed before anything is written. Left out: all stay. */
  readonly retention?: RetentionPolicy;
}

/** A backup as it lies on disk. */
export interface TakenBackup {
  readonly path: string;
  readonly bytes: number;
  readonly header: Header;
  readonly tables: readonly TableSum[];
  /** What became of the older ones that retention does not keep. */
  readonly pruned: Pruned;
}

/**
 * Backs a database up into one file, as of one moment, while it is used. Holds a few chunks in memory, whatever the size.
 * There is the whole file under its name, durable, or nothing. Refuses with `backup_running`, `backup_timed_out`,
 * `backup_cancelled`, `disk_full`, `instance_permissions` and `database_unavailable`.
 */
export async function takeBackup(options: TakeOptions): Promise<TakenBackup> {
  try {
    return await unlessGivenUp(options, async (signal) => {
      await makePrivateDirectory(options.directory);
      return withSnapshot(options.connection, signal, (client) => write(client, options, signal));
    });
  } catch (error) {
    throw explainFileError(error, `The backup was not written to ${options.directory}`);
  }
}

async function write(client: pg.Client, options: TakeOptions, signal: AbortSignal): Promise<TakenBackup> {
  const { directory, reason } = options;
  const database = await describeDatabase(client, options);
  const { header, diskBytes } = database;
  const needed = expectedSize(diskBytes);
  const plan = options.retention
    ? await planPruning(directory, "database", options.retention, options.clock.now(), needed)
    : [];
  const pruned = await prune(directory, plan);
  await refuseWithoutSpace(directory, needed);
  const takenAt = new Date(header.takenAt);
  const file = path.join(directory, backupFileName(takenAt, reason));
  const archive = await createArchive(file, takenAt);
  try {
    const tables = await writeDatabase(client, archive, database, options);
    signal.throwIfAborted();
    return { path: file, bytes: await archive.finish(), header, tables, pruned };
  } catch (error) {
    await archive.discard();
    throw error;
  }
}
