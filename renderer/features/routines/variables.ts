import type { Variable, VariableValues } from "../../../preload/contract/routines.ts";

/*
 * The rules of the control plane for `{{placeholders}}`, said here too so that a form follows while it is typed in. The
 * control plane has the last word; a test holds the two against each other.
 */

/** Names that are filled in by themselves. */
const BUILT_IN_VARIABLES: ReadonlySet<string> = new Set(["date", "timestamp"]);

/** What the database cannot take. */
const UNSTORABLE = /[\0\p{Cs}]/u;
const PLACEHOLDER = /\{\{\s*([A-Za-z][A-Za-z0-9_]{0,59})\s*\}\}/g;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The names of the placeholders that take a value, in order of their first appearance. */
export function placeholderNames(...texts: readonly string[]): string[] {
  const names = texts.flatMap((text) => Array.from(text.matchAll(PLACEHOLDER), (match) => match[1] ?? ""));
  return [...new Set(names)].filter((name) => !BUILT_IN_VARIABLES.has(name));
}

/**
 * The definitions that a routine keeps: those that have a placeholder, in the order given and the first of a name, then a
 * required text for each placeholder without one.
 */
export function variablesInUse(title: string, instructions: string, definitions: readonly Variable[]): Variable[] {
  const used = placeholderNames(title, instructions);
  const kept = new Map<string, Variable>();
  for (const definition of definitions) {
    if (used.includes(definition.name) && !kept.has(definition.name)) kept.set(definition.name, definition);
  }
  for (const name of used) if (!kept.has(name)) kept.set(name, { name, type: "text", required: true });
  return [...kept.values()];
}

/** A definition with its default in its type, as the control plane keeps it; what is no value of the type stays as typed. */
export function withTypedDefault(variable: Variable): Variable {
  const { type, default: preset } = variable;
  if (typeof preset !== "string" || type === "text" || type === "textarea") return variable;
  const text = preset.trim();
  if (text === "") {
    const { default: _, ...rest } = variable;
    return rest;
  }
  if (type === "number" && NUMBER.test(text) && Number.isFinite(Number(text))) {
    return { ...variable, default: Number(text) };
  }
  return type === "boolean" && (text === "true" || text === "false")
    ? { ...variable, default: text === "true" }
    : variable;
}

/** What is wrong with a definition, or null. */
export function problemOfDefinition(variable: Variable): string | null {
  const { type, options = [] } = variable;
  if (UNSTORABLE.test([variable.label, variable.default, ...options].join(" "))) {
    return "Label, default and options must not hold NUL or half a character.";
  }
  if (type === "select" && options.length === 0) return "A choice needs at least one option.";
  if (new Set(options).size < options.length) return "An option stands there twice.";
  if (options.length > 50) return "A choice takes at most 50 options.";
  if (options.some((option) => option.length > 120)) return "An option takes at most 120 characters.";
  if (type === "number" && typeof withTypedDefault(variable).default === "string")
    return "The default is not a number.";
  if (type === "select" && variable.default !== undefined && !options.includes(String(variable.default))) {
    return "The default is not one of the options.";
  }
  return null;
}

/** What a field of a form holds for a variable that has no value yet: its default as text, or nothing. */
export function startingText(variable: Variable): string {
  return variable.default === undefined ? "" : String(variable.default);
}

/**
 * The values of a form as the control plane takes them. A blank field is left out where there is no default, so that an
 * optional one stays absent; an emptied default is sent as blank, which counts as none.
 */
export function valuesOf(variables: readonly Variable[], texts: Readonly<Record<string, string>>): VariableValues {
  return Object.fromEntries(
    variables.flatMap(({ name, default: preset }) => {
      const text = texts[name] ?? "";
      return text === "" && preset === undefined ? [] : [[name, text] as const];
    }),
  );
}
