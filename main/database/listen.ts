import pg from "pg";
import { change, type Change } from "../../preload/contract/system.ts";
import type { Clock } from "../instance/clock.ts";
import type { Log } from "../instance/log.ts";
import { CHANGE_CHANNEL, type ChangeFeed } from "./changes.ts";
import { CONNECTING_MS, type ConnectionOptions } from "./database.ts";
import { connectionProblem, unavailable } from "./unavailable.ts";

/** Milliseconds between two `resync` where notifications may get lost on the way. */
const POLL_MS = 2_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

export interface FeedOptions {
  readonly connection: ConnectionOptions;
  /** Everybody is told to look again every 2 s too. A connection that is seen to go through a pooler is always polled. */
  readonly polling: boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** Hears when the connection is lost, with the cause, and with null when it is back. */
  readonly onConnection: (problem: string | null) => void;
}

/** Changes as they are committed. */
export interface ListeningFeed extends ChangeFeed {
  close(): Promise<void>;
}

const RESYNC: Change = { topic: "resync", companyId: null, id: null };

/**
 * Listens for changes on a connection of its own, which is made anew when it breaks. What happened in between is not
 * known, so a `resync` follows each time. Behind a pooler the connection asks every 2 s whether the database is there
 * instead: LISTEN would stay on a session that other clients get. Refuses with `database_unavailable` where the first
 * connection fails.
 */
export async function openFeed(options: FeedOptions): Promise<ListeningFeed> {
  const { connection, clock, log, onConnection } = options;
  const listeners = new Set<(change: Change) => void>();
  let closed = false;
  let client: pg.Client | null = null;
  let pooled = false;
  let cancelRetry = () => undefined as void;
  let cancelPoll = () => undefined as void;

  const emit = (what: Change) => {
    for (const listener of listeners) {
      try {
        listener(what);
      } catch (error) {
        log.error({ error, topic: what.topic }, "a listener for changes failed");
      }
    }
  };

  const listen = async () => {
    const next = new pg.Client({
      ...connection,
      connectionTimeoutMillis: CONNECTING_MS,
      application_name: "paperclip-desktop changes",
      keepAlive: true,
    });
    next.on("error", () => undefined);
    next.on("notification", ({ channel, payload }) => {
      const known = channel === CHANGE_CHANNEL ? parseChange(payload) : null;
      if (known) emit(known);
    });
    try {
      await next.connect();
      pooled = await isPooled(next);
      if (!pooled) await next.query(`listen ${CHANGE_CHANNEL}`);
    } catch (error) {
      await next.end().catch(() => undefined);
      throw error;
    }
    if (closed) return next.end();
    client = next;
    next.once("end", () => lost("the connection ended"));
  };

  const lost = (problem: string, pauseMs = FIRST_PAUSE_MS) => {
    client = null;
    if (closed) return;
    onConnection(problem);
    cancelRetry = clock.after(pauseMs, () => {
      void listen().then(
        () => {
          if (closed) return;
          onConnection(null);
          emit(RESYNC);
        },
        (error: unknown) => lost(connectionProblem(error), Math.min(pauseMs * 2, LONGEST_PAUSE_MS)),
      );
    });
  };

  const poll = () => {
    cancelPoll = clock.after(POLL_MS, () => void look().finally(() => !closed && poll()));
  };

  /** Behind a pooler, whose connections outlive the server, only an answer shows that it is there. */
  const look = async () => {
    const asked = client;
    if (!asked || !(pooled || options.polling)) return;
    try {
      if (pooled) await asked.query("select 1");
      emit(RESYNC);
    } catch (error) {
      asked.removeAllListeners("end");
      void asked.end().catch(() => undefined);
      if (asked === client) lost(connectionProblem(error));
    }
  };

  await listen().catch((error: unknown) => {
    throw unavailable(error);
  });
  if (pooled || options.polling) poll();
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: async () => {
      closed = true;
      cancelRetry();
      cancelPoll();
      await client?.end();
    },
  };
}

/** Whether something stands between this client and the server, which tells it of another process than the one that answers. */
async function isPooled(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return rows[0]?.pid !== (client as pg.Client & { readonly processID: number | null }).processID;
}

function parseChange(payload: string | undefined): Change | null {
  try {
    return change.parse(JSON.parse(payload ?? ""));
  } catch {
    return null;
  }
}
