import type { ExtractTablesWithRelations } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import type { NodePgQueryResultHKT } from "drizzle-orm/node-postgres";
import type { PgDatabase } from "drizzle-orm/pg-core";
import pg from "pg";
import { isReadOnlyConnection } from "./read-only.ts";

type NoSchema = Record<string, never>;

/** What runs statements: the database itself, or a transaction on it. Rooms take one, so that callers can join. */
export type Executor = PgDatabase<NodePgQueryResultHKT, NoSchema, ExtractTablesWithRelations<NoSchema>>;

/** A pool of connections with drizzle over it. `pool` is for statements that are written by hand and prepared. */
export interface Database {
  readonly orm: Executor;
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

/** A statement written by hand, with `$1` for its first value. Its name is its own in the whole product. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Outside of transactions these have their statements prepared under their names. */
const preparing = new WeakSet<Executor>();

/**
 * Runs a statement written by hand and answers its rows. Instants come as text; whoever needs more takes JSON. It is prepared once
 * per connection where nothing stands between that and the server: behind a pooler a name would not survive.
 */
export async function runStatement<Row>(
  executor: Executor,
  { name, text }: Statement,
  values: readonly unknown[],
): Promise<Row[]> {
  const query = { sql: text, params: [...values] };
  const prepared = executor._.session.prepareQuery<{
    execute: NodePgRows<Row>;
    all: unknown;
    values: unknown;
  }>(query, undefined, preparing.has(executor) ? name : undefined, false);
  return (await prepared.execute()).rows;
}

interface NodePgRows<Row> {
  readonly rows: Row[];
}

export interface ConnectionOptions {
  readonly connectionString?: string;
  /** A host name, or on POSIX the directory of the server's unix socket. */
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  /** Connections at most. */
  readonly max?: number;
  /** It leads to the server itself, and each connection stays with one session of it. */
  readonly direct?: boolean;
}

/** Milliseconds that a server may take to let a connection in. */
export const CONNECTING_MS = 10_000;

/** Opens a pool. No statement is sent before the first use. `onIdleError` hears of connections that broke while idle. */
export function connect(
  { direct = false, ...options }: ConnectionOptions,
  onIdleError: (error: Error) => void,
): Database {
  const pool = new pg.Pool({
    max: 10,
    connectionTimeoutMillis: CONNECTING_MS,
    application_name: "paperclip-desktop",
    onConnect: async (client) => {
      if (await isReadOnlyConnection(client)) readOnly.add(client);
    },
    ...options,
  });
  const readOnly = new WeakSet<pg.ClientBase>();
  // It stays so after the database can be changed, and would fail whoever gets it next: once used, it is closed.
  pool.on("release", (_error, client) => {
    if (readOnly.has(client)) void client.end();
  });
  pool.on("error", onIdleError);
  // One that breaks while it is in use fails the statement; unheard, the event would end the process too.
  pool.on("connect", (client) => client.on("error", () => undefined));
  const orm = queryBuilder(pool);
  if (direct) preparing.add(orm);
  return { orm, pool, close: () => pool.end() };
}

/** The query builder, with transactions that give their connection back: its own keeps it for good where `begin` fails. */
function queryBuilder(pool: pg.Pool): Executor {
  const orm: Executor = drizzle(pool);
  orm.transaction = async (work, config) => {
    const client = await pool.connect();
    try {
      const within: Executor = drizzle(client);
      return await within.transaction(work, config);
    } finally {
      client.release();
    }
  };
  return orm;
}
