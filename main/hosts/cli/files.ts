import { readFile } from "node:fs/promises";
import { LineCounter, parseDocument } from "yaml";
import { errorText, Refusal, systemCode } from "../../contract/refusal.ts";

/** Bytes of a definition file; the largest thing in one is the text of a routine. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;

/**
 * Reads a file that holds one JSON or YAML object: a routine, an agent's configuration, an env. JSON is YAML too, but it
 * is read as JSON where the name says so, so that its errors are those of JSON.
 */
export async function readObjectFile(file: string): Promise<Record<string, unknown>> {
  const text = await readText(file);
  const value = parseText(file, text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refused(`${file} does not hold an object.`, "Write names and values, as JSON or YAML.");
  }
  return value as Record<string, unknown>;
}

/** A text file as it stands, such as the instructions of a routine. */
export async function readText(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw refused(`${file} cannot be read: ${whyUnreadable(error)}.`, "Check its path and its mode.");
  }
  if (bytes.length > MAX_FILE_BYTES) throw refused(`${file} is larger than 8 MiB.`, "Make it smaller.");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw refused(`${file} is not UTF-8 text.`, "Save it as UTF-8.");
  }
}

/** Why the system did not read a file, in words. */
export function whyUnreadable(error: unknown): string {
  switch (systemCode(error)) {
    case "ENOENT":
      return "it is not there";
    case "EISDIR":
      return "it is a directory";
    case "EACCES":
    case "EPERM":
      return "this user may not";
    default:
      return errorText(error);
  }
}

function parseText(file: string, text: string): unknown {
  if (file.toLowerCase().endsWith(".json")) return parseJson(text, file);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const [error] = document.errors;
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw refused(`${file}, line ${line}, column ${col}: ${firstLine(error.message)}`, "Mend the file there.");
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw refused(`${file}: ${firstLine(errorText(error))}`, "Mend the file.");
  }
  return withoutPrototype(value, file);
}

/** Parses JSON; an error names `where` and the line. It never repeats the text, which may hold a value. */
export function parseJson(text: string, where: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const position = /position (\d+)/.exec(errorText(error))?.[1];
    const line = position === undefined ? text.split("\n").length : text.slice(0, Number(position)).split("\n").length;
    throw refused(
      `${where}, line ${line}: this is not JSON.`,
      "Mend it there; names and texts stand in double quotes.",
    );
  }
  return withoutPrototype(value, where);
}

/** Refuses the one name that JavaScript takes for itself: on its way to the app it would vanish without a word. */
function withoutPrototype(value: unknown, where: string): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Object.hasOwn(value, "__proto__")) {
    throw refused(`${where} uses the name __proto__, which cannot be used.`, "Choose another name.");
  }
  for (const part of Object.values(value)) withoutPrototype(part, where);
  return value;
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? text;
}

function refused(message: string, next: string): Refusal {
  return new Refusal("invalid_input", message, { next });
}
