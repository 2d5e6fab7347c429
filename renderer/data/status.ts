import { useQuery } from "@tanstack/react-query";
import type { Status } from "../../preload/contract/system.ts";
import { useConnectionState, useQueries } from "./panel-context.tsx";

/** How the instance is, live; undefined until the first answer. */
export function useStatus(): Status | undefined {
  return useQuery(useQueries().system.status.queryOptions()).data;
}

/**
 * Why nothing can be changed right now, or null. Buttons that change something are disabled with it:
 * `<Button isDisabled={readOnly !== null}>`; the frame says it once, at the top.
 */
export function useReadOnly(): string | null {
  const status = useStatus();
  const connection = useConnectionState();
  if (connection.kind !== "open") return "The connection is lost.";
  if (status && status.database.state !== "ready") return "The database does not answer.";
  return status?.readOnly ?? null;
}
