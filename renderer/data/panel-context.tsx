import { createTanstackQueryUtils } from "@orpc/tanstack-query";
import type { RouterUtils } from "@orpc/tanstack-query";
import { createContext, use, useMemo, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import type { Client, Connection, ConnectionState } from "./transport.ts";

interface PanelContext {
  readonly connection: Connection;
  readonly queries: RouterUtils<Client>;
}

const Context = createContext<PanelContext | null>(null);

/** Hands the connection to everything below it. */
export function PanelProvider({
  connection,
  children,
}: {
  readonly connection: Connection;
  readonly children: ReactNode;
}) {
  const value = useMemo(() => ({ connection, queries: createTanstackQueryUtils(connection.client) }), [connection]);
  return <Context value={value}>{children}</Context>;
}

function usePanel(): PanelContext {
  const panel = use(Context);
  if (panel === null) throw new Error("there is no connection above this part of the panel");
  return panel;
}

/** The client, for what changes something. What only asks uses `useQueries`. */
export function useClient(): Client {
  return usePanel().connection.client;
}

/** Query options and keys of every procedure: `useQuery(queries.secrets.list.queryOptions({ input }))`. */
export function useQueries(): RouterUtils<Client> {
  return usePanel().queries;
}

export function useConnection(): Connection {
  return usePanel().connection;
}

export function useConnectionState(): ConnectionState {
  const { connection } = usePanel();
  return useSyncExternalStore(connection.subscribe, connection.state);
}
