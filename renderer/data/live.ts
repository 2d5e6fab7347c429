import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Change } from "../../preload/contract/system.ts";
import { useClient, useConnection, useConnectionState, useQueries } from "./panel-context.tsx";
import type { Client } from "./transport.ts";

type Topic = Change["topic"];

/**
 * How often it is asked how the instance is, in milliseconds, while the panel is in sight: a key file that went and a server
 * that became read-only announce nothing.
 */
const LOOK_MS = 15_000;
/** Milliseconds in which changes are gathered before what they concern is asked for again. */
const GATHER_MS = 120;

/**
 * Keeps every answer on screen true: what a change concerns is asked for again, and everything after a connection was
 * made anew or another database took the place of the one before. To be used once, by the frame.
 */
export function useLiveAnswers(): void {
  const client = useClient();
  const queries = useQueries();
  const cache = useQueryClient();
  const connection = useConnection();
  const state = useConnectionState();
  const since = state.kind === "open" ? state.since : null;

  useQuery({ ...queries.system.status.queryOptions(), refetchInterval: LOOK_MS, notifyOnChangeProps: [] });
  useEffect(() => {
    if (since === null) return;
    // Who refers to a secret changes with the environment that does.
    const bindings = [
      queries.secrets.list.key(),
      queries.secrets.get.key(),
      queries.secrets.usage.key(),
      // So does what stands in clear in it.
      queries.inlineSecrets.key(),
      queries.routines.blast.key(),
    ];
    const areas: Readonly<Record<Exclude<Topic, "resync">, readonly (readonly unknown[])[]>> = {
      companies: [queries.companies.key()],
      projects: [queries.projects.key(), queries.routines.attention.key(), ...bindings],
      agents: [queries.agents.key(), queries.routines.attention.key(), ...bindings],
      secrets: [
        queries.secrets.key(),
        queries.inlineSecrets.key(),
        queries.providers.list.key(),
        queries.providerVaults.list.key(),
        queries.providerVaults.get.key(),
        queries.routines.attention.key(),
        queries.routines.preview.key(),
        queries.routines.blast.key(),
      ],
      routines: [
        queries.routines.key(),
        queries.triggers.key(),
        queries.webhooks.key(),
        queries.inbox.key(),
        queries.scheduler.key(),
        ...bindings,
      ],
      webhooks: [queries.webhooks.deliveries.key(), queries.triggers.list.key()],
      runs: [
        queries.runs.key(),
        queries.inbox.key(),
        queries.routines.list.key(),
        queries.routines.get.key(),
        queries.routines.attention.key(),
        queries.routines.blast.key(),
        // A slot that ran moves its trigger.
        queries.triggers.list.key(),
        queries.triggers.next.key(),
        queries.scheduler.outlook.key(),
        // A run reads secrets, which leaves events and says when each was used.
        queries.secrets.versionUse.key(),
        queries.secrets.list.key(),
        queries.secrets.get.key(),
        queries.secrets.events.key(),
        queries.audit.key(),
      ],
      audit: [queries.audit.key()],
      activity: [queries.activity.key()],
      status: [
        queries.system.key(),
        queries.scheduler.key(),
        queries.database.key(),
        queries.secrets.health.key(),
        queries.keys.key(),
        queries.settings.key(),
        queries.backups.list.key(),
        queries.restore.state.key(),
        queries.backups.prune.key(),
      ],
    };
    const stopping = new AbortController();
    const pending = new Set<Exclude<Topic, "resync">>();
    let timer: number | undefined;
    const ask = () => {
      const topics = [...pending];
      pending.clear();
      for (const topic of topics) {
        // Whatever was done is also activity.
        for (const queryKey of [...areas[topic], queries.activity.key(), queries.system.status.key()])
          void cache.invalidateQueries({ queryKey });
      }
    };
    if (since > 1) void cache.invalidateQueries();
    void listen(client, stopping.signal, (topic) => {
      // A restore ended what is followed: everything begins anew, this too.
      if (topic === "resync") return connection.renew();
      pending.add(topic);
      window.clearTimeout(timer);
      timer = window.setTimeout(ask, GATHER_MS);
    });
    return () => {
      stopping.abort();
      window.clearTimeout(timer);
    };
  }, [client, queries, cache, connection, since]);
}

async function listen(client: Client, signal: AbortSignal, hear: (topic: Topic) => void): Promise<void> {
  try {
    for await (const { topic } of await client.system.changes(undefined, { signal })) hear(topic);
  } catch {
    // The connection went, or the page; a new connection listens anew.
  }
}
