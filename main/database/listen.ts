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
  /** Everybody is told to look again every 2 s too. One through a pooler or to a standby is always polled. */
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
 * instead: LISTEN would stay on a session that other clients get. So it does with a standby, which takes no LISTEN. Refuses
 * with `database_unavailable` where the first connection fails.
 */
export async function openFeed(options: FeedOptions): Promise<ListeningFeed> {
  const { connection, clock, log, onConnection } = options;
  const listeners = new Set<(change: Change) => void>();
  let closed = false;
  let client: pg.Client | null = null;
  let unheard = false;
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
      unheard = !(await canBeHeard(next));
      if (!unheard) await next.query(`listen ${CHANGE_CHANNEL}`);
    } catch (error) {
      await next.end().catch(() => undefined);
      throw error;
    }
    if (closed) return next.end();
    client = next;
    poll();
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
    cancelPoll();
    if (closed || !(unheard || options.polling)) return;
    cancelPoll = clock.after(POLL_MS, () => void look().finally(poll));
  };

  /** Where nothing is heard, only an answer shows that the server is there: a pooler's connections outlive it. */
  const look = async () => {
    const asked = client;
    if (!asked) return;
    try {
      if (unheard) await asked.query("select 1");
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

/**
 * Whether LISTEN on this connection would bring what is committed. Behind a pooler, which tells of another process than the
 * one that answers, it would not; a standby takes none.
 */
async function canBeHeard(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ pid: number; standby: boolean }>(
    "select pg_backend_pid() as pid, pg_is_in_recovery() as standby",
  );
  const { processID } = client as pg.Client & { readonly processID: number | null };
  return rows[0]?.pid === processID && !rows[0]?.standby;
}

function parseChange(payload: string | undefined): Change | null {
  try {
    return change.parse(JSON.parse(payload ?? ""));
  } catch {
    return null;
  }
}
