/** The states of a run, in the order in which it may come to them; the contract spells them out as well. */
export const runStatuses = [
  "received",
  "queued",
  "running",
  "succeeded",
  "failed",
  "cancelled",
  "timed_out",
  "interrupted",
  "coalesced",
  "skipped",
  "held",
] as const;

/** What a run was started by; the contract spells it out as well. */
export const runSources = ["schedule", "manual", "api", "webhook"] as const;

/** The states in which a run may still change by itself. */
export const activeRunStatuses = ["received", "queued", "running"] as const;

/** What a list of runs is narrowed to: `received` is over as soon as it is seen. */
export const listedRunStatuses = runStatuses.filter((status) => status !== "received");
