import { argvText, parseArgv } from "./argv.ts";
import { pairsText, readPairs } from "./pairs.ts";

/** A value of an adapter's configuration, as JSON has it. */
export type ConfigValue = string | number | boolean | null | ConfigValue[] | { [key: string]: ConfigValue };

/** One field of an adapter's configuration, as its form shows it. */
export interface ConfigField {
  readonly name: string;
  readonly label: string;
  readonly help: string | null;
  readonly required: boolean;
  /**
   * `arguments` is a list of texts, written as a command line; `pairs` are texts by name, written as lines; `lines` is a text
   * of several lines. `json` is what has no field of its own kind.
   */
  readonly kind: "text" | "lines" | "integer" | "choice" | "arguments" | "pairs" | "json";
  /** Of a choice. */
  readonly options: readonly string[];
  /** What is taken where it is left out, as text. */
  readonly preset: string | null;
}

export type ReadField =
  | { readonly ok: true; /** Undefined where it is left out. */ readonly value: ConfigValue | undefined }
  | { readonly ok: false; readonly message: string };

/** The fields of a configuration, from its JSON Schema, in its order. */
export function configFields(schema: unknown): readonly ConfigField[] {
  const { properties, required } = objectOf(schema);
  const names = Array.isArray(required) ? required : [];
  return Object.entries(objectOf(properties)).map(([name, property]) =>
    configField(name, objectOf(property), names.includes(name)),
  );
}

function configField(name: string, property: Readonly<Record<string, unknown>>, required: boolean): ConfigField {
  const { type, title, description, enum: choices, default: preset } = property;
  const options = Array.isArray(choices) ? choices.filter((choice) => typeof choice === "string") : [];
  const kind = options.length > 0 ? "choice" : kindOf(type, property);
  return {
    name,
    label: typeof title === "string" ? title : labelOf(name),
    help: typeof description === "string" ? description : null,
    required,
    kind,
    options,
    preset: preset === undefined ? null : textOf(kind, preset as ConfigValue),
  };
}

function kindOf(type: unknown, property: Readonly<Record<string, unknown>>): ConfigField["kind"] {
  const isOfTexts = (part: string) => objectOf(property[part])["type"] === "string";
  if (type === "string") return property["contentMediaType"] === undefined ? "text" : "lines";
  if (type === "integer") return "integer";
  if (type === "array" && isOfTexts("items")) return "arguments";
  return type === "object" && isOfTexts("additionalProperties") ? "pairs" : "json";
}

const LABELS: Readonly<Record<string, string>> = {
  cwd: "Folder",
  timeoutSeconds: "Timeout in seconds",
  extraArguments: "Further arguments",
  url: "URL",
  expectStatus: "Expected status",
};

/** `maxTurns` → `Max turns`, where there is no better word. */
export function labelOf(name: string): string {
  const words = name.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
  return LABELS[name] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

const CHOICES: Readonly<Record<string, string>> = {
  stdin: "On standard input",
  argument: "As an argument",
  file: "As a file",
  none: "Not at all",
};

/** A choice in words, where there are better ones than its own. */
export function choiceLabel(choice: string): string {
  return CHOICES[choice] ?? choice;
}

/** A stored value as the text of its field. */
export function fieldText(field: ConfigField, value: ConfigValue): string {
  return textOf(field.kind, value);
}

function textOf(kind: ConfigField["kind"], value: ConfigValue): string {
  if (kind === "arguments" && Array.isArray(value)) return argvText(value.map(String));
  if (kind === "pairs") return pairsText(Object.entries(objectOf(value)).map(([name, text]) => [name, String(text)]));
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * The value of a field from its text; empty text leaves it out. Only what cannot be read at all is judged here: patterns
 * and limits are the control plane's.
 */
export function readField(field: ConfigField, text: string): ReadField {
  if (text.trim() === "") return { ok: true, value: field.kind === "arguments" && field.required ? [] : undefined };
  switch (field.kind) {
    case "text":
    case "lines":
    case "choice":
      return { ok: true, value: text };
    case "integer":
      return { ok: true, value: Number.isNaN(Number(text)) ? text : Number(text) };
    case "arguments": {
      const parsed = parseArgv(text);
      return parsed.ok ? { ok: true, value: [...parsed.argv] } : parsed;
    }
    case "pairs":
      return readPairs(text);
    case "json":
      return readJson(text);
  }
}

function readJson(text: string): ReadField {
  try {
    return { ok: true, value: JSON.parse(text) as ConfigValue };
  } catch {
    return { ok: false, message: "This is not valid JSON." };
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
