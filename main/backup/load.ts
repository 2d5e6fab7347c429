import { createHash } from "node:crypto";
import { finished } from "node:stream/promises";
import { isDeepStrictEqual } from "node:util";
import pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import type { SchemaDifference } from "../../preload/contract/backups.ts";
import { Refusal } from "../contract/refusal.ts";
import { CONNECTING_MS, type ConnectionOptions } from "../database/database.ts";
import type { MigrationFile } from "../database/migration-files.ts";
import { applyFile, exclusively, readSchemaState } from "../database/migrator.ts";
import { unavailable } from "../database/unavailable.ts";
import { qualified, readSequences, readServerVersion, readTables, withColumns } from "./catalog.ts";
import { Damaged, otherBackup, refusalFor } from "./damaged.ts";
import { tableName, type Header, type SchemaPart, type Sequences, type TableHead, type TableSum } from "./format.ts";
import { compareIndexes, dropIndexes, makeIndex, type Index } from "./indexes.ts";
import { isForeign } from "./own-tables.ts";
import { readBackup, type BackupContent, type DatabaseContent } from "./read.ts";
import { compareForms, readSchemaForm } from "./schema-form.ts";
import { dropConnection, setForms } from "./snapshot.ts";

export interface LoadOptions {
  readonly file: string;
  /** An empty database. What the triggers of tables do is in the rows already; a superuser passes them. */
  readonly connection: ConnectionOptions;
  /** What was read in it before: another backup that stands there by now is refused with `backup_changed`. */
  readonly expected?: DatabaseContent;
  /** What this app has. Nothing of a file is ever run as SQL: its schema is made by the app's own migrations. */
  readonly migrations: readonly MigrationFile[];
  /**
   * Whether the caller throws the database away where this refuses. Its rows are committed before they are compared then, so
   * that two connections make indexes and compare side by side; else all of it is one transaction of one connection.
   */
  readonly disposable: boolean;
  /** Done last in that one transaction: without it, no row counts. Not for what is disposable. */
  readonly settle?: (client: pg.Client, header: Header) => Promise<void>;
  readonly signal: AbortSignal;
  /** Parts of the work, which are bytes of the file and as many again for what follows once it is read. */
  readonly onProgress?: (done: number, all: number) => void;
}

export interface LoadedBackup extends BackupContent {
  /** How the database that was backed up differed from what its migrations make; null where the file does not tell. */
  readonly differences: SchemaDifference[] | null;
}

/**
 * Fills an empty database from a backup: schema, rows, sequences; then reads every table back and holds it against the sums
 * of the file. Refuses as `readBackup` does, with `backup_newer` for a schema that this app does not know, with
 * `backup_invalid` for rows that do not fit or come back as others, and with `conflict` where the database is not empty.
 * Where it refuses, the database holds the schema at most, unless it is `disposable`. Tables that are not of this app are
 * left in the file.
 */
export async function loadBackup(options: LoadOptions): Promise<LoadedBackup> {
  const { file, connection, signal } = options;
  const clients: pg.Client[] = [];
  // What runs in them goes on for minutes otherwise.
  const drop = () => clients.forEach(dropConnection);
  signal.addEventListener("abort", drop, { once: true });
  try {
    return await load(options, async () => {
      signal.throwIfAborted();
      const client = clientFor(connection);
      clients.push(client);
      await client.connect().catch((error: unknown) => {
        throw unavailable(error);
      });
      return client;
    });
  } catch (error) {
    signal.throwIfAborted();
    throw refusalFor(file, asDamage(error));
  } finally {
    signal.removeEventListener("abort", drop);
    // One may be in the middle of a COPY that nothing ends.
    await Promise.all(
      clients.map((client) => Promise.race([client.end(), new Promise((resolve) => client.once("end", resolve))])),
    ).catch(() => undefined);
  }
}

function clientFor(connection: ConnectionOptions): pg.Client {
  const client = new pg.Client({
    ...connection,
    connectionTimeoutMillis: CONNECTING_MS,
    application_name: "paperclip-desktop restore",
  });
  // A connection that breaks fails the statement that runs on it.
  client.on("error", () => undefined);
  return client;
}

async function load(options: LoadOptions, open: () => Promise<pg.Client>): Promise<LoadedBackup> {
  const { file, migrations, disposable, signal, onProgress } = options;
  const client = await open();
  const state = await readSchemaState(client, migrations);
  if (state.kind !== "empty") {
    throw new Refusal("conflict", "The backup was not loaded: the database is not empty.", {
      next: "Give an empty database.",
    });
  }
  const filling = fillingOf(client);
  let isLeft: ReturnType<typeof isForeign> = () => false;
  let heads: readonly TableHead[] = [];
  let own: readonly TableHead[] = [];
  let indexes: readonly Index[] = [];
  let formThen: readonly SchemaPart[] | null = null;
  const content = await readBackup(file, signal, {
    onSchema: async (header, { sequences, form }) => {
      formThen = form;
      await makeSchema(client, header, migrations);
      isLeft = isForeign(header, migrations);
      heads = header.tables;
      own = header.tables.filter((table) => !isLeft(table));
      await refuseOtherTables(client, own);
      await client.query("begin");
      // A pooler of a server may give every transaction another session.
      await setForms(client, disposable ? "session" : "transaction");
      await passTriggers(client);
      await client.query(`truncate ${own.map(qualified).join(", ")}`);
      await setSequences(client, sequences);
      indexes = await dropIndexes(client, own);
      filling.begin(header.tables);
    },
    onChunk: async (index, raw) => {
      const table = heads[index];
      if (table && !isLeft(table)) await filling.add(index, raw);
    },
    onTable: filling.endTable,
    onProgress: (read, size) => onProgress?.(read, 2 * size),
  });
  signal.throwIfAborted();
  if (options.expected && !isSame(options.expected, content)) throw otherBackup(file);
  // The sums of the file are proven now; what the tables give back is held against them before anything counts.
  const jobs: Job[] = [
    ...indexes.map(
      (index): Job =>
        (on) =>
          makeIndex(on, index),
    ),
    ...content.tables.flatMap((sum, at): Job[] => {
      const table = heads[at];
      return table === undefined || isLeft(table) ? [] : [(on) => compare(on, table, sum)];
    }),
  ];
  const crew = [client];
  if (disposable) {
    await client.query("commit");
    const second = await open();
    await setForms(second, "session");
    crew.push(second);
  }
  await share(crew, jobs, (done) => onProgress?.(content.bytes * (1 + done / jobs.length), 2 * content.bytes));
  await compareIndexes(client, own, indexes);
  const differences = await compareSchema(client, content, formThen);
  if (!disposable) {
    if (options.settle) {
      await heedTriggers(client);
      await options.settle(client, content.header);
    }
    await client.query("commit");
  }
  return { ...content, differences };
}

function isSame(one: DatabaseContent, other: DatabaseContent): boolean {
  return isDeepStrictEqual(one.header, other.header) && isDeepStrictEqual(one.tables, other.tables);
}

/** What of another hand's tables was left in the file is no difference: it is told by itself. */
async function compareSchema(
  client: pg.Client,
  { header, tables }: BackupContent,
  form: readonly SchemaPart[] | null,
): Promise<SchemaDifference[] | null> {
  if (form === null) return null;
  const after = await readSchemaForm(client);
  const own = new Set(after.map(({ table }) => table));
  const foreign = new Set(tables.map(tableName).filter((name) => !own.has(name)));
  const before = form.filter(({ table }) => table === null || !foreign.has(table));
  const majorOf = (version: string) => Number.parseInt(version, 10);
  const sameServer = majorOf(header.server.version) === majorOf(await readServerVersion(client));
  return compareForms({ before, after, sameServer });
}

/** Something that is done on one connection, in any order with others. */
type Job = (client: pg.Client) => Promise<void>;

async function share(crew: readonly pg.Client[], jobs: readonly Job[], onDone: (done: number) => void): Promise<void> {
  const waiting = [...jobs];
  let done = 0;
  const work = async (client: pg.Client) => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      await job(client);
      onDone((done += 1));
    }
  };
  await Promise.all(crew.map(work));
}

/** The schema as of the backup, by the app's own files. */
async function makeSchema(client: pg.Client, header: Header, files: readonly MigrationFile[]): Promise<void> {
  refuseUnknownSchema(header, files);
  await exclusively(client, async () => {
    for (const file of files.slice(0, header.schema.migrations.length)) await applyFile(client, file);
  });
}

/** Throws where a backup has a schema that this app does not know, or knows otherwise. */
export function refuseUnknownSchema(header: Header, files: readonly MigrationFile[]): void {
  for (const [index, wanted] of header.schema.migrations.entries()) {
    const file = files[index];
    if (!file) {
      throw new Refusal(
        "backup_newer",
        `The backup was not loaded: its database has migration ${wanted.number} (${wanted.name}), which this version of the app does not know.`,
        { next: "Install the newest version of the app, then try again." },
      );
    }
    if (file.number !== wanted.number || file.sha256 !== wanted.sha256) {
      throw new Damaged(`its migration ${wanted.number} (${wanted.name}) is not the released one`);
    }
  }
}

/** Every table of the schema has to be there, once, with all of its columns and no other. */
async function refuseOtherTables(client: pg.Client, own: readonly TableHead[]): Promise<void> {
  const forms = (tables: readonly TableHead[]) =>
    tables.map(({ schema, name, columns }) => JSON.stringify([schema, name, columns])).toSorted();
  const wanted = await readTables(client);
  if (isDeepStrictEqual(forms(own), forms(wanted))) return;
  const whole = new Set(forms(own));
  const odd = wanted.find((table) => !whole.has(forms([table])[0] ?? ""));
  const which = odd === undefined ? "" : `: ${tableName(odd)} is missing or has other columns`;
  throw new Damaged(`its tables are not those of its schema${which}`);
}

/**
 * Rows come as they were, whatever refers to what at the moment. A role of a hosted server may not have it so; then foreign
 * keys are checked table by table, which their order is made for.
 */
async function passTriggers(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ may: boolean }>(
    `select rolsuper or (current_setting('server_version_num')::int >= 150000
       and has_parameter_privilege('session_replication_role', 'set')) as may
     from pg_roles where rolname = current_user`,
  );
  if (rows[0]?.may) await client.query("set local session_replication_role = replica");
}

/** What is changed from here on is no row of a file any more. */
async function heedTriggers(client: pg.Client): Promise<void> {
  await client.query(
    `select set_config('session_replication_role', 'origin', true)
     where current_setting('session_replication_role') = 'replica'`,
  );
}

async function setSequences(client: pg.Client, sequences: Sequences): Promise<void> {
  const own = new Set((await readSequences(client)).map(qualified));
  for (const { schema, name, lastValue, isCalled } of sequences) {
    // One of a table that is left in the file stays there too.
    if (!own.has(qualified({ schema, name }))) continue;
    await client.query("select setval($1::regclass, $2::bigint, $3)", [
      qualified({ schema, name }),
      lastValue,
      isCalled,
    ]);
  }
}

/** One COPY at a time: it begins with a table's first chunk. */
function fillingOf(client: pg.Client) {
  let tables: readonly TableHead[] = [];
  let copy: ReturnType<typeof startCopy> | null = null;
  return {
    begin: (heads: readonly TableHead[]) => void (tables = heads),
    add: async (index: number, raw: Buffer): Promise<void> => {
      copy ??= startCopy(client, tables[index]);
      const { stream, done, failure } = copy;
      // What the database refused between two chunks: the stream takes no more then, and says so by a crash.
      if (failure() !== null) throw failure();
      const written = new Promise<void>((resolve, reject) => {
        stream.write(raw, (error) => (error ? reject(error) : resolve()));
      });
      // A row that does not fit ends the whole COPY.
      await Promise.race([written, done]);
    },
    endTable: async (): Promise<void> => {
      if (!copy) return;
      const { stream, done } = copy;
      copy = null;
      stream.end();
      await done;
    },
  };
}

function startCopy(client: pg.Client, table: TableHead | undefined) {
  if (!table) throw new Error("a chunk of no table");
  const stream = client.query(copyFrom(`copy ${withColumns(table)} from stdin`));
  let failed: Error | null = null;
  stream.on("error", (error) => (failed = error));
  const done = finished(stream);
  // Whoever writes the next chunk hears of it.
  done.catch(() => undefined);
  return { stream, done, failure: () => failed };
}

async function compare(client: pg.Client, table: TableHead, { sha256 }: TableSum): Promise<void> {
  const copy = client.query(copyTo(`copy ${withColumns(table)} to stdout`));
  const sum = createHash("sha256");
  for await (const piece of copy as AsyncIterable<Buffer>) sum.update(piece);
  await client.query("select 1");
  if (sum.digest("hex") === sha256) return;
  throw new Damaged(`the table ${tableName(table)} comes back as another one`);
}

/** What the database says of rows that do not fit is a fault of the file. Its text stays out: it would repeat the row. */
function asDamage(error: unknown): unknown {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  // Classes of SQLSTATE: 22 is data that cannot be read, 23 rows against a constraint, 42 a column or table that is not there.
  if (typeof code !== "string" || !/^(?:22|23|42)[0-9A-Z]{3}$/.test(code)) return error;
  return new Damaged(`its rows do not fit the tables (${code})`);
}
