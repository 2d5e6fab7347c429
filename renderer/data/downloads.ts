import { useQuery } from "@tanstack/react-query";
import { useQueries } from "./panel-context.tsx";

/** Whether the host saves what the page hands out: a browser does, the window of the app downloads nothing. */
export function useDownloads(): boolean {
  return useQuery(useQueries().shell.info.queryOptions()).data?.host === "browser";
}
