import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import type { Actor } from "../../preload/contract/common.ts";
import type { Snapshot } from "../../preload/contract/routines.ts";
import { Refusal } from "../contract/refusal.ts";
import { announce } from "../database/changes.ts";
import type { Executor } from "../database/database.ts";
import { routineRevisions, routines } from "../database/schema/routines.ts";
import { recordActivity } from "../record/activity.ts";
import { endWaitingRetries } from "../runs/waiting-retries.ts";
import { columnsOf, type RoutineRow } from "./snapshot.ts";
import { followStatus } from "./trigger-clock.ts";

/** Who changes a routine, when, and in which words. */
export interface ChangeNote {
  readonly actor: Actor;
  readonly now: Date;
  readonly changeSummary: string | null;
}

/**
 * Refuses (`revision_stale`) a change that was made on another revision than the latest, and says which one came in
 * between, who made it and when.
 */
export async function requireLatest(
  tx: Executor,
  routine: RoutineRow,
  baseRevisionId: string | undefined,
): Promise<void> {
  if (baseRevisionId === undefined || baseRevisionId === routine.latestRevisionId) return;
  const [latest] = await tx.select().from(routineRevisions).where(eq(routineRevisions.id, routine.latestRevisionId));
  throw new Refusal(
    "revision_stale",
    `The routine was not changed: revision ${routine.latestRevisionNumber} came in between.`,
    {
      next: "Look at the latest revision and make the change on it.",
      fields: { baseRevisionId: "is not the latest revision" },
      details: {
        latestRevisionId: routine.latestRevisionId,
        latestRevisionNumber: routine.latestRevisionNumber,
        changedByType: latest?.createdByType ?? null,
        changedById: latest?.createdById ?? null,
        changedAt: latest?.createdAt.toISOString() ?? null,
      },
    },
  );
}

/**
 * Makes a locked routine what the snapshot says and appends it as the next revision. A routine that has no agent
 * afterwards is paused; nothing is ever activated.
 */
export async function saveRevision(
  tx: Executor,
  routine: RoutineRow,
  snapshot: Snapshot,
  note: ChangeNote & { readonly restoredFrom: { readonly id: string; readonly number: number } | null },
): Promise<void> {
  const id = randomUUID();
  const number = routine.latestRevisionNumber + 1;
  const pauses = snapshot.agentId === null && routine.status === "active";
  await tx
    .update(routines)
    .set({
      ...columnsOf(snapshot),
      ...(pauses ? { status: "paused" as const } : {}),
      latestRevisionId: id,
      latestRevisionNumber: number,
      updatedAt: note.now,
    })
    .where(eq(routines.id, routine.id));
  if (pauses) {
    await followStatus(tx, routine, "paused", note.now);
    const stopped = { companyId: routine.companyId, routineId: routine.id, why: "routine_paused" as const };
    await endWaitingRetries(tx, stopped, note.now);
  }
  await insertRevision(tx, {
    routine,
    id,
    number,
    snapshot,
    note,
    restoredFromRevisionId: note.restoredFrom?.id ?? null,
  });
  await recordRoutine(tx, routine, note.actor, note.restoredFrom ? "routine.restored" : "routine.updated", {
    title: snapshot.title,
    revision: number,
    ...(note.restoredFrom ? { restoredFrom: note.restoredFrom.number } : {}),
    ...(pauses ? { status: "paused" } : {}),
  });
}

/** Writes one revision and its line in the activity log. */
export async function insertRevision(
  tx: Executor,
  revision: {
    readonly routine: { readonly id: string; readonly companyId: string };
    readonly id: string;
    readonly number: number;
    readonly snapshot: Snapshot;
    readonly note: ChangeNote;
    readonly restoredFromRevisionId: string | null;
  },
): Promise<void> {
  const { routine, note, number } = revision;
  await tx.insert(routineRevisions).values({
    id: revision.id,
    companyId: routine.companyId,
    routineId: routine.id,
    revisionNumber: number,
    title: revision.snapshot.title,
    snapshot: revision.snapshot,
    changeSummary: note.changeSummary,
    restoredFromRevisionId: revision.restoredFromRevisionId,
    createdByType: note.actor.type,
    createdById: note.actor.id,
    createdAt: note.now,
  });
  await recordActivity(tx, {
    companyId: routine.companyId,
    actor: note.actor,
    action: "routine.revision_created",
    entityType: "routine",
    entityId: routine.id,
    details: { revision: number, ...(note.changeSummary === null ? {} : { changeSummary: note.changeSummary }) },
  });
}

/** Writes what happened to a routine into the activity log and announces it. */
export async function recordRoutine(
  tx: Executor,
  routine: { readonly id: string; readonly companyId: string },
  actor: Actor,
  action: string,
  details: { [key: string]: string | number },
): Promise<void> {
  const { id, companyId } = routine;
  await recordActivity(tx, { companyId, actor, action, entityType: "routine", entityId: id, details });
  await announce(tx, { topic: "routines", companyId, id });
}
