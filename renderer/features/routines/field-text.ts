import type { RoutineDiff } from "../../../preload/contract/routines.ts";
import { bytesText } from "../../ui/time-text.ts";
import { catchUpChoices, concurrencyChoices, priorityChoices } from "./policies.ts";

type Value = RoutineDiff["fields"][number]["from"];

/** A field of a diff in words. */
export function fieldText(field: string, value: Value): string {
  if (value === null) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return numberText(field, value);
  if (typeof value === "string") return value === "" ? "empty" : choice(field, value);
  if (Array.isArray(value)) {
    if (value.length === 0) return "none";
    return value.map((each) => (typeof each === "string" ? each : JSON.stringify(each))).join(", ");
  }
  if (field.startsWith("triggers.")) return triggerText(value);
  return field.startsWith("variables.") ? variableText(value) : JSON.stringify(value);
}

function numberText(field: string, value: number): string {
  if (field.endsWith("Seconds")) return `${value} s`;
  if (field === "retry.backoffFactor") return `${value} times the one before`;
  if (field === "retry.jitter") return `${Math.round(value * 1_000) / 10} %`;
  return field === "limits.logLimitBytes" ? bytesText(value) : String(value);
}

function choice(field: string, value: string): string {
  const choices = { concurrencyPolicy: concurrencyChoices, catchUpPolicy: catchUpChoices, priority: priorityChoices };
  const known = Object.entries(choices).find(([name]) => name === field)?.[1];
  return known?.find(({ id }) => id === value)?.label ?? value;
}

function variableText(variable: { readonly [key: string]: Value }): string {
  const { type, required, label, default: preset, options } = variable;
  return [
    String(type),
    required === false ? "optional" : "required",
    ...(typeof label === "string" ? [`label ${label}`] : []),
    ...(preset === undefined ? [] : [`default ${String(preset)}`]),
    ...(Array.isArray(options) ? [`options ${options.join(", ")}`] : []),
  ].join(" · ");
}

/** A trigger of a revision, such as `schedule · 0 9 * * 1-5 · Europe/Berlin · on time for 300 s`. */
function triggerText(trigger: { readonly [key: string]: Value }): string {
  const { kind, label, expression, at, zone, graceSeconds, missedCap, signingMode, replayWindowSeconds } = trigger;
  const named = (name: string, value: Value | undefined, unit = "") =>
    value === undefined || value === null ? [] : [`${name}${String(value)}${unit}`];
  return [
    String(kind),
    ...named("label ", label),
    ...named("", expression),
    ...named("", at),
    ...named("", zone),
    ...named("on time for ", graceSeconds, " s"),
    ...named("cap ", missedCap),
    ...named("proof ", signingMode),
    ...named("replay window ", replayWindowSeconds, " s"),
  ].join(" · ");
}

/** What the row of a field is called; of a trigger its label, where it has one. */
export function fieldName({ field, from, to }: RoutineDiff["fields"][number]): string | null {
  if (!field.startsWith("triggers.")) return null;
  const label = [to, from].flatMap((side) => {
    if (typeof side !== "object" || side === null || Array.isArray(side)) return [];
    return typeof side["label"] === "string" ? [side["label"]] : [];
  })[0];
  return label === undefined ? "Trigger" : `Trigger ${label}`;
}
