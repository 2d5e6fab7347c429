import pg from "pg";
import { change, type Change } from "../../preload/contract/system.ts";
import { errorText } from "../contract/refusal.ts";
import type { Clock } from "../instance/clock.ts";
import type { Log } from "../instance/log.ts";
import { CHANGE_CHANNEL, type ChangeFeed } from "./changes.ts";
import type { ConnectionOptions } from "./database.ts";
import { unavailable } from "./unavailable.ts";

/** Milliseconds between two `resync` where notifications may get lost on the way. */
const POLL_MS = 2_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

export interface FeedOptions {
  readonly connection: ConnectionOptions;
  /** The connection may go through a pooler that loses notifications: everybody is told to look again every 2 s too. */
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
 * known, so a `resync` follows each time. Refuses with `database_unavailable` where the first connection fails.
 */
export async function openFeed(options: FeedOptions): Promise<ListeningFeed> {
  const { connection, clock, log, onConnection } = options;
  const listeners = new Set<(change: Change) => void>();
  let closed = false;
  let client: pg.Client | null = null;
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
    const next = new pg.Client({ ...connection, application_name: "paperclip-desktop changes", keepAlive: true });
    next.on("error", () => undefined);
    next.on("notification", ({ channel, payload }) => {
      const known = channel === CHANGE_CHANNEL ? parseChange(payload) : null;
      if (known) emit(known);
    });
    try {
      await next.connect();
      await next.query(`listen ${CHANGE_CHANNEL}`);
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
        (error: unknown) => lost(errorText(unavailable(error)), Math.min(pauseMs * 2, LONGEST_PAUSE_MS)),
      );
    });
  };

  const poll = () => {
    cancelPoll = clock.after(POLL_MS, () => {
      emit(RESYNC);
      poll();
    });
  };

  await listen().catch((error: unknown) => {
    throw unavailable(error);
  });
  if (options.polling) poll();
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

function parseChange(payload: string | undefined): Change | null {
  try {
    return change.parse(JSON.parse(payload ?? ""));
  } catch {
    return null;
  }
}
