import type { Snapshot } from "../../preload/contract/routines.ts";
import type { TriggerSnapshot } from "../../preload/contract/trigger-snapshots.ts";
import type { routines } from "../database/schema/routines.ts";

export type RoutineRow = typeof routines.$inferSelect;

/** What a revision of the routine as it stands, with these triggers, would hold. Status is not part of it. */
export function snapshotOf(row: RoutineRow, triggers: readonly TriggerSnapshot[]): Snapshot {
  return {
    snapshotVersion: 1,
    title: row.title,
    instructions: row.instructions,
    agentId: row.assigneeAgentId,
    projectId: row.projectId,
    priority: row.priority,
    concurrencyPolicy: row.concurrencyPolicy,
    catchUpPolicy: row.catchUpPolicy,
    variables: row.variables,
    env: row.env,
    retry: row.retry,
    limits: row.limits,
    triggers: [...triggers],
  };
}

/** The columns of a routine that a snapshot sets. */
export function columnsOf(snapshot: Snapshot) {
  return {
    title: snapshot.title,
    instructions: snapshot.instructions,
    assigneeAgentId: snapshot.agentId,
    projectId: snapshot.projectId,
    priority: snapshot.priority,
    concurrencyPolicy: snapshot.concurrencyPolicy,
    catchUpPolicy: snapshot.catchUpPolicy,
    variables: snapshot.variables,
    env: snapshot.env,
    retry: snapshot.retry,
    limits: snapshot.limits,
  };
}
