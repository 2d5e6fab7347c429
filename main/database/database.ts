import type { ExtractTablesWithRelations } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import type { NodePgQueryResultHKT } from "drizzle-orm/node-postgres";
import type { PgDatabase } from "drizzle-orm/pg-core";
import pg from "pg";
import { isReadOnlyFailure } from "./read-only.ts";

type NoSchema = Record<string, never>;

/** What runs statements: the database itself, or a transaction on it. Rooms take one, so that callers can join. */
export type Executor = PgDatabase<NodePgQueryResultHKT, NoSchema, ExtractTablesWithRelations<NoSchema>>;

/** A pool of connections with drizzle over it. `pool` is for statements that are written by hand and prepared. */
export interface Database {
  readonly orm: Executor;
  readonly pool: pg.Pool;
  close(): Promise<void>;
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
}

/** Milliseconds that a server may take to let a connection in. */
export const CONNECTING_MS = 10_000;

/** Opens a pool. No statement is sent before the first use. `onIdleError` hears of connections that broke while idle. */
export function connect(options: ConnectionOptions, onIdleError: (error: Error) => void): Database {
  const pool = new pg.Pool({
    max: 10,
    connectionTimeoutMillis: CONNECTING_MS,
    application_name: "paperclip-desktop",
    ...options,
  });
  pool.on("error", onIdleError);
  // One that breaks while it is in use fails the statement; unheard, the event would end the process too.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return { orm: queryBuilder(pool), pool, close: () => pool.end() };
}

/**
 * The query builder, with transactions that give their connection back: its own keeps it for good where `begin` fails. A
 * connection that can only read is not used again, because it stays so after the database can be changed.
 */
function queryBuilder(pool: pg.Pool): Executor {
  const orm: Executor = drizzle(pool);
  orm.transaction = async (work, config) => {
    const client = await pool.connect();
    const within: Executor = drizzle(client);
    try {
      const answer = await within.transaction(work, config);
      client.release();
      return answer;
    } catch (error) {
      client.release(isReadOnlyFailure(error));
      throw error;
    }
  };
  return orm;
}
