import type { TriggerInput } from "../../preload/contract/triggers.ts";
import type { TriggerSnapshot } from "../../preload/contract/trigger-snapshots.ts";
import { asRefusal, Refusal } from "../contract/refusal.ts";
import { canonicalJson } from "../environment/hash.ts";
import { readSchedule } from "./calendar/schedule.ts";

/** What a trigger has where its definition does not say. */
const USUAL = { graceSeconds: 300, missedCap: 25, replayWindowSeconds: 300 };

/** The triggers that a definition means, and which of those that are new are switched on. */
export interface DefinedTriggers {
  /** By id. */
  readonly triggers: TriggerSnapshot[];
  readonly enabled: ReadonlySet<string>;
}

/**
 * The triggers that a definition means, given those that are there: one with the same label is the same, then of those without
 * a label one that is alike in all, then one that is due alike, then one of the same kind, in order. What is left is new; a webhook that is new has an address of
 * its own, and is off where it needs a signing key. Refuses what is no schedule, with the field `triggers.N`, and a label that stands twice.
 */
export function definedTriggers(
  before: readonly TriggerSnapshot[],
  given: readonly TriggerInput[],
  newId: () => string,
  newPublicId: () => string,
): DefinedTriggers {
  const wanted = given.map((trigger, index) => checked(trigger, `triggers.${index}`));
  refuseSameLabels(wanted);
  const free = new Set(before);
  const same = new Map<Wanted, TriggerSnapshot>();
  for (const alike of [sameLabel, sameInAll, sameTimes, sameKind]) {
    for (const one of wanted) {
      if (same.has(one)) continue;
      const found = [...free].find((snapshot) => snapshot.kind === one.kind && alike(snapshot, one));
      if (found === undefined) continue;
      same.set(one, found);
      free.delete(found);
    }
  }
  const enabled = new Set<string>();
  const triggers: TriggerSnapshot[] = [];
  for (const [index, one] of wanted.entries()) {
    const found = same.get(one);
    const id = found?.id ?? newId();
    if ((given[index]?.enabled ?? true) && !needsKey(one)) enabled.add(id);
    if (one.kind !== "webhook") triggers.push({ ...one, id });
    else triggers.push({ ...one, id, publicId: found?.kind === "webhook" ? found.publicId : newPublicId() });
  }
  return { triggers: triggers.toSorted((a, b) => (a.id < b.id ? -1 : 1)), enabled };
}

/** A trigger of a revision as a definition says it; of a webhook neither address nor key. */
export function triggerDefinition(snapshot: TriggerSnapshot, enabled: boolean): TriggerInput {
  const common = { ...(snapshot.label === null ? {} : { label: snapshot.label }), enabled };
  if (snapshot.kind === "webhook") {
    const { kind, signingMode, replayWindowSeconds } = snapshot;
    return { kind, signingMode, replayWindowSeconds: replayWindowSeconds ?? USUAL.replayWindowSeconds, ...common };
  }
  const { id: _, label: __, ...rest } = snapshot;
  return { ...rest, ...common };
}

const needsKey = (trigger: Wanted): boolean => trigger.kind === "webhook" && trigger.signingMode !== "none";

type Wanted = TriggerSnapshot extends infer One
  ? One extends { id: string }
    ? Omit<One, "id" | "publicId">
    : never
  : never;

function checked(trigger: TriggerInput, field: string): Wanted {
  const { kind, label = null } = trigger;
  switch (kind) {
    case "schedule": {
      const { zone } = scheduleAt(field, trigger.expression, trigger.zone);
      const { graceSeconds = USUAL.graceSeconds, missedCap = USUAL.missedCap } = trigger;
      return { kind, label, expression: trigger.expression.trim(), zone: zone.name, graceSeconds, missedCap };
    }
    case "once": {
      // The expression has nothing to say here; the schedule's own reader words the refusal of a zone.
      const { zone } = scheduleAt(field, "@daily", trigger.zone ?? "UTC");
      const at = new Date(trigger.at).toISOString();
      return { kind, label, at, zone: zone.name, graceSeconds: trigger.graceSeconds ?? USUAL.graceSeconds };
    }
    case "api":
      return { kind, label };
    case "webhook": {
      const { signingMode, replayWindowSeconds = USUAL.replayWindowSeconds } = trigger;
      return { kind, label, signingMode, replayWindowSeconds };
    }
  }
}

function scheduleAt(field: string, expression: string, zone: string) {
  try {
    return readSchedule(expression, zone);
  } catch (error) {
    const refusal = asRefusal(error);
    if (!refusal) throw error;
    const fields = Object.fromEntries(
      Object.entries(refusal.data.fields ?? {}).map(([name, message]) => [`${field}.${name}`, message]),
    );
    throw new Refusal(refusal.code, refusal.message, { ...refusal.data, fields });
  }
}

function refuseSameLabels(wanted: readonly Wanted[]): void {
  const labels = wanted.flatMap(({ label }) => (label === null ? [] : [label.toLowerCase()]));
  const twice = wanted.findIndex(({ label }) => labels.filter((each) => each === label?.toLowerCase()).length > 1);
  if (twice < 0) return;
  throw new Refusal("name_taken", `Two triggers have the label ${JSON.stringify(wanted[twice]?.label)}.`, {
    fields: { [`triggers.${twice}.label`]: "is the label of another trigger" },
  });
}

const sameLabel = (one: TriggerSnapshot, other: Wanted): boolean =>
  one.label !== null && one.label.toLowerCase() === other.label?.toLowerCase();

function sameInAll(one: TriggerSnapshot, other: Wanted): boolean {
  return canonicalJson({ ...one, id: null, publicId: null }) === canonicalJson({ ...other, id: null, publicId: null });
}

const sameTimes = (one: TriggerSnapshot, other: Wanted): boolean =>
  one.label === null && other.label === null && timesText(one) === timesText(other);

const sameKind = (one: TriggerSnapshot, other: Wanted): boolean => one.label === null && other.label === null;

const timesText = (trigger: Wanted): string =>
  trigger.kind === "schedule"
    ? `${trigger.expression} ${trigger.zone}`
    : trigger.kind === "once"
      ? `${trigger.at} ${trigger.zone}`
      : "";
