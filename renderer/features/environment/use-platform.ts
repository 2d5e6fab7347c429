import { useQuery } from "@tanstack/react-query";
import { useQueries } from "../../data/panel-context.tsx";

/** The platform of the machine that runs start on, which decides whether keys differ by case. */
export function usePlatform(): string {
  return useQuery(useQueries().shell.info.queryOptions()).data?.platform ?? "linux";
}
