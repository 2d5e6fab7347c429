import { randomUUID } from "node:crypto";
import { asc, eq } from "drizzle-orm";
import type { TriggerSnapshot } from "../../preload/contract/trigger-snapshots.ts";
import type { Executor } from "../database/database.ts";
import { routines, routineTriggers } from "../database/schema/routines.ts";
import { canonicalJson } from "../environment/hash.ts";
import { findRevision } from "./lookup.ts";
import { type ChangeNote, insertRevision } from "./revision-log.ts";
import { type RoutineRow, snapshotOf } from "./snapshot.ts";
import { nextRunOf, settleTrigger, type TriggerRow } from "./trigger-clock.ts";
import { removeSigningSecret } from "./webhooks/signing-secret.ts";

/** The triggers of a routine as a revision holds them, by id. */
export async function triggerSnapshots(executor: Executor, routineId: string): Promise<TriggerSnapshot[]> {
  const rows = await executor
    .select()
    .from(routineTriggers)
    .where(eq(routineTriggers.routineId, routineId))
    .orderBy(asc(routineTriggers.id));
  return rows.map(triggerSnapshotOf);
}

function triggerSnapshotOf(row: TriggerRow): TriggerSnapshot {
  const { id, kind, label, graceSeconds } = row;
  switch (kind) {
    case "schedule":
      return {
        id,
        kind,
        label,
        expression: row.cronExpression ?? "",
        zone: row.timezone ?? "UTC",
        graceSeconds,
        missedCap: row.missedCap,
      };
    case "once":
      return {
        id,
        kind,
        label,
        at: (row.onceAt ?? new Date(0)).toISOString(),
        zone: row.timezone ?? "UTC",
        graceSeconds,
      };
    case "api":
      return { id, kind, label };
    case "webhook":
      return {
        id,
        kind,
        label,
        publicId: row.publicId ?? "",
        signingMode: row.signingMode ?? "bearer",
        replayWindowSeconds: row.replayWindowSeconds,
      };
  }
}

/**
 * Appends a revision to a locked routine where its triggers are not what the latest one holds any more. A switch is no part of
 * a revision and appends none.
 */
export async function appendTriggerRevision(tx: Executor, routine: RoutineRow, note: ChangeNote): Promise<void> {
  const triggers = await triggerSnapshots(tx, routine.id);
  const latest = await findRevision(tx, routine, routine.latestRevisionNumber);
  if (canonicalJson(triggers) === canonicalJson(latest.snapshot.triggers)) return;
  const revision = { id: randomUUID(), number: routine.latestRevisionNumber + 1 };
  await tx
    .update(routines)
    .set({ latestRevisionId: revision.id, latestRevisionNumber: revision.number, updatedAt: note.now })
    .where(eq(routines.id, routine.id));
  const snapshot = snapshotOf(routine, triggers);
  await insertRevision(tx, { ...revision, routine, snapshot, note, restoredFromRevisionId: null });
}

export interface Placing extends Pick<ChangeNote, "actor" | "now"> {
  /** Ids of those that come switched on. */
  readonly on: ReadonlySet<string>;
  /** What a slot says that was due and will not run. */
  readonly why: string;
}

/**
 * Makes the triggers of a locked routine what a snapshot says. One that is there keeps its switch, one that is not there comes
 * switched off unless it is among `on`, and one that the snapshot does not know is removed, with the signing key of a webhook. Slots are counted from now on
 * where the times differ.
 */
export async function placeTriggers(
  tx: Executor,
  routine: RoutineRow,
  snapshots: readonly TriggerSnapshot[],
  { actor, now, on, why }: Placing,
): Promise<void> {
  const rows = await tx.select().from(routineTriggers).where(eq(routineTriggers.routineId, routine.id)).for("update");
  const wanted = new Map(snapshots.map((snapshot) => [snapshot.id, snapshot]));
  for (const row of rows.filter(({ id }) => !wanted.has(id))) {
    await settleTrigger(tx, routine, row, now, why);
    await tx.delete(routineTriggers).where(eq(routineTriggers.id, row.id));
    const { companyId, routineId, secretId } = row;
    if (secretId !== null) await removeSigningSecret(tx, { companyId, routineId, secretId, actor, now });
  }
  for (const snapshot of snapshots) {
    const row = rows.find(({ id }) => id === snapshot.id);
    if (row === undefined) await bringIn(tx, routine, snapshot, { now, enabled: on.has(snapshot.id) });
    else if (canonicalJson(triggerSnapshotOf(row)) !== canonicalJson(snapshot)) {
      const next = { ...row, ...columnsOf(snapshot), updatedAt: now };
      // Deliveries to it could never be proven.
      if (next.kind === "webhook" && next.signingMode !== "none" && next.secretId === null) next.enabled = false;
      if (!isDueAlike(row, next)) {
        await settleTrigger(tx, routine, row, now, why);
        next.accountedUntil = now;
        next.nextRunAt = nextRunOf(next, routine.status, now);
      }
      await tx.update(routineTriggers).set(next).where(eq(routineTriggers.id, row.id));
    }
  }
}

const isDueAlike = (one: TriggerRow, other: TriggerRow): boolean =>
  one.cronExpression === other.cronExpression &&
  one.timezone === other.timezone &&
  one.onceAt?.getTime() === other.onceAt?.getTime();

async function bringIn(
  tx: Executor,
  routine: RoutineRow,
  snapshot: TriggerSnapshot,
  { now, enabled }: { readonly now: Date; readonly enabled: boolean },
): Promise<void> {
  const row = {
    cronExpression: null,
    timezone: null,
    onceAt: null,
    ...columnsOf(snapshot),
    id: snapshot.id,
    companyId: routine.companyId,
    routineId: routine.id,
    enabled,
    accountedUntil: now,
    createdAt: now,
    updatedAt: now,
  };
  await tx.insert(routineTriggers).values({ ...row, nextRunAt: nextRunOf(row, routine.status, now) });
}

/** The columns that a snapshot of a trigger sets. */
function columnsOf(snapshot: TriggerSnapshot) {
  const { kind, label } = snapshot;
  switch (kind) {
    case "schedule":
      return {
        kind,
        label,
        cronExpression: snapshot.expression,
        timezone: snapshot.zone,
        graceSeconds: snapshot.graceSeconds,
        missedCap: snapshot.missedCap,
      };
    case "once":
      return {
        kind,
        label,
        onceAt: new Date(snapshot.at),
        timezone: snapshot.zone,
        graceSeconds: snapshot.graceSeconds,
      };
    case "api":
      return { kind, label };
    case "webhook":
      return {
        kind,
        label,
        publicId: snapshot.publicId,
        signingMode: snapshot.signingMode,
        replayWindowSeconds: snapshot.replayWindowSeconds,
      };
  }
}
