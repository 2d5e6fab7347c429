import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { gzip as gzipWithCallback, type ZlibOptions } from "node:zlib";
import type pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import type { RetentionPolicy } from "../../preload/rules/retention.ts";
import type { ConnectionOptions } from "../database/database.ts";
import type { MigrationFile } from "../database/migration-files.ts";
import type { Clock } from "../instance/clock.ts";
import { explainFileError, makePrivateDirectory } from "../instance/permissions.ts";
import { createArchive, type ArchiveWriter } from "./archive-writer.ts";
import { blocksOf } from "./blocks.ts";
import * as catalog from "./catalog.ts";
import {
  backupFileName,
  CHUNK_BYTES,
  chunkEntry,
  FORMAT,
  HEADER,
  isBackupFileName,
  LIMITS,
  migrationEntry,
  MIGRATIONS,
  PARTIAL,
  SEQUENCES,
  SUMS,
  tableName,
  type BackupReason,
  type Header,
  type Sums,
  type TableHead,
  type TableSum,
} from "./format.ts";
import { planPruning, prune } from "./prune.ts";
import { unlessGivenUp } from "./give-up.ts";
import { withSnapshot } from "./snapshot.ts";
import { expectedSize, refuseWithoutSpace } from "./space.ts";

const gzip = promisify(gzipWithCallback);
/** The fastest level; a piece of output is as large as what most chunks become, so that one is one task of the pool. */
const COMPRESSION: ZlibOptions = { level: 1, memLevel: 9, chunkSize: 1024 * 1024 };

/** How far a backup is. */
export interface Progress {
  readonly tablesDone: number;
  readonly tables: number;
  /** Of the tables that are done. */
  readonly rows: number;
  /** Uncompressed. */
  readonly bytes: number;
  /** What the tables take on disk: `bytes` comes near it, from either side. */
  readonly expectedBytes: number;
  /** The table that is being read; null before the first and after the last one. */
  readonly table: string | null;
}

export interface TakeOptions {
  readonly connection: ConnectionOptions;
  /** Where the file goes; made where it is missing. */
  readonly directory: string;
  /** Whether nobody else writes backups there: what a killed backup left is removed then. */
  readonly tidy: boolean;
  /** What older backups there are kept by; the others are removed before anything is written. Left out: all stay. */
  readonly retention?: RetentionPolicy;
  readonly reason: BackupReason;
  readonly instanceId: string;
  readonly appVersion: string;
  /** What this app has; the ones that are applied go into the file. */
  readonly migrations: readonly MigrationFile[];
  readonly clock: Clock;
  /** Milliseconds after which it is given up. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Raw bytes per entry; other than `CHUNK_BYTES` in tests. */
  readonly chunkBytes?: number;
}

/** A backup as it lies on disk. */
export interface TakenBackup {
  readonly path: string;
  readonly bytes: number;
  readonly header: Header;
  readonly tables: readonly TableSum[];
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
      return withSnapshot(options.connection, signal, async (client) => {
        if (options.tidy) await removePartials(options.directory);
        return write(client, options, signal);
      });
    });
  } catch (error) {
    throw explainFileError(error, `The backup was not written to ${options.directory}`);
  }
}

/** Removes what killed backups left. Only the holder of the lease does so, in the folder that only its instance uses. */
async function removePartials(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const whole = name.endsWith(PARTIAL) ? name.slice(0, -PARTIAL.length) : null;
    if (whole !== null && isBackupFileName(whole)) await rm(path.join(directory, name), { force: true });
  }
}

async function write(client: pg.Client, options: TakeOptions, signal: AbortSignal): Promise<TakenBackup> {
  const { directory, reason, clock } = options;
  const tables = await catalog.readTables(client);
  await catalog.lockTables(client, tables);
  const expectedBytes = tables.reduce((sum, table) => sum + table.diskBytes, 0);
  const needed = expectedSize(expectedBytes);
  if (options.retention) await prune(directory, await planPruning(directory, "database", options.retention, needed));
  await refuseWithoutSpace(directory, needed);
  const takenAt = clock.now();
  const header = await describe(client, options, tables, takenAt);
  const file = path.join(directory, backupFileName(takenAt, reason));
  const archive = await createArchive(file, takenAt);
  try {
    await archive.add(HEADER, json(header));
    await addSchema(client, archive, options.migrations);
    const copied = await addTables(client, archive, header, { ...options, expectedBytes });
    await archive.add(SUMS, json({ format: FORMAT, tables: copied, entries: [...archive.entries] } satisfies Sums));
    signal.throwIfAborted();
    return { path: file, bytes: await archive.finish(), header, tables: copied };
  } catch (error) {
    await archive.discard();
    throw error;
  }
}

async function describe(
  client: pg.Client,
  { reason, instanceId, appVersion, chunkBytes }: TakeOptions,
  tables: readonly TableHead[],
  takenAt: Date,
): Promise<Header> {
  const journal = await catalog.readJournal(client);
  const { companies, keys } = await catalog.readContents(client);
  return {
    format: FORMAT,
    kind: "database",
    codec: "gzip",
    chunkBytes: chunkBytes ?? CHUNK_BYTES,
    reason,
    app: { name: "paperclip-desktop", version: appVersion },
    takenAt: takenAt.toISOString(),
    server: { version: await catalog.readServerVersion(client) },
    instance: { id: instanceId, companies },
    keys,
    schema: { migrations: journal.map(({ number, name, sha256 }) => ({ number, name, sha256 })) },
    tables: tables.map(({ schema, name, columns }) => ({ schema, name, columns })),
  };
}

/** The journal, the SQL that made the tables, and where the sequences stand. */
async function addSchema(client: pg.Client, archive: ArchiveWriter, files: readonly MigrationFile[]): Promise<void> {
  const journal = await catalog.readJournal(client);
  await archive.add(MIGRATIONS, json(journal));
  for (const { number, sha256 } of journal) {
    const file = files.find((one) => one.number === number && one.sha256 === sha256);
    if (!file) throw new Error(`migration ${number} is applied, and this app does not have its SQL`);
    await archive.add(migrationEntry(file), Buffer.from(file.sql));
  }
  await archive.add(SEQUENCES, json(await catalog.readSequences(client)));
}

type Reporting = Pick<TakeOptions, "onProgress"> & { readonly expectedBytes: number };

async function addTables(
  client: pg.Client,
  archive: ArchiveWriter,
  header: Header,
  { onProgress, expectedBytes }: Reporting,
): Promise<TableSum[]> {
  const done: TableSum[] = [];
  const report = (table: string | null, bytesOfTable: number) => {
    const rows = done.reduce((sum, one) => sum + one.rows, 0);
    const bytes = done.reduce((sum, one) => sum + one.bytes, bytesOfTable);
    onProgress?.({ tablesDone: done.length, tables: header.tables.length, rows, bytes, expectedBytes, table });
  };
  for (const [index, table] of header.tables.entries()) {
    report(tableName(table), 0);
    const onBytes = (bytes: number) => report(tableName(table), bytes);
    done.push(await addTable(client, archive, { table, index, chunkBytes: header.chunkBytes, onBytes }));
  }
  report(null, 0);
  return done;
}

interface TableWork {
  readonly table: TableHead;
  readonly index: number;
  readonly chunkBytes: number;
  readonly onBytes: (bytes: number) => void;
}

/** One chunk is compressed, on another thread, while the next one is read. */
async function addTable(client: pg.Client, archive: ArchiveWriter, work: TableWork): Promise<TableSum> {
  const { table, index, chunkBytes, onBytes } = work;
  const copy = client.query(copyTo(`copy ${catalog.withColumns(table)} to stdout`));
  const sum = createHash("sha256");
  let bytes = 0;
  let chunks = 0;
  let adding: Promise<void> = Promise.resolve();
  const summed = async function* () {
    for await (const piece of copy as AsyncIterable<Buffer>) {
      sum.update(piece);
      yield piece;
    }
  };
  for await (const raw of blocksOf(summed(), chunkBytes)) {
    const compressed = gzip(raw, COMPRESSION);
    bytes += raw.length;
    chunks += 1;
    if (chunks > LIMITS.chunks) throw new Error(`${tableName(table)} is larger than the format takes`);
    const name = chunkEntry(table, index, chunks);
    await adding;
    adding = compressed.then((data) => addChunk(archive, name, data));
    // It is awaited with the next chunk.
    adding.catch(() => undefined);
    onBytes(bytes);
  }
  await adding;
  // The number of rows comes with the end of the statement, which may arrive after its last byte.
  await client.query("select 1");
  return { schema: table.schema, name: table.name, rows: copy.rowCount, bytes, sha256: sum.digest("hex") };
}

async function addChunk(archive: ArchiveWriter, name: string, data: Buffer): Promise<void> {
  await refuseWithoutSpace(path.dirname(archive.file), data.length);
  await archive.add(name, data);
}

function json(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}
