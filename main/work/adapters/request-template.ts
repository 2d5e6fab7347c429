import type { Json } from "../../database/schema/work.ts";

/**
 * Texts with placeholders, as they stand in a configuration: `{{env.KEY}}` for a variable of the run's environment and, in a
 * body, `{{instructions}}` and the like for what is known of the run. What is filled in is never read for placeholders
 * again, so that nobody who writes instructions or a payload reaches the environment.
 */

/** What a body can say of its run. */
export const FACT_NAMES = [
  "runId",
  "attempt",
  "companyId",
  "routineId",
  "agentId",
  "projectId",
  "trigger",
  "instructions",
  "payload",
] as const;

export type Facts = Readonly<Record<(typeof FACT_NAMES)[number], Json>>;

export type Placeholder =
  | { readonly kind: "env"; readonly key: string }
  | { readonly kind: "fact"; readonly name: keyof Facts };

/** How a body is written, by its content type: what is filled in is escaped accordingly. `text` takes it as it is. */
export type Writing = "json" | "form" | "text";

const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

/** The placeholder that stands between two pairs of braces, or null where there is none of that name. */
function readPlaceholder(inner: string): Placeholder | null {
  const name = inner.trim();
  const key = /^env\.([A-Za-z_][A-Za-z0-9_]*)$/.exec(name)?.[1];
  if (key !== undefined) return { kind: "env", key };
  const fact = FACT_NAMES.find((known) => known === name);
  return fact === undefined ? null : { kind: "fact", name: fact };
}

/** Why a text cannot stand as a template, or null. In a header only the environment is filled in. */
export function whyNoTemplate(text: string, part: "header" | "body"): string | null {
  const known =
    part === "header" ? "{{env.KEY}}" : `{{env.KEY}}, ${FACT_NAMES.map((fact) => `{{${fact}}}`).join(", ")}`;
  for (const [whole, inner = ""] of text.matchAll(PLACEHOLDER)) {
    const placeholder = readPlaceholder(inner);
    if (placeholder === null) return `must not hold ${shown(whole)}: what can be filled in is ${known}`;
    if (part === "header" && placeholder.kind === "fact") {
      return `must not hold ${shown(whole)}: what is known of the run goes into the body, and only {{env.KEY}} into a header`;
    }
  }
  if (text.replaceAll(PLACEHOLDER, "").includes("{{")) {
    return `must not hold {{ but where something is filled in, which is ${known}`;
  }
  return null;
}

/** The variables that texts are filled from, each once. */
export function variablesIn(texts: readonly string[]): string[] {
  const keys = texts.flatMap((text) =>
    [...text.matchAll(PLACEHOLDER)].flatMap(([, inner = ""]) => {
      const placeholder = readPlaceholder(inner);
      return placeholder?.kind === "env" ? [placeholder.key] : [];
    }),
  );
  return [...new Set(keys)];
}

/** Whether a body is filled with this. */
export function holdsFact(text: string, name: keyof Facts): boolean {
  return [...text.matchAll(PLACEHOLDER)].some(([, inner = ""]) => inner.trim() === name);
}

/** A text without its placeholders: what stands in it in clear. */
export function withoutPlaceholders(text: string): string {
  return text.replaceAll(PLACEHOLDER, "");
}

/** How a body of this content type is written. */
export function writingOf(contentType: string): Writing {
  const media = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (media === "application/json" || /^[^/]+\/[^/]+\+json$/.test(media)) return "json";
  return media === "application/x-www-form-urlencoded" ? "form" : "text";
}

/**
 * A template with what its placeholders stand for. In JSON a placeholder between quotes becomes text of that string, and one
 * that stands alone a value of its own, so that the result is JSON whatever is filled in.
 */
export function fillTemplate(template: string, writing: Writing, valueOf: (placeholder: Placeholder) => Json): string {
  return replacePlaceholders(template, writing === "json", (whole, inner, isQuoted) => {
    const placeholder = readPlaceholder(inner);
    if (placeholder === null) return whole;
    const value = valueOf(placeholder);
    if (writing === "json") return isQuoted ? JSON.stringify(textOf(value)).slice(1, -1) : JSON.stringify(value);
    return writing === "form"
      ? encodeURIComponent(textOf(value).replaceAll(/\p{Surrogate}/gu, "\ufffd"))
      : textOf(value);
  });
}

/**
 * A JSON template as a JSON value, with each placeholder as text of the form in which it is written; undefined where the
 * template is not one of JSON.
 */
export function jsonShape(template: string): Json | undefined {
  const text = replacePlaceholders(template, true, (whole, _, isQuoted) => {
    const escaped = JSON.stringify(whole).slice(1, -1);
    return isQuoted ? escaped : `"${escaped}"`;
  });
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function replacePlaceholders(
  template: string,
  isJson: boolean,
  replace: (whole: string, inner: string, isQuoted: boolean) => string,
): string {
  let isQuoted = false;
  let from = 0;
  let filled = "";
  for (const match of template.matchAll(PLACEHOLDER)) {
    const before = template.slice(from, match.index);
    if (isJson) isQuoted = isQuotedAfter(before, isQuoted);
    filled += before + replace(match[0], match[1] ?? "", isQuoted);
    from = match.index + match[0].length;
  }
  return filled + template.slice(from);
}

/** Whether one stands inside a string after a piece of JSON. */
function isQuotedAfter(piece: string, before: boolean): boolean {
  let isQuoted = before;
  for (let at = 0; at < piece.length; at += 1) {
    if (piece[at] === '"') isQuoted = !isQuoted;
    else if (isQuoted && piece[at] === "\\") at += 1;
  }
  return isQuoted;
}

function textOf(value: Json): string {
  if (value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A placeholder for a message: on one line, and not longer than a line. */
function shown(whole: string): string {
  const line = whole.replaceAll(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
