import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useConnectionState, useClient, useQueries } from "../../data/panel-context.tsx";
import type { Client } from "../../data/transport.ts";
import { useAction } from "../../data/use-action.ts";

type Update = Parameters<Client["settings"]["update"]>[0];
export type SectionName = Update["section"];

/**
 * The settings of a section, and the change of some. They stand in a file, so that they can be changed while the database
 * is down; nobody announces a change, so the answer to one is kept as what holds.
 */
export function useSettings(section: SectionName) {
  const client = useClient();
  const cache = useQueryClient();
  const procedure = useQueries().settings.get;
  const connected = useConnectionState().kind === "open";
  const input = { section };
  const query = useQuery({ ...procedure.queryOptions({ input }), refetchOnMount: "always" });
  const update = useAction(async (values: Update["values"]) => {
    const saved = await client.settings.update({ section, values });
    cache.setQueryData(procedure.queryKey({ input }), saved);
    return saved;
  });
  return { query, update, connected };
}
