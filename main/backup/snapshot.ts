import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { Refusal } from "../contract/refusal.ts";
import { CONNECTING_MS, type ConnectionOptions } from "../database/database.ts";
import { unavailable } from "../database/unavailable.ts";

/** One backup of a database at a time. An arbitrary constant of this product. */
const LEASE_KEY = 7_352_017_732;
const LEASE_PATIENCE_MS = 1_000;
const LEASE_PAUSE_MS = 50;

/** How values are written, whatever server, role and database say: two copies of a row must be the same bytes. */
const TEXT_FORMS = {
  client_encoding: "UTF8",
  datestyle: "ISO, MDY",
  intervalstyle: "postgres",
  timezone: "UTC",
  extra_float_digits: "1",
  bytea_output: "hex",
  // Names of tables and types within values are written with their schema.
  search_path: "",
  // A table is read from its first row to its last, not from where somebody else is reading it.
  synchronize_seqscans: "off",
  // Rows that a policy hides fail the statement, and are not left out.
  row_security: "off",
} as const;

/** Off, because a large table takes as long as it takes, here and at the other end. Some came with PostgreSQL 17. */
const LIMITS_OFF = { statement_timeout: "0", idle_in_transaction_session_timeout: "0", transaction_timeout: "0" };

/** So that the server soon notices a machine that is gone, and lets go of the lease. Milliseconds where it has no unit. */
const LIVELINESS = { tcp_keepalives_idle: "60", tcp_keepalives_interval: "15", tcp_keepalives_count: "4" };

/**
 * Does work within one REPEATABLE READ, read-only transaction on a connection of its own: everything is seen as of one
 * moment. The transaction holds the lease for backups of the database, which ends with it, however its owner ends; through
 * a pooler in transaction mode too. Refuses with `backup_running` where another has the lease, and with
 * `database_unavailable`. When `signal` aborts, the connection is dropped and the signal's reason is thrown. Work that goes on
 * without the database ends the transaction before, by `release`, which lets go of the lease too.
 */
export async function withSnapshot<Answer>(
  connection: ConnectionOptions,
  signal: AbortSignal,
  work: (client: pg.Client, release: () => Promise<void>) => Promise<Answer>,
): Promise<Answer> {
  signal.throwIfAborted();
  const client = new pg.Client({
    ...connection,
    connectionTimeoutMillis: CONNECTING_MS,
    application_name: "paperclip-desktop backup",
    keepAlive: true,
  });
  // A connection that breaks fails the statement that runs on it.
  client.on("error", () => undefined);
  const drop = () => dropConnection(client);
  signal.addEventListener("abort", drop, { once: true });
  let released = false;
  const release = async () => {
    if (released) return;
    released = true;
    await client.query("commit");
    await client.end();
  };
  try {
    await client.connect().catch((error: unknown) => {
      throw unavailable(error);
    });
    await begin(client);
    const answer = await work(client, release);
    // What was read is whole: nothing that ends the transaction, nor a late cancel, takes it back.
    await release().catch(drop);
    return answer;
  } catch (error) {
    // It may be in the middle of a COPY, which nothing but its end ends.
    drop();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", drop);
  }
}

async function begin(client: pg.Client): Promise<void> {
  await lease(client);
  await setForms(client, "transaction", LIVELINESS);
}

/** Sets how values are written, and no limits of time; of `more` what this server knows. */
export async function setForms(
  client: pg.Client,
  lasting: "session" | "transaction",
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  await client.query(
    // The server spells some in capitals, such as TimeZone.
    `select set_config(known.name, wanted.value, $2)
     from pg_settings as known join json_each_text($1) as wanted (name, value) on lower(known.name) = wanted.name`,
    [JSON.stringify({ ...TEXT_FORMS, ...LIMITS_OFF, ...more }), lasting === "transaction"],
  );
}

/**
 * Begins the transaction that has the lease. It asks again for a moment: the server may not have noticed yet that the backup
 * before was given up. Each time anew, because the first statement fixes what the transaction sees.
 */
async function lease(client: pg.Client): Promise<void> {
  const until = performance.now() + LEASE_PATIENCE_MS;
  for (;;) {
    await client.query("begin isolation level repeatable read, read only");
    const { rows } = await client.query<{ leased: boolean }>("select pg_try_advisory_xact_lock($1) as leased", [
      LEASE_KEY,
    ]);
    if (rows[0]?.leased) return;
    await client.query("rollback");
    if (performance.now() > until) break;
    await delay(LEASE_PAUSE_MS);
  }
  throw new Refusal("backup_running", "A backup of this database is being taken already.", {
    next: "Wait until it is done, then try again.",
  });
}

/** Ends a connection at once, whatever runs on it. */
export function dropConnection(client: pg.Client): void {
  (client as pg.Client & { readonly connection: { readonly stream: Socket } }).connection.stream.destroy();
}
