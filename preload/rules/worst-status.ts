/** States of runs, the worst first: what stands for several runs is what an operator must not overlook. */
export const WORST_FIRST = [
  "failed",
  "timed_out",
  "interrupted",
  "cancelled",
  "held",
  "running",
  "received",
  "queued",
  "succeeded",
  "coalesced",
  "skipped",
] as const;
