import { createHash } from "node:crypto";
import path from "node:path";
import { promisify } from "node:util";
import { gzip as gzipWithCallback, type ZlibOptions } from "node:zlib";
import type pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import type { MigrationFile } from "../database/migration-files.ts";
import type { Clock } from "../instance/clock.ts";
import type { EntryWriter } from "./archive-writer.ts";
import { blocksOf } from "./blocks.ts";
import * as catalog from "./catalog.ts";
import {
  CHUNK_BYTES,
  chunkEntry,
  FORM,
  FORMAT,
  HEADER,
  LIMITS,
  migrationEntry,
  MIGRATIONS,
  SEQUENCES,
  SUMS,
  tableName,
  type BackupReason,
  type Header,
  type Sums,
  type TableHead,
  type TableSum,
} from "./format.ts";
import { refuseOtherOwners } from "./own-tables.ts";
import { readSchemaForm } from "./schema-form.ts";
import { refuseWithoutSpace } from "./space.ts";

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

export interface DescribeOptions {
  readonly reason: BackupReason;
  readonly instanceId: string;
  readonly appVersion: string;
  readonly clock: Clock;
  /** Raw bytes per entry; other than `CHUNK_BYTES` in tests. */
  readonly chunkBytes?: number;
  /** What this app has. */
  readonly migrations: readonly MigrationFile[];
}

export interface WriteOptions {
  /** What this app has; the ones that are applied go into the archive. */
  readonly migrations: readonly MigrationFile[];
  readonly onProgress?: (progress: Progress) => void;
}

/** A database as it is in a snapshot. */
export interface DescribedDatabase {
  readonly header: Header;
  /** Of its tables. */
  readonly diskBytes: number;
}

/**
 * Looks at a database before it is written, and keeps its tables as they are until the transaction of the client ends. Refuses
 * with `database_foreign` where a table of this app belongs to another role than the rest.
 */
export async function describeDatabase(
  client: pg.Client,
  { reason, instanceId, appVersion, clock, chunkBytes, migrations }: DescribeOptions,
): Promise<DescribedDatabase> {
  await refuseOtherOwners(client, migrations);
  const tables = await catalog.readTables(client);
  await catalog.lockTables(client, tables);
  const takenAt = clock.now();
  const journal = await catalog.readJournal(client);
  const { companies, keys } = await catalog.readContents(client);
  const header: Header = {
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
  return { header, diskBytes: tables.reduce((sum, table) => sum + table.diskBytes, 0) };
}

/**
 * Writes the entries of a database, from its header to its sums, within the transaction in which it was described. Holds a few
 * chunks in memory, whatever the size. Answers with the sums of its tables.
 */
export async function writeDatabase(
  client: pg.Client,
  archive: EntryWriter,
  database: DescribedDatabase,
  { migrations, onProgress }: WriteOptions,
): Promise<TableSum[]> {
  await archive.add(HEADER, json(database.header));
  await addSchema(client, archive, migrations);
  const tables = await addTables(client, archive, database, onProgress);
  await archive.add(SUMS, json({ format: FORMAT, tables, entries: [...archive.entries()] } satisfies Sums));
  return tables;
}

/** The journal, the SQL that made the tables, where the sequences stand, and what the schema is made of in fact. */
async function addSchema(client: pg.Client, archive: EntryWriter, files: readonly MigrationFile[]): Promise<void> {
  const journal = await catalog.readJournal(client);
  await archive.add(MIGRATIONS, json(journal));
  for (const { number, sha256 } of journal) {
    const file = files.find((one) => one.number === number && one.sha256 === sha256);
    if (!file) throw new Error(`migration ${number} is applied, and this app does not have its SQL`);
    await archive.add(migrationEntry(file), Buffer.from(file.sql));
  }
  await archive.add(SEQUENCES, json(await catalog.readSequences(client)));
  await archive.add(FORM, lines(await readSchemaForm(client)));
}

async function addTables(
  client: pg.Client,
  archive: EntryWriter,
  { header, diskBytes: expectedBytes }: DescribedDatabase,
  onProgress: WriteOptions["onProgress"],
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
async function addTable(client: pg.Client, archive: EntryWriter, work: TableWork): Promise<TableSum> {
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

async function addChunk(archive: EntryWriter, name: string, data: Buffer): Promise<void> {
  await refuseWithoutSpace(path.dirname(archive.file), data.length);
  await archive.add(name, data);
}

/** One to a line: there are hundreds. */
function lines(values: readonly unknown[]): Buffer {
  return Buffer.from(`[\n${values.map((value) => JSON.stringify(value)).join(",\n")}\n]\n`);
}

function json(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}
