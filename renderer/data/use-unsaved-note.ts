import { useEffect } from "react";
import { useClient, useConnectionState } from "./panel-context.tsx";

/** As much of a name as the host takes. */
const LONGEST = 200;

/**
 * Tells the host of the panel the name of what is edited and not saved, or null where nothing is: the page itself is not
 * asked when its window closes, so the window asks for it. The host forgets it with the connection.
 */
export function useUnsavedNote(name: string | null): void {
  const client = useClient();
  const connection = useConnectionState();
  const since = connection.kind === "open" ? connection.since : null;
  useEffect(() => {
    if (name === null || since === null) return;
    // Where the connection is gone there is nobody to tell.
    const note = (what: string | null) => void client.shell.unsaved({ what }).catch(() => undefined);
    note(name.slice(0, LONGEST));
    return () => note(null);
  }, [client, since, name]);
}
