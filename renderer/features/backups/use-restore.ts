import { useQuery } from "@tanstack/react-query";
import { useQueries } from "../../data/panel-context.tsx";

/** Milliseconds between two looks at how far a restore is. */
const LOOK_MS = 500;

/** What is being restored, and what can be put back. It is looked at often only while something goes on. */
export function useRestore() {
  return useQuery({
    ...useQueries().restore.state.queryOptions(),
    refetchInterval: ({ state }) => (state.data?.work ? LOOK_MS : false),
  });
}
