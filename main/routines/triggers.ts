import { randomBytes, randomUUID } from "node:crypto";
import { asc, eq } from "drizzle-orm";
import type { Actor } from "../../preload/contract/common.ts";
import type { Variable } from "../../preload/contract/routines.ts";
import type { TriggerChanges, TriggerInput, TriggerRecord } from "../../preload/contract/triggers.ts";
import { asRefusal, Refusal } from "../contract/refusal.ts";
import type { Database, Executor } from "../database/database.ts";
import { routineTriggers } from "../database/schema/routines.ts";
import { readSchedule } from "./calendar/schedule.ts";
import { lockRoutine } from "./lookup.ts";
import { recordRoutine } from "./revision-log.ts";
import type { RoutineRow } from "./snapshot.ts";
import { nextRunOf, settleTrigger, type TriggerRow } from "./trigger-clock.ts";
import { REPLAY_WINDOW_SECONDS, triggerRecords } from "./trigger-records.ts";
import { appendTriggerRevision } from "./trigger-snapshots.ts";
import { resolveValues } from "./variables.ts";
import { removeSigningSecret } from "./webhooks/signing-secret.ts";

/** Triggers that a routine may have. */
const MOST_TRIGGERS = 50;

/** Random bytes of the id in a webhook's address. */
const PUBLIC_ID_BYTES = 12;

export interface TriggerWork {
  readonly companyId: string;
  readonly routineId: string;
  readonly actor: Actor;
  readonly now: Date;
}

type NewTrigger = typeof routineTriggers.$inferInsert;

/**
 * Gives a routine a trigger and answers with its id. It is due from now on. A webhook that needs a signing key is made without
 * one here, and switched off. Refuses `cron_invalid` with the position, `zone_unknown`, an instant that is past
 * (`trigger_invalid`), and a routine that could not start by itself because a variable has no value (`variable_missing`).
 */
export async function createTrigger(
  database: Database,
  work: TriggerWork & { readonly trigger: TriggerInput },
): Promise<string> {
  return database.orm.transaction(async (tx) => {
    const routine = await lockRoutine(tx, work.companyId, work.routineId);
    return insertTrigger(tx, routine, { ...work, signingKey: null });
  });
}

/** The same for a locked routine, in a transaction of the caller, which has made the signing key of a webhook that has one. */
export async function insertTrigger(
  tx: Executor,
  routine: RoutineRow,
  work: Pick<TriggerWork, "actor" | "now"> & {
    readonly trigger: TriggerInput;
    readonly signingKey: { readonly secretId: string } | null;
  },
): Promise<string> {
  const { trigger, now } = work;
  const others = await triggerRows(tx, routine.id);
  if (others.length >= MOST_TRIGGERS) {
    throw new Refusal("trigger_invalid", `The routine has ${MOST_TRIGGERS} triggers, which is the most it may have.`, {
      next: "Remove one that is not needed.",
    });
  }
  refuseTakenLabel(others, trigger.label ?? null);
  const row = {
    id: randomUUID(),
    companyId: routine.companyId,
    routineId: routine.id,
    kind: trigger.kind,
    label: trigger.label ?? null,
    enabled: (trigger.enabled ?? true) && (work.signingKey !== null || !needsKey(trigger)),
    ...timesOf(trigger, now),
    ...webhookColumns(trigger),
    ...(work.signingKey === null ? {} : { secretId: work.signingKey.secretId }),
    ...("graceSeconds" in trigger && trigger.graceSeconds !== undefined ? { graceSeconds: trigger.graceSeconds } : {}),
    ...(trigger.kind === "schedule" && trigger.missedCap !== undefined ? { missedCap: trigger.missedCap } : {}),
    accountedUntil: now,
    createdAt: now,
    updatedAt: now,
  } satisfies NewTrigger;
  if (row.enabled && startsByClock(row.kind)) requireDefaults(routine.variables);
  await tx.insert(routineTriggers).values({ ...row, nextRunAt: nextRunOf(row, routine.status, now) });
  await tell(tx, routine, work, "routine.trigger_created", row);
  return row.id;
}

const startsByClock = (kind: TriggerRow["kind"]): boolean => kind === "schedule" || kind === "once";

const needsKey = (trigger: { readonly kind: string; readonly signingMode?: string | null }): boolean =>
  trigger.kind === "webhook" && trigger.signingMode !== "none";

/** What stands in the address of a new webhook; nobody can guess it. */
export const newPublicId = (): string => randomBytes(PUBLIC_ID_BYTES).toString("hex");

function webhookColumns(trigger: TriggerInput) {
  if (trigger.kind !== "webhook") return {};
  const { signingMode, replayWindowSeconds = REPLAY_WINDOW_SECONDS } = trigger;
  return { publicId: newPublicId(), signingMode, replayWindowSeconds };
}

/** Changes a trigger; what is left out stays. From now on it is due by the new rule; what it missed by the old one has its row. */
export async function updateTrigger(
  database: Database,
  work: TriggerWork & { readonly trigger: string; readonly changes: TriggerChanges },
): Promise<string> {
  const { changes, now } = work;
  return database.orm.transaction(async (tx) => {
    const routine = await lockRoutine(tx, work.companyId, work.routineId);
    const trigger = await lockTrigger(tx, routine, work.trigger);
    refuseForeignFields(trigger.kind, changes);
    if (changes.label !== undefined) {
      const others = (await triggerRows(tx, routine.id)).filter(({ id }) => id !== trigger.id);
      refuseTakenLabel(others, changes.label);
    }
    const times = changedTimes(trigger, changes, now);
    const next = {
      ...trigger,
      ...times,
      label: changes.label === undefined ? trigger.label : changes.label,
      graceSeconds: changes.graceSeconds ?? trigger.graceSeconds,
      missedCap: changes.missedCap ?? trigger.missedCap,
      signingMode: changes.signingMode ?? trigger.signingMode,
      replayWindowSeconds: changes.replayWindowSeconds ?? trigger.replayWindowSeconds,
      updatedAt: now,
    };
    if (next.enabled && changes.signingMode !== undefined) requireKey(next);
    if (times !== null) {
      await settleTrigger(tx, routine, trigger, now, "Its schedule was changed before it was due to run.");
      next.accountedUntil = now;
      next.nextRunAt = nextRunOf(next, routine.status, now);
    }
    await tx.update(routineTriggers).set(next).where(eq(routineTriggers.id, trigger.id));
    await tell(tx, routine, work, "routine.trigger_updated", next);
    return trigger.id;
  });
}

/** Switches a trigger on or off. What is already so stays as it is. A trigger that is off has no slots. */
export async function switchTrigger(
  database: Database,
  work: TriggerWork & { readonly trigger: string; readonly enabled: boolean },
): Promise<string> {
  const { enabled, now } = work;
  return database.orm.transaction(async (tx) => {
    const routine = await lockRoutine(tx, work.companyId, work.routineId);
    const trigger = await lockTrigger(tx, routine, work.trigger);
    if (trigger.enabled === enabled) return trigger.id;
    if (enabled && startsByClock(trigger.kind)) requireDefaults(routine.variables);
    if (enabled) requireKey(trigger);
    if (!enabled) await settleTrigger(tx, routine, trigger, now, "The trigger was disabled before it was due to run.");
    const next = { ...trigger, enabled, accountedUntil: now, updatedAt: now };
    next.nextRunAt = nextRunOf(next, routine.status, now);
    await tx.update(routineTriggers).set(next).where(eq(routineTriggers.id, trigger.id));
    await tell(tx, routine, work, enabled ? "routine.trigger_enabled" : "routine.trigger_disabled", next);
    return trigger.id;
  });
}

/** Refuses (`trigger_invalid`) a webhook whose deliveries could never be proven. */
function requireKey(trigger: TriggerRow): void {
  if (!needsKey(trigger) || trigger.secretId !== null) return;
  throw new Refusal("trigger_invalid", `A webhook of the mode ${trigger.signingMode} needs a signing key.`, {
    next: "Disable it where it is enabled, make it a key (`paperclip-desktop triggers rotate`), then enable it.",
    fields: { signingMode: "needs a signing key, and there is none" },
  });
}

/** Removes a trigger, and the signing key of a webhook with it. Its runs stay. */
export async function removeTrigger(database: Database, work: TriggerWork & { readonly trigger: string }) {
  await database.orm.transaction(async (tx) => {
    const routine = await lockRoutine(tx, work.companyId, work.routineId);
    const trigger = await lockTrigger(tx, routine, work.trigger);
    await settleTrigger(tx, routine, trigger, work.now, "The trigger was removed before it was due to run.");
    await tx.delete(routineTriggers).where(eq(routineTriggers.id, trigger.id));
    if (trigger.secretId !== null) {
      await removeSigningSecret(tx, { ...work, secretId: trigger.secretId });
    }
    await tell(tx, routine, work, "routine.trigger_deleted", trigger);
  });
}

/** The triggers of a routine, the oldest first. */
export async function listTriggers(executor: Executor, routineId: string): Promise<TriggerRecord[]> {
  return triggerRecords(executor, await triggerRows(executor, routineId));
}

/** One trigger of a routine. Refuses `trigger_missing`. */
export async function triggerRecordOf(
  executor: Executor,
  routine: RoutineRow,
  reference: string,
): Promise<TriggerRecord> {
  const [record] = await triggerRecords(executor, [meant(await triggerRows(executor, routine.id), reference)]);
  if (!record) throw new Error("a trigger was found and not shown");
  return record;
}

function triggerRows(executor: Executor, routineId: string): Promise<TriggerRow[]> {
  return executor
    .select()
    .from(routineTriggers)
    .where(eq(routineTriggers.routineId, routineId))
    .orderBy(asc(routineTriggers.createdAt), asc(routineTriggers.id));
}

/** The trigger of a locked routine that is meant, locked too. Refuses `trigger_missing`. */
export async function lockTrigger(tx: Executor, routine: RoutineRow, reference: string): Promise<TriggerRow> {
  const { id } = meant(await triggerRows(tx, routine.id), reference);
  const [row] = await tx.select().from(routineTriggers).where(eq(routineTriggers.id, id)).for("update");
  if (!row) throw triggerMissing(reference);
  return row;
}

/** The trigger of a routine that is meant: by its id or its label. Refuses `trigger_missing`. */
export async function findTrigger(executor: Executor, routineId: string, reference: string): Promise<TriggerRow> {
  return meant(await triggerRows(executor, routineId), reference);
}

/** The name for calls that is meant. Refuses `trigger_missing`, another kind (`trigger_invalid`) and one that is off (`trigger_disabled`). */
export async function findCallable(executor: Executor, routineId: string, reference: string): Promise<TriggerRow> {
  const trigger = await findTrigger(executor, routineId, reference);
  if (trigger.kind !== "api") {
    throw new Refusal("trigger_invalid", `The run was not started: the trigger is of the kind ${trigger.kind}.`, {
      next: "Name one of the kind api, or none.",
      fields: { trigger: "is no name for calls" },
    });
  }
  if (trigger.enabled) return trigger;
  throw new Refusal("trigger_disabled", "The run was not started: the trigger is disabled.", {
    next: "Enable it: `paperclip-desktop triggers enable TRIGGER --routine NAME`",
    fields: { trigger: "is disabled" },
  });
}

function meant(rows: readonly TriggerRow[], reference: string): TriggerRow {
  const wanted = reference.trim().toLowerCase();
  const row = rows.find(({ id }) => id === wanted) ?? rows.find(({ label }) => label?.toLowerCase() === wanted);
  if (!row) throw triggerMissing(reference);
  return row;
}

function triggerMissing(reference: string): Refusal {
  return new Refusal("trigger_missing", `The routine has no trigger ${JSON.stringify(reference)}.`, {
    next: "See what there is: `paperclip-desktop triggers list --routine NAME`",
    fields: { trigger: "is not a trigger of this routine" },
  });
}

function refuseTakenLabel(others: readonly TriggerRow[], label: string | null): void {
  if (label === null || !others.some((other) => other.label?.toLowerCase() === label.toLowerCase())) return;
  throw new Refusal("name_taken", `The routine has a trigger ${JSON.stringify(label)} already.`, {
    fields: { label: "is the label of another trigger" },
  });
}

interface Times {
  readonly cronExpression: string | null;
  readonly timezone: string | null;
  readonly onceAt: Date | null;
}

/** The columns that say when a new trigger is due, each checked. */
function timesOf(trigger: TriggerInput, now: Date): Times {
  switch (trigger.kind) {
    case "schedule": {
      const { zone } = readSchedule(trigger.expression, trigger.zone);
      return { cronExpression: trigger.expression.trim(), timezone: zone.name, onceAt: null };
    }
    case "once":
      return {
        cronExpression: null,
        timezone: zoneName(trigger.zone ?? "UTC"),
        onceAt: futureInstant(trigger.at, now),
      };
    case "api":
    case "webhook":
      return { cronExpression: null, timezone: null, onceAt: null };
  }
}

/** What of the times changes; null where none does. */
function changedTimes(trigger: TriggerRow, changes: TriggerChanges, now: Date) {
  if (changes.expression === undefined && changes.zone === undefined && changes.at === undefined) return null;
  if (trigger.kind === "schedule") {
    const expression = changes.expression ?? trigger.cronExpression ?? "";
    return timesOf({ kind: "schedule", expression, zone: changes.zone ?? trigger.timezone ?? "" }, now);
  }
  return {
    ...(changes.at === undefined ? {} : { onceAt: futureInstant(changes.at, now) }),
    ...(changes.zone === undefined ? {} : { timezone: zoneName(changes.zone) }),
  };
}

function refuseForeignFields(kind: TriggerRow["kind"], changes: TriggerChanges): void {
  const fields = {
    schedule: ["at", ...OF_WEBHOOKS],
    once: ["expression", "missedCap", ...OF_WEBHOOKS],
    api: [...OF_TIMES, ...OF_WEBHOOKS],
    webhook: OF_TIMES,
  }[kind];
  const foreign = Object.entries(changes).find(([field, value]) => value !== undefined && fields.includes(field))?.[0];
  if (foreign === undefined) return;
  throw new Refusal(
    "trigger_invalid",
    `The trigger was not changed: a trigger of the kind ${kind} has no ${foreign}.`,
    {
      fields: { [foreign]: `is nothing that a trigger of the kind ${kind} has` },
    },
  );
}

const OF_TIMES = ["expression", "zone", "at", "graceSeconds", "missedCap"];
const OF_WEBHOOKS = ["signingMode", "replayWindowSeconds"];

function futureInstant(text: string, now: Date): Date {
  const at = new Date(text);
  if (at > now) return at;
  throw new Refusal("trigger_invalid", `The trigger is refused: ${at.toISOString()} is past.`, {
    next: "Name an instant that is to come, or start the routine now: `paperclip-desktop routines run NAME`",
    fields: { at: "is past" },
  });
}

function zoneName(name: string): string {
  // The expression has nothing to say here; the schedule's own reader words the refusal.
  return readSchedule("@daily", name).zone.name;
}

/** Nobody is there to fill in a value when a routine starts by itself. */
export function requireDefaults(variables: readonly Variable[]): void {
  try {
    resolveValues(variables, {});
  } catch (error) {
    const refusal = asRefusal(error);
    if (!refusal) throw error;
    throw new Refusal(refusal.code, `The routine cannot start by itself: ${refusal.message}`, {
      ...refusal.data,
      next: "Give the variable a default, or make it optional.",
    });
  }
}

const DONE = {
  "routine.trigger_created": "Added",
  "routine.trigger_updated": "Changed",
  "routine.trigger_enabled": "Enabled",
  "routine.trigger_disabled": "Disabled",
  "routine.trigger_deleted": "Removed",
} as const;

async function tell(
  tx: Executor,
  routine: RoutineRow,
  { actor, now }: Pick<TriggerWork, "actor" | "now">,
  action: keyof typeof DONE,
  trigger: Pick<TriggerRow, "id" | "kind"> & { label: string | null },
): Promise<void> {
  const { id, kind, label } = trigger;
  await recordRoutine(tx, routine, actor, action, { trigger: id, kind, ...(label === null ? {} : { label }) });
  const changeSummary = `${DONE[action]} the trigger ${label === null ? `of the kind ${kind}` : `"${label}"`}`;
  await appendTriggerRevision(tx, routine, { actor, now, changeSummary });
}
