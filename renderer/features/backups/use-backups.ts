import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { BackupWork } from "../../../preload/contract/backups.ts";
import { useClient, useConnectionState, useQueries } from "../../data/panel-context.tsx";

/** The backups of the instance; they are asked for again whenever work on one begins or ends. */
export function useBackups() {
  return useQuery(useQueries().backups.list.queryOptions());
}

/** What is being done to a backup, as it goes on; null where nothing is. */
export function useWork(): BackupWork | null {
  const client = useClient();
  const connection = useConnectionState();
  const since = connection.kind === "open" ? connection.since : null;
  const [work, setWork] = useState<BackupWork | null>(null);
  useEffect(() => {
    if (since === null) return;
    const stopping = new AbortController();
    const listen = async () => {
      try {
        for await (const now of await client.backups.follow(undefined, { signal: stopping.signal })) setWork(now);
      } catch {
        // The connection went; a new one listens anew.
      }
      if (!stopping.signal.aborted) setWork(null);
    };
    void listen();
    return () => stopping.abort();
  }, [client, since]);
  return work;
}
