import { type Document, isMap, LineCounter, parseDocument, stringify } from "yaml";
import { routineInput, type RoutineInput } from "../../preload/contract/routines.ts";
import { Refusal } from "../contract/refusal.ts";

/** A routine of a file as it was read: a definition, or what is wrong with it. */
export interface FileEntry {
  readonly title: string;
  /** Where it begins, from 1; null where the file is not told by lines. */
  readonly line: number | null;
  readonly problems: readonly string[];
  /** Null where there are problems. */
  readonly routine: RoutineInput | null;
  /** Env keys whose values the file does not hold. */
  readonly withheld: readonly string[];
}

/** An env key whose plain value looks like a credential: the file says that it is there, and not what it is. */
export const WITHHELD = { type: "withheld" } as const;

/** As many as a file may have. */
const MOST_ROUTINES = 1_000;

/**
 * Routines as a file: one alone stands as it is, which is what `routines create --file` takes; several stand in a list.
 * Reading the text gives the same routines again.
 */
export function printDefinitions(routines: readonly object[], format: "yaml" | "json"): string {
  const [only] = routines;
  const content = routines.length === 1 && only !== undefined ? only : { version: 1, routines };
  if (format === "json") return `${JSON.stringify(content, null, 2)}\n`;
  return stringify(content, { lineWidth: 0, aliasDuplicateObjects: false });
}

/**
 * Reads the routines of a file: YAML or JSON, one routine or a list of them. Refuses `invalid_input` with the line where the
 * text is neither. What is wrong with single routines stands in their entries. No message repeats a value.
 */
export function readDefinitions(text: string): FileEntry[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const [error] = document.errors;
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw notImported(`line ${line}, column ${col}: ${sentenceOf(error.code)}`, line);
  }
  const place = (path: readonly PropertyKey[]): number | null => lineOf(document, lines, path);
  const content = plain(document);
  const { items, at } = listOf(content);
  if (items.length > MOST_ROUTINES) throw notImported(`it holds more than ${MOST_ROUTINES} routines.`, null);
  return items.map((item, index) =>
    entryOf(item, [...at, ...(at.length > 0 || Array.isArray(content) ? [index] : [])], place),
  );
}

function plain(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    throw notImported("its aliases refer to too much, or to nothing.", null);
  }
}

function listOf(content: unknown): { readonly items: readonly unknown[]; readonly at: readonly string[] } {
  if (Array.isArray(content)) return { items: content, at: [] };
  if (typeof content !== "object" || content === null) {
    throw notImported("it does not hold a routine: names and values are wanted, such as `title: Nightly triage`.", 1);
  }
  if (!("routines" in content)) return { items: [content], at: [] };
  const { version = 1, routines, ...others } = content as { version?: unknown; routines: unknown };
  if (version !== 1) throw notImported("it is of a later version than this app knows.", null);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw notImported(`"${unknown.slice(0, 60)}" is not known beside "routines".`, null);
  if (!Array.isArray(routines)) throw notImported('"routines" is no list.', null);
  return { items: routines, at: ["routines"] };
}

function entryOf(
  item: unknown,
  path: readonly PropertyKey[],
  place: (path: readonly PropertyKey[]) => number | null,
): FileEntry {
  const { value, withheld } = withoutWithheld(item);
  const title = titleOf(item);
  const line = place(path);
  const parsed = routineInput.safeParse(value);
  if (parsed.success) return { title: parsed.data.title, line, problems: [], routine: parsed.data, withheld };
  const problems = parsed.error.issues.slice(0, 20).map((issue) => {
    const unknown = issue.code === "unrecognized_keys" ? issue.keys : [];
    const [field, message] =
      unknown.length > 0
        ? [[...issue.path, ...unknown.slice(0, 1)], "is not known there"]
        : [issue.path, issue.message];
    const at = place([...path, ...field]);
    const name = field.map(String).join(".").slice(0, 200);
    return `${at === null ? "" : `Line ${at}: `}${name === "" ? "the routine" : name} ${message}.`;
  });
  return { title, line, problems, routine: null, withheld };
}

function titleOf(item: unknown): string {
  const title: unknown = typeof item === "object" && item !== null && "title" in item ? item.title : null;
  return typeof title === "string" ? title.slice(0, 200) : "without a title";
}

/** The routine without the keys of its env that the file withholds, and these keys. */
function withoutWithheld(item: unknown): { readonly value: unknown; readonly withheld: readonly string[] } {
  if (typeof item !== "object" || item === null || !("env" in item)) return { value: item, withheld: [] };
  const { env } = item;
  if (typeof env !== "object" || env === null) return { value: item, withheld: [] };
  const withheld = Object.entries(env).flatMap(([key, binding]: [string, unknown]) =>
    typeof binding === "object" && binding !== null && "type" in binding && binding.type === WITHHELD.type ? [key] : [],
  );
  const kept = Object.fromEntries(Object.entries(env).filter(([key]) => !withheld.includes(key)));
  return { value: withheld.length === 0 ? item : { ...item, env: kept }, withheld };
}

/** The line of the innermost part of a path that the file has. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | null {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    const parent: unknown = length === 0 ? null : document.getIn(path.slice(0, length - 1), true);
    const key = isMap(parent)
      ? parent.items.find((pair) => String(pair.key) === String(path[length - 1]))?.key
      : undefined;
    const range = rangeOf(key) ?? rangeOf(node);
    if (range !== null) return lines.linePos(range).line;
  }
  return null;
}

function rangeOf(node: unknown): number | null {
  if (typeof node !== "object" || node === null || !("range" in node) || !Array.isArray(node.range)) return null;
  const [start]: unknown[] = node.range;
  return typeof start === "number" ? start : null;
}

/** What the reader of YAML found, in words that repeat nothing of the text. */
function sentenceOf(code: string): string {
  const words = code.toLowerCase().replaceAll("_", " ");
  return `this is not YAML or JSON (${words}).`;
}

function notImported(why: string, line: number | null): Refusal {
  return new Refusal("invalid_input", `The file was not read: ${why}`, {
    next: "Mend the file there, or export one to see how it is written: `paperclip-desktop routines export NAME`",
    fields: { text: why },
    ...(line === null ? {} : { details: { line } }),
  });
}
