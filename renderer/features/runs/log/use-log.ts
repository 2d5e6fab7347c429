import { useEffect, useMemo, useSyncExternalStore } from "react";
import { useClient, useConnectionState } from "../../../data/panel-context.tsx";
import type { Client } from "../../../data/transport.ts";
import { createLogStore } from "./log-store.ts";
import type { LogSnapshot, LogStore } from "./log-store.ts";

export interface LogOf {
  readonly company: string;
  readonly run: string;
  readonly attempt: number;
}

/**
 * The log of an attempt. While it is `live`, lines come by themselves; after a lost connection it goes on where it was, and
 * keeps what it has until then.
 */
export function useLog(of: LogOf, live: boolean): { readonly store: LogStore; readonly snapshot: LogSnapshot } {
  const client = useClient();
  const connection = useConnectionState();
  const since = connection.kind === "open" ? connection.since : null;
  const { company, run, attempt } = of;
  const store = useMemo(
    () =>
      createLogStore((from, count, signal) => client.runs.logLines({ company, run, attempt, from, count }, { signal })),
    [client, company, run, attempt],
  );
  const snapshot = useSyncExternalStore(store.subscribe, store.snapshot);
  useEffect(() => store.open(), [store]);

  // Another connection, or another state of the attempt: how long the log is has to be asked anew.
  useEffect(() => {
    if (since !== null) store.refresh();
  }, [store, since, live]);

  const begun = snapshot.total !== null;
  useEffect(() => {
    if (!live || since === null || !begun) return;
    const stopping = new AbortController();
    void followLog(client, { company, run, attempt }, store, stopping.signal);
    return () => stopping.abort();
  }, [client, store, company, run, attempt, live, since, begun]);
  return { store, snapshot };
}

async function followLog(client: Client, of: LogOf, store: LogStore, signal: AbortSignal): Promise<void> {
  const { company, run, attempt } = of;
  const fromLine = store.snapshot().total ?? 0;
  try {
    for await (const event of await client.runs.follow({ company, run, fromLine }, { signal })) {
      if (event.type === "lines" && event.attempt === attempt) store.append(event.first, event.lines);
    }
  } catch {
    // The connection went, or the page did. Another connection follows anew.
  }
}
