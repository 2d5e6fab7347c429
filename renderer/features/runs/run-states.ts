import type { RunStatus } from "../../../preload/contract/runs.ts";

/** The states in which a run may still change by itself; the contract itself stays out of the bundle. */
export const activeRunStatuses: readonly RunStatus[] = ["received", "queued", "running"];
