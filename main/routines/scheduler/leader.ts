import pg from "pg";
import { type ConnectionOptions, CONNECTING_MS } from "../../database/database.ts";

/** The advisory lock of the one scheduler of a database. */
const LOCK = "select pg_try_advisory_lock(1346454611, 5) as held, pg_backend_pid() as pid";

/** Holds the lock for as long as its connection lives. */
export interface Leadership {
  onLost(listener: () => void): void;
  release(): Promise<void>;
}

/**
 * Takes the lock on a connection of its own, or answers null where another process has it. Where the connection goes through a
 * pooler that shares sessions, a lock says nothing: then every scheduler counts as the leader, and the locks on the rows alone
 * keep slots from doubling.
 */
export async function tryToLead(connection: ConnectionOptions): Promise<Leadership | null> {
  const client = new pg.Client({
    ...connection,
    connectionTimeoutMillis: CONNECTING_MS,
    application_name: "paperclip-desktop scheduler",
    keepAlive: true,
  });
  const listeners = new Set<() => void>();
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ held: boolean; pid: number }>(LOCK);
    const { processID } = client as pg.Client & { readonly processID: number | null };
    const shared = rows[0]?.pid !== processID;
    if (shared || !rows[0]?.held) await client.end();
    if (shared) return { onLost: () => undefined, release: async () => undefined };
    if (!rows[0]?.held) return null;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  client.once("end", () => listeners.forEach((listener) => listener()));
  return {
    onLost: (listener) => listeners.add(listener),
    release: async () => {
      listeners.clear();
      await client.end();
    },
  };
}
