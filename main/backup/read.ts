import { createHash } from "node:crypto";
import { isDeepStrictEqual, promisify } from "node:util";
import { gunzip as gunzipWithCallback } from "node:zlib";
import { z } from "zod";
import { Refusal, systemCode } from "../contract/refusal.ts";
import { withArchive, withTar, type ArchiveReader, type EntryReader, type TarBytes } from "./archive-reader.ts";
import { Damaged, refusalFor } from "./damaged.ts";
import * as format from "./format.ts";
import { parseJson } from "./parse.ts";
import { chunkEntry, LIMITS, longestCompressed, tableName, type Header, type TableSum } from "./format.ts";

const gunzip = promisify(gunzipWithCallback);

/** Who is told of what is in a backup while it is read. Nothing of it is proven before the end, where the sums stand. */
export interface Visitor {
  onSchema?(header: Header, schema: SchemaContent): Promise<void>;
  /** Raw bytes of a table of `header.tables`, in order; a row may go on in the next chunk. */
  onChunk?(index: number, raw: Buffer): Promise<void>;
  /** A table is over. */
  onTable?(index: number): Promise<void>;
  /** Bytes of the file. */
  onProgress?(read: number, size: number): void;
}

/** What a database is in a backup that is whole and sound. */
export interface DatabaseContent {
  readonly header: Header;
  readonly tables: readonly TableSum[];
}

/** What was found in one that was read. */
export interface ReadDatabase extends DatabaseContent {
  /** Ids of the companies: the header has their names alone, which others may have too. */
  readonly companyIds: ReadonlySet<string>;
  readonly recovery: RecoveryInForce | null;
}

export interface SchemaContent {
  readonly sequences: format.Sequences;
  /** Null in the first format, which has none. */
  readonly form: readonly format.SchemaPart[] | null;
}

/** What a file of a backup of the database holds. */
export interface BackupContent extends ReadDatabase {
  /** Of the file. */
  readonly bytes: number;
}

/**
 * Reads a backup from its first byte to its last and holds everything against its sums. Refuses with `backup_missing`,
 * `backup_newer`, and `backup_invalid` for all that differs from what was written: damaged, cut, swapped, added or blown
 * up. Holds a few chunks in memory.
 */
export async function readBackup(file: string, signal: AbortSignal, visitor: Visitor = {}): Promise<BackupContent> {
  try {
    return await withArchive(file, signal, async (archive, size) => {
      const onProgress = (read: number) => visitor.onProgress?.(read, size);
      return { ...(await readWhole(archive, { ...visitor, onProgress })), bytes: size };
    });
  } catch (error) {
    throw refusalFor(file, error);
  }
}

/** As `readBackup`, from a stream; throws `Damaged` and what the stream throws. */
export async function readBackupStream(input: TarBytes, signal: AbortSignal): Promise<ReadDatabase> {
  return withTar(input, signal, (archive) => readWhole(archive, {}));
}

/** What a backup says about itself in its first entry. It is not held against the sums. Refuses as `readBackup` does. */
export async function readHeader(file: string, signal: AbortSignal): Promise<{ header: Header; bytes: number }> {
  try {
    return await withArchive(file, signal, async (archive, bytes) => ({
      header: parseHeader(await archive.take(format.HEADER, LIMITS.header)),
      bytes,
    }));
  } catch (error) {
    throw refusalFor(file, error);
  }
}

async function readWhole(archive: ArchiveReader, visitor: Visitor): Promise<ReadDatabase> {
  const content = await readDatabase(archive, visitor);
  await archive.end();
  return content;
}

/** Reads the entries of a database, from its header to its sums, as `readBackup` does. Throws `Damaged`. */
export async function readDatabase(archive: EntryReader, visitor: Visitor): Promise<ReadDatabase> {
  const header = parseHeader(await archive.take(format.HEADER, LIMITS.header));
  const schema = await readSchema(archive, header);
  await visitor.onSchema?.(header, schema);
  const tables: TableSum[] = [];
  const [companies, recovery] = [companyIdsOf(header), recoveryOf(header)];
  for (const index of header.tables.keys()) {
    const onChunk = async (at: number, raw: Buffer) => {
      companies.add(at, raw);
      recovery.add(at, raw);
      await visitor.onChunk?.(at, raw);
    };
    tables.push(await readTable(archive, header, index, { ...visitor, onChunk }));
    await visitor.onTable?.(index);
  }
  const entries = [...archive.entries()];
  const sums = parseJson(format.sums, format.SUMS, await archive.take(format.SUMS, LIMITS.text));
  if (sums.format !== header.format) throw new Damaged(`${format.SUMS} and ${format.HEADER} name different formats`);
  const odd = oddOne(sums, { tables, entries });
  if (odd !== null) throw new Damaged(`${odd} is not what was written: its sum differs`);
  return { header, tables, companyIds: companies.ids, recovery: recovery.inForce() };
}

/** Companies whose ids are kept in memory; an instance has a few. */
const MOST_COMPANIES = 10_000;

/** Collects the ids of companies from the rows of their table. */
function companyIdsOf(header: Header) {
  const ids = new Set<string>();
  const add = rowsOf(header, "companies", ["id"], ([id = ""]) => {
    if (ids.size < MOST_COMPANIES) ids.add(id);
  });
  return { ids, add };
}

/** The recovery code that is in force in a database, as far as its rows tell of it. */
export interface RecoveryInForce {
  /** The public half: another code has another one. */
  readonly recipient: string;
  /** Null where what stands there cannot be read. */
  readonly createdAt: Date | null;
}

function recoveryOf(header: Header) {
  let found: RecoveryInForce | null = null;
  const columns = ["state", "recipient", "created_at"];
  const add = rowsOf(header, "vault_recoveries", columns, ([state, recipient = "", at = ""]) => {
    // As COPY writes a time: 2026-04-01 12:00:00.123+00
    const createdAt = new Date(at.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00"));
    if (state === "active") found = { recipient, createdAt: Number.isNaN(createdAt.getTime()) ? null : createdAt };
  });
  return { inForce: (): RecoveryInForce | null => found, add };
}

/** Characters of a row up to the last column that is wanted; a longer one, which no app wrote, is passed over. */
const LONGEST_START = 64 * 1024;

/**
 * Hands on the values of some columns, as COPY writes them, of each row of a table, of which chunks are added as they come: a row
 * may go on in the next one. Nothing is handed on where the schema of the time had no such table or columns.
 */
function rowsOf(
  { tables }: Header,
  name: string,
  wanted: readonly string[],
  onRow: (values: readonly string[]) => void,
): (index: number, raw: Buffer) => void {
  const table = tables.findIndex((one) => one.schema === "public" && one.name === name);
  const columns = wanted.map((column) => tables[table]?.columns.indexOf(column) ?? -1);
  if (columns.includes(-1)) return () => undefined;
  const last = Math.max(...columns);
  let begun = "";
  return (index, raw) => {
    if (index !== table) return;
    const rows = (begun + raw.toString("latin1")).split("\n");
    // Of a row that goes on, what stands behind the last column is not needed, however long it is.
    begun = upTo(last, rows.pop() ?? "").slice(0, LONGEST_START);
    for (const row of rows) {
      const start = upTo(last, row);
      if (start.length >= LONGEST_START) continue;
      const values = start.split("\t", last + 1);
      onRow(columns.map((column) => values[column] ?? ""));
    }
  };
}

/** A row of COPY up to the end of a column, with the tab that ends it; all of it where it is not there yet. */
function upTo(column: number, row: string): string {
  let end = -1;
  for (let at = 0; at <= column; at += 1) {
    end = row.indexOf("\t", end + 1);
    if (end < 0) return row;
  }
  return row.slice(0, end + 1);
}

/** The first thing whose sum is another one, or null. */
function oddOne(sums: format.Sums, found: Pick<format.Sums, "tables" | "entries">): string | null {
  const entry = found.entries.find((one, index) => !isDeepStrictEqual(one, sums.entries[index]));
  if (entry) return entry.name;
  const table = found.tables.find((one, index) => !isDeepStrictEqual(one, sums.tables[index]));
  if (table) return `the table ${tableName(table)}`;
  const same = sums.entries.length === found.entries.length && sums.tables.length === found.tables.length;
  return same ? null : format.SUMS;
}

/** The parts of a header that every version has had, and that tell whether this one can read the rest. */
const anyHeader = z.looseObject({ format: z.int(), kind: z.string(), codec: z.string() });

function parseHeader(data: Buffer): Header {
  const { format: number, kind, codec } = parseJson(anyHeader, format.HEADER, data);
  if (number > format.FORMAT || (number >= 1 && (kind !== "database" || codec !== "gzip"))) {
    throw new Refusal(
      "backup_newer",
      "The backup is of a form that this version of the app does not know; it was made by a newer one.",
      { next: "Install the newest version of the app, then try again.", details: { format: number } },
    );
  }
  return parseJson(format.header, format.HEADER, data);
}

async function readSchema(archive: EntryReader, header: Header): Promise<SchemaContent> {
  const journal = parseJson(format.migrations, format.MIGRATIONS, await archive.take(format.MIGRATIONS, LIMITS.text));
  const position = journal.map(({ number, name, sha256 }) => ({ number, name, sha256 }));
  if (!isDeepStrictEqual(position, header.schema.migrations)) {
    throw new Damaged(`${format.MIGRATIONS} and ${format.HEADER} name different migrations`);
  }
  for (const migration of header.schema.migrations) {
    const name = format.migrationEntry(migration);
    const sql = await archive.take(name, LIMITS.text);
    if (createHash("sha256").update(sql).digest("hex") !== migration.sha256) {
      throw new Damaged(`${name} is not the migration that ${format.HEADER} names`);
    }
  }
  const sequences = parseJson(format.sequences, format.SEQUENCES, await archive.take(format.SEQUENCES, LIMITS.text));
  if (header.format === 1) return { sequences, form: null };
  return { sequences, form: parseJson(format.form, format.FORM, await archive.take(format.FORM, LIMITS.text)) };
}

async function readTable(archive: EntryReader, header: Header, index: number, visitor: Visitor): Promise<TableSum> {
  const table = header.tables[index];
  if (!table) throw new Error("no such table in the header");
  const sum = createHash("sha256");
  let rows = 0;
  let bytes = 0;
  let visiting: Promise<void> | undefined;
  for (let chunk = 1; ; chunk += 1) {
    const name = chunkEntry(table, index, chunk);
    const raw = await unpack(name, await archive.take(name, longestCompressed(header.chunkBytes)), header.chunkBytes);
    if (raw.length === 0 && chunk > 1) throw new Damaged(`${name} is empty`);
    sum.update(raw);
    rows += lineEnds(raw);
    bytes += raw.length;
    // One is taken by who visits while the next one is unpacked.
    await visiting;
    visiting = visitor.onChunk?.(index, raw);
    visiting?.catch(() => undefined);
    visitor.onProgress?.(archive.position(), 0);
    // Every chunk but the last one is full.
    if (raw.length < header.chunkBytes || (await archive.peek()) !== chunkEntry(table, index, chunk + 1)) break;
  }
  await visiting;
  return { schema: table.schema, name: table.name, rows, bytes, sha256: sum.digest("hex") };
}

async function unpack(name: string, data: Buffer, most: number): Promise<Buffer> {
  try {
    // In one task of the pool: each piece of output would be one.
    return await gunzip(data, { maxOutputLength: most, chunkSize: most });
  } catch (error) {
    const tooLarge = systemCode(error) === "ERR_BUFFER_TOO_LARGE";
    throw new Damaged(tooLarge ? `${name} unpacks to more than it may` : `${name} is no gzip`, { cause: error });
  }
}

/** In the text form of COPY every row ends in a line end, and no other one stands in it. */
function lineEnds(raw: Buffer): number {
  let count = 0;
  for (let at = raw.indexOf(0x0a); at >= 0; at = raw.indexOf(0x0a, at + 1)) count += 1;
  return count;
}
