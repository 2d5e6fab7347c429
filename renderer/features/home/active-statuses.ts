import type { RunStatus } from "../../../preload/contract/runs.ts";

/** The states in which a run may still change by itself, as the contract lists them. */
export const activeRunStatuses = ["received", "queued", "running"] as const satisfies readonly RunStatus[];
