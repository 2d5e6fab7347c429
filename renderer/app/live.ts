import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { Change } from "../../preload/contract/system.ts";
import type { Client, Connection, ConnectionState } from "../transport.ts";

/** What was asked for: not there yet, there, or why not. An earlier answer stays on screen while it is asked again. */
export interface Answer<Value> {
  readonly value: Value | null;
  readonly error: string | null;
  ask(): void;
}

type Topic = Change["topic"];

export function useConnection(connection: Connection): ConnectionState {
  return useSyncExternalStore(connection.subscribe, connection.state);
}

/** Calls back at every change that the control plane announces, until the component or the connection goes. */
export function useChanges(client: Client, onChange: (topic: Topic) => void): void {
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  }, [onChange]);
  useEffect(() => {
    const stopping = new AbortController();
    void listen(client, stopping.signal, (topic) => latest.current(topic));
    return () => stopping.abort();
  }, [client]);
}

async function listen(client: Client, signal: AbortSignal, hear: (topic: Topic) => void): Promise<void> {
  try {
    for await (const { topic } of await client.system.changes(undefined, { signal })) hear(topic);
  } catch {
    // The connection went, or the component; a new connection listens anew.
  }
}

/** Milliseconds in which changes are gathered before it is asked again. */
const GATHER_MS = 150;

/** Asks once, and again shortly after a change of one of the topics. `question` must be stable. */
export function useAnswer<Value>(
  client: Client,
  question: (client: Client, signal: AbortSignal) => Promise<Value>,
  topics: readonly Topic[],
): Answer<Value> {
  const [state, setState] = useState<{ value: Value | null; error: string | null }>({ value: null, error: null });
  const asking = useRef<AbortController | null>(null);
  const timer = useRef<number | undefined>(undefined);

  const ask = useCallback(() => {
    asking.current?.abort();
    const stopping = new AbortController();
    asking.current = stopping;
    question(client, stopping.signal).then(
      (value) => setState({ value, error: null }),
      (error: unknown) => {
        if (stopping.signal.aborted) return;
        setState(({ value }) => ({ value, error: error instanceof Error ? error.message : String(error) }));
      },
    );
  }, [client, question]);
  useEffect(() => {
    ask();
    return () => asking.current?.abort();
  }, [ask]);

  useEffect(() => () => window.clearTimeout(timer.current), []);
  useChanges(client, (topic) => {
    if (topic !== "resync" && !topics.includes(topic)) return;
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(ask, GATHER_MS);
  });
  return { ...state, ask };
}
