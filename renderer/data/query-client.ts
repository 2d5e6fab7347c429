import { QueryClient } from "@tanstack/react-query";

/**
 * Answers stay true until a change is announced (`live.ts`), so nothing is asked for by time or focus. The control plane is
 * on this machine: whether the machine is online says nothing, and a refused call is not tried again by itself.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        networkMode: "always",
        staleTime: Number.POSITIVE_INFINITY,
        gcTime: 5 * 60_000,
        retry: false,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
      },
    },
  });
}
