import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { useClient, useConnectionState, useQueries } from "../data/panel-context.tsx";
import { mayNotify } from "../data/notifications.ts";
import { goTo } from "./go-to.ts";

/** Shows what is worth a notification where a browser shows the panel; the window has the desktop's own. */
export function useNotifications(): void {
  const client = useClient();
  const router = useRouter();
  const connection = useConnectionState();
  const since = connection.kind === "open" ? connection.since : null;
  const shell = useQuery(useQueries().shell.info.queryOptions());
  const isBrowser = shell.data?.host === "browser";
  useEffect(() => {
    if (since === null || !isBrowser) return;
    const stopping = new AbortController();
    const listen = async () => {
      try {
        for await (const notice of await client.notifications.follow(undefined, { signal: stopping.signal })) {
          // Asked each time: it may be allowed and taken back while the page is open.
          if (!mayNotify()) continue;
          const shown = new Notification(notice.title, { body: notice.body, tag: notice.tag });
          shown.addEventListener("click", () => {
            window.focus();
            goTo(router, notice.to, notice.companyId);
            shown.close();
          });
        }
      } catch {
        // The connection went; a new one listens anew.
      }
    };
    void listen();
    return () => stopping.abort();
  }, [client, router, since, isBrowser]);
}
