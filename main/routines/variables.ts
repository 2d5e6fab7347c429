import type { Variable, VariableValues } from "../../preload/contract/routines.ts";
import { Refusal } from "../contract/refusal.ts";

/**
 * Variables of a routine: `{{name}}` in its title and instructions. Built-in ones need no definition and take no value:
 * `date` is the day, such as `2026-03-08`, and `timestamp` the minute with its zone, such as `2026-03-08 07:00 UTC`.
 */
const BUILT_IN_VARIABLES: ReadonlySet<string> = new Set(["date", "timestamp"]);

type Value = string | number | boolean;

const PLACEHOLDER = /\{\{\s*([A-Za-z][A-Za-z0-9_]{0,59})\s*\}\}/g;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The names of all placeholders of the texts, in order of their first appearance. */
export function placeholderNames(...texts: readonly string[]): string[] {
  const names = texts.flatMap((text) => Array.from(text.matchAll(PLACEHOLDER), (match) => match[1] ?? ""));
  return [...new Set(names)];
}

/**
 * The definitions that a routine keeps: those that have a placeholder, in the order given, then a required text for each
 * placeholder without one. A default takes the type of its variable. Refuses (`variable_invalid`) what cannot be right.
 */
export function deriveVariables(title: string, instructions: string, definitions: readonly Variable[]): Variable[] {
  const defined = new Map<string, Variable>();
  for (const definition of definitions) {
    const { name } = definition;
    if (BUILT_IN_VARIABLES.has(name)) throw invalid(name, "is filled in by itself and cannot be defined");
    if (defined.has(name)) throw invalid(name, "is defined twice");
    defined.set(name, judged(definition));
  }
  const used = placeholderNames(title, instructions).filter((name) => !BUILT_IN_VARIABLES.has(name));
  const kept = [...defined.values()].filter(({ name }) => used.includes(name));
  const added = used
    .filter((name) => !defined.has(name))
    .map((name): Variable => ({ name, type: "text", required: true }));
  return [...kept, ...added];
}

/** A definition that makes sense in itself, with its default in its type. */
function judged(definition: Variable): Variable {
  const { name, type, options } = definition;
  if (type === "select" && !options?.length) throw invalid(name, "is a choice and needs options");
  if (type !== "select" && options !== undefined) throw invalid(name, `has options, which only a select takes`);
  if (options && new Set(options).size < options.length) throw invalid(name, "has an option twice");
  if (definition.default === undefined) return definition;
  const value = typed(definition, definition.default, "the default");
  const { default: _, ...rest } = definition;
  return value === undefined ? rest : { ...rest, default: value };
}

/**
 * The values of a run: what was provided, else the default. A blank value counts as none. Values may come as text, as a
 * command line sends them: `"3"` for a number, `"true"` for a boolean; a number or boolean given for a text is written
 * out. Refuses unknown names and wrong types (`variable_invalid`) and required ones without a value
 * (`variable_missing`, all of them named).
 */
export function resolveValues(definitions: readonly Variable[], provided: VariableValues): VariableValues {
  for (const name of Object.keys(provided)) {
    if (BUILT_IN_VARIABLES.has(name)) throw invalid(name, "is filled in by itself and takes no value");
    if (!definitions.some((definition) => definition.name === name)) {
      throw invalid(name, "is not a variable of this routine", namesOf(definitions));
    }
  }
  const missing: string[] = [];
  const values: [string, Value][] = [];
  for (const definition of definitions) {
    const { name } = definition;
    const given = Object.hasOwn(provided, name) ? provided[name] : definition.default;
    const value = given === undefined ? undefined : typed(definition, given, "its value");
    if (value !== undefined && !(definition.required && isBlank(value))) values.push([name, value]);
    else if (definition.required) missing.push(name);
  }
  if (missing.length > 0) throw missingValues(missing);
  return Object.fromEntries(values);
}

/** The value in the variable's type; undefined where a blank text stands for no number, boolean or choice. */
function typed(definition: Variable, value: Value, what: string): Value | undefined {
  const { name, type, options } = definition;
  if (type === "text" || type === "textarea") return String(value);
  if (isBlank(value)) return undefined;
  const text = String(value).trim();
  switch (type) {
    case "number": {
      const number = typeof value === "number" ? value : Number(text);
      const readable = typeof value === "number" || (typeof value === "string" && NUMBER.test(text));
      if (!readable || !Number.isFinite(number)) throw invalid(name, `is a number, and ${what} is not`);
      return number;
    }
    case "boolean":
      if (text !== "true" && text !== "false") throw invalid(name, `is true or false, and ${what} is neither`);
      return text === "true";
    case "select": {
      const option = options?.find((candidate) => candidate === String(value));
      if (option === undefined) throw invalid(name, `is a choice, and ${what} is not one of its options`, options);
      return option;
    }
  }
}

const isBlank = (value: Value): boolean => typeof value === "string" && value.trim() === "";

/**
 * The built-in values of an instant, in the given IANA zone. A run without a schedule has no zone of its own and takes
 * UTC.
 */
export function builtInValues(now: Date, zone: string): VariableValues {
  const parts = new Intl.DateTimeFormat("en-US-u-ca-iso8601-nu-latn", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(now);
  const part = (type: string) => parts.find((candidate) => candidate.type === type)?.value ?? "";
  const date = `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}`;
  return { date, timestamp: `${date} ${part("hour")}:${part("minute")} ${zone}` };
}

/** Characters. A long value at many places would otherwise make a text that fits no memory. */
const LONGEST_TEXT = 1_000_000;

/**
 * Puts values where their placeholders stand, in one pass: a value that holds `{{x}}` stays as it is. A placeholder
 * without a value becomes empty; it is an optional variable that was not given. Refuses (`variable_invalid`) values that
 * add up to more than a million characters.
 */
export function interpolate(text: string, values: VariableValues): string {
  let added = 0;
  return text.replace(PLACEHOLDER, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? String(values[name]) : "";
    added += value.length;
    if (added > LONGEST_TEXT) throw invalid(name, "makes the text longer than a million characters");
    return value;
  });
}

const namesOf = (definitions: readonly Variable[]): string[] => definitions.map(({ name }) => name);

function invalid(name: string, why: string, choices?: readonly string[]): Refusal {
  const next = choices?.length ? { next: `Possible: ${choices.join(", ")}.` } : {};
  return new Refusal("variable_invalid", `The variable ${name} ${why}.`, {
    fields: { [`variables.${name}`]: why },
    details: { variable: name },
    ...next,
  });
}

function missingValues(names: readonly string[]): Refusal {
  const [first = ""] = names;
  const message =
    names.length === 1
      ? `The variable ${first} is required and has no value.`
      : `The variables ${names.join(", ")} are required and have no value.`;
  return new Refusal("variable_missing", message, {
    fields: Object.fromEntries(names.map((name) => [`variables.${name}`, "needs a value"])),
    details: { variable: first },
    next: `Give a value, such as --var ${first}=VALUE, or set a default in the routine.`,
  });
}
