import { useRouter } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useClient, useConnectionState } from "../data/panel-context.tsx";
import { goTo } from "./go-to.ts";

/** Does what the native menu and the tray ask the panel to do. */
export function useShellCommands(openPalette: () => void): void {
  const client = useClient();
  const router = useRouter();
  const connection = useConnectionState();
  const since = connection.kind === "open" ? connection.since : null;
  const latest = useRef(openPalette);
  useEffect(() => {
    latest.current = openPalette;
  }, [openPalette]);
  useEffect(() => {
    if (since === null) return;
    const stopping = new AbortController();
    const listen = async () => {
      try {
        for await (const command of await client.shell.commands(undefined, { signal: stopping.signal })) {
          if (command.command === "palette") latest.current();
          else goTo(router, command.to, command.company);
        }
      } catch {
        // The connection went; a new one listens anew.
      }
    };
    void listen();
    return () => stopping.abort();
  }, [client, router, since]);
}
