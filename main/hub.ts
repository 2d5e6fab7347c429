import type { Change, DatabaseState } from "../preload/contract/system.ts";
import type { ChangeFeed } from "./database/changes.ts";

/** A feed of changes that outlives the database that announces them. */
export interface Hub extends ChangeFeed {
  /** From now on changes come from here too, and whoever listens asks for everything anew. The answer ends that. */
  follow(feed: ChangeFeed, onState: (listener: (state: DatabaseState) => void) => () => void): () => Promise<void>;
}

export function createHub(): Hub {
  const listeners = new Set<(change: Change) => void>();
  const tell = (change: Change) => listeners.forEach((listener) => listener(change));
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    follow: (feed, onState) => {
      const status = { topic: "status", companyId: null, id: null } as const;
      const leave = [feed.subscribe(tell), onState(() => tell(status))];
      tell({ topic: "resync", companyId: null, id: null });
      tell(status);
      return async () => leave.forEach((end) => end());
    },
  };
}
