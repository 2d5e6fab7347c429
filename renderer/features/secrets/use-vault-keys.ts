import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { useQueries } from "../../data/panel-context.tsx";

/** How often a rotation that is under way is looked at, in milliseconds: that it ended announces nothing. */
const LOOK_MS = 1_000;

/** The master key by its id, its recovery and its rotation. A key that comes or goes announces nothing, so each look is a fresh one. */
export function useVaultKeys() {
  return useQuery({
    ...useQueries().keys.show.queryOptions(),
    refetchOnMount: "always",
    refetchInterval: ({ state }) => (state.data?.rotation.running ? LOOK_MS : false),
  });
}

/** Asks anew for everything that says how the vault is. To be called once something about its key was changed. */
export function useVaultLook(): () => Promise<void> {
  const queries = useQueries();
  const cache = useQueryClient();
  return useCallback(async () => {
    const keys = [queries.keys.key(), queries.secrets.health.key(), queries.system.status.key()];
    await Promise.all(keys.map((queryKey) => cache.invalidateQueries({ queryKey })));
  }, [queries, cache]);
}
