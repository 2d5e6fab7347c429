import type { Variable, VariableValues } from "../../../preload/contract/routines.ts";
import type { Json } from "../../database/schema/work.ts";

/** Levels of objects and lists in each other. What walks through a payload later calls itself for each. */
const DEEPEST = 64;

export type ReadPayload =
  | { readonly ok: true; readonly payload: Json | null }
  | { readonly ok: false; readonly status: 400 | 415; readonly reason: string };

/**
 * The payload in the body of a delivery: JSON, or the fields of a form, of which one named `payload` that holds JSON is the
 * payload itself, as GitHub sends it. No body is no payload. `type` is the header Content-Type; without one it is JSON.
 */
export function readPayload(type: string | undefined, body: string): ReadPayload {
  const media = (type ?? "application/json").split(";")[0]?.trim().toLowerCase() ?? "";
  if (body === "") return { ok: true, payload: null };
  if (media === "application/x-www-form-urlencoded") return readForm(body);
  if (media === "application/json" || /^application\/[\w.-]+\+json$/.test(media)) return readJson(body, "The body");
  return { ok: false, status: 415, reason: "The body is neither JSON nor a form." };
}

function readForm(body: string): ReadPayload {
  const fields = new URLSearchParams(body);
  const only = fields.get("payload");
  if (only !== null && fields.size === 1) return readJson(only, "The field payload");
  const names = [...new Set(fields.keys())];
  const entries = names.map((name) => {
    const values = fields.getAll(name);
    return [name, values.length === 1 ? (values[0] ?? "") : values] as const;
  });
  return { ok: true, payload: Object.fromEntries(entries) };
}

function readJson(text: string, what: string): ReadPayload {
  let payload: Json;
  try {
    payload = JSON.parse(text) as Json;
  } catch {
    return { ok: false, status: 400, reason: `${what} is not JSON.` };
  }
  if (depthOf(payload) <= DEEPEST) return { ok: true, payload };
  return { ok: false, status: 400, reason: `${what} has more than ${DEEPEST} levels.` };
}

/** How deep a value lies in others at most, counted without calling itself; beyond what is taken it stops. */
function depthOf(value: Json): number {
  let level: Json[] = [value];
  for (let depth = 0; ; depth += 1) {
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
    if (level.length === 0 || depth > DEEPEST) return depth;
  }
}

/**
 * What a payload says of the routine's variables: its field of that name where that is a text, a number or a boolean, and
 * before it the one in its field `variables`. Fields that no variable has the name of mean nothing here.
 */
export function variablesOf(definitions: readonly Variable[], payload: Json | null): VariableValues {
  const fields = objectOf(payload);
  const named = objectOf(fields["variables"] ?? null);
  const found = definitions.flatMap(({ name }) => {
    const value = [named, fields]
      .map((from) => (Object.hasOwn(from, name) ? from[name] : undefined))
      .find((one) => typeof one === "string" || typeof one === "number" || typeof one === "boolean");
    return value === undefined ? [] : [[name, value as string | number | boolean] as const];
  });
  return Object.fromEntries(found);
}

function objectOf(value: Json): { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

/** The payload with `***` wherever one of these texts stands in it, names of fields included. */
export function withoutTexts(payload: Json | null, texts: readonly string[]): Json | null {
  const clean = (text: string) => texts.reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
  if (typeof payload === "string") return clean(payload);
  if (Array.isArray(payload)) return payload.map((one) => withoutTexts(one, texts));
  if (typeof payload !== "object" || payload === null) return payload;
  return Object.fromEntries(Object.entries(payload).map(([name, one]) => [clean(name), withoutTexts(one, texts)]));
}
