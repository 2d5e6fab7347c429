import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import type { Readable } from "node:stream";
import { Refusal } from "../../contract/refusal.ts";
import { Interrupted, UsageError } from "./errors.ts";
import { whyUnreadable } from "./files.ts";
import type { TextStream } from "./output.ts";

/** Bytes that a value may have: those of a secret (64 KiB) and room for the message that it is too long. */
const MAX_VALUE_BYTES = 256 * 1024;

/** Milliseconds in which the lines of one paste arrive. */
const PASTE_MS = 100;

/** Where a value comes from. Never an argument: other users of the machine can read those. */
export interface ValueOptions {
  readonly valueStdin?: boolean;
  readonly valueFile?: string;
  readonly valueEnv?: string;
}

export interface ValueSources {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** Where a terminal is asked for a value. */
  readonly stderr: TextStream;
  readonly env: NodeJS.ProcessEnv;
}

export const VALUE_SOURCES = "--value-stdin, --value-file FILE or --value-env NAME";

/** Refuses anything but exactly one source, before an instance is opened. */
export function checkValueOptions(options: ValueOptions): void {
  const given = [options.valueStdin, options.valueFile, options.valueEnv].filter((source) => source !== undefined);
  if (given.length === 0)
    throw new UsageError("The value is missing.", `Give it by ${VALUE_SOURCES}; never as an argument.`);
  if (given.length > 1) throw new UsageError("The value has more than one source.", `Give one of ${VALUE_SOURCES}.`);
}

/** The value, to the byte: no line end is trimmed but that of a line typed at a terminal. What is not UTF-8 is refused. */
export async function readValue(options: ValueOptions, sources: ValueSources): Promise<string> {
  checkValueOptions(options);
  if (options.valueEnv !== undefined) {
    const value = sources.env[options.valueEnv];
    if (value === undefined) {
      throw invalid(`The environment has no variable ${options.valueEnv}.`, "Set it, or use another source.");
    }
    return value;
  }
  if (options.valueFile !== undefined) {
    try {
      return utf8(await readFile(options.valueFile), `The file ${options.valueFile}`);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw invalid(
        `The file ${options.valueFile} cannot be read: ${whyUnreadable(error)}.`,
        "Check its path and its mode.",
      );
    }
  }
  if (sources.stdin.isTTY) return readHidden(sources.stdin, sources.stderr);
  return utf8(await readAll(sources.stdin, MAX_VALUE_BYTES), "Standard input");
}

/** One line from a terminal, which does not show it. */
async function readHidden(stdin: Readable, stderr: TextStream): Promise<string> {
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: stdin, output: unseen, terminal: true, historySize: 0 });
  // After the interface is there: it is what keeps the terminal from showing what is typed.
  stderr.write("The value (it is not shown; Enter ends it): ");
  try {
    const lines: string[] = [];
    await new Promise<void>((resolve, reject) => {
      terminal.on("line", (line) => {
        lines.push(line);
        // What is pasted comes at once; the first line of several would be a value that nobody meant.
        setTimeout(resolve, PASTE_MS);
      });
      // The terminal hands Ctrl-C over as a key while it shows nothing.
      terminal.once("SIGINT", () => reject(new Interrupted("Interrupted.", "SIGINT")));
      terminal.once("close", () => reject(invalid("No value was typed.", "Type it, or use another source.")));
    });
    const [value = "", ...more] = lines;
    if (more.length > 0 || terminal.line !== "") {
      throw invalid("The value has more than one line.", "Put it into a file and use --value-file.");
    }
    return value;
  } finally {
    terminal.close();
    stderr.write("\n");
  }
}

/** All bytes of a stream. Refuses more than `limit` of them without reading on. */
export async function readAll(stream: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk), "utf8");
    bytes += buffer.length;
    if (bytes > limit) throw invalid(`Standard input holds more than ${limit} bytes.`, "Give a shorter one.");
    chunks.push(buffer);
  }
  return Buffer.concat(chunks);
}

/** The text of bytes, refused where they are not UTF-8: replacing what is wrong would change the value unseen. */
export function utf8(bytes: Buffer, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalid(`${what} is not UTF-8 text.`, "Store binary material as base64.");
  }
}

function invalid(message: string, next: string): Refusal {
  return new Refusal("secret_value_invalid", message, { next, fields: { value: message } });
}
