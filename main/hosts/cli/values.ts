import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import type { Readable } from "node:stream";
import { Refusal } from "../../contract/refusal.ts";
import { Interrupted, UsageError } from "./errors.ts";
import { whyUnreadable } from "./files.ts";
import { given } from "./invocation.ts";
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

/** Where a recovery code comes from; a terminal is asked for it where nothing is said. */
export interface CodeOptions {
  readonly codeStdin?: boolean;
  readonly codeFile?: string;
  readonly codeEnv?: string;
}

/** What is read, in words, and how it is refused. */
interface Wanted {
  readonly noun: string;
  readonly option: "value" | "code" | "passphrase";
  readonly refusal: "secret_value_invalid" | "recovery_code_invalid" | "invalid_input";
  readonly unlessText: string;
}

const VALUE: Wanted = {
  noun: "value",
  option: "value",
  refusal: "secret_value_invalid",
  unlessText: "Store binary material as base64.",
};
const CODE: Wanted = {
  noun: "recovery code",
  option: "code",
  refusal: "recovery_code_invalid",
  unlessText: "Give the text that was written down.",
};

const PASSPHRASE: Wanted = {
  noun: "passphrase",
  option: "passphrase",
  refusal: "invalid_input",
  unlessText: "Give text.",
};

const sourcesOf = ({ option }: Wanted) => `--${option}-stdin, --${option}-file FILE or --${option}-env NAME`;

export const VALUE_SOURCES = sourcesOf(VALUE);

/** The value, to the byte: no line end is trimmed but that of a line typed at a terminal. What is not UTF-8 is refused. */
export async function readValue(options: ValueOptions, sources: ValueSources): Promise<string> {
  return readOne(VALUE, options, sources);
}

/** A recovery code, as it was written down. */
export async function readCode(options: CodeOptions, sources: ValueSources): Promise<string> {
  const { codeFile, codeEnv } = options;
  const asked = codeFile === undefined && codeEnv === undefined && sources.stdin.isTTY === true;
  const codeStdin = options.codeStdin ?? (asked || undefined);
  return readOne(CODE, given({ valueStdin: codeStdin, valueFile: codeFile, valueEnv: codeEnv }), sources);
}

/** Where a passphrase comes from. */
export interface PassphraseOptions {
  readonly passphraseStdin?: boolean;
  readonly passphraseFile?: string;
  readonly passphraseEnv?: string;
}

/** A passphrase without the line end of its file, or undefined where no source is given. */
export async function readPassphrase(options: PassphraseOptions, sources: ValueSources): Promise<string | undefined> {
  const { passphraseStdin, passphraseFile, passphraseEnv } = options;
  const source = given({ valueStdin: passphraseStdin, valueFile: passphraseFile, valueEnv: passphraseEnv });
  if (Object.keys(source).length === 0) return undefined;
  return (await readOne(PASSPHRASE, source, sources)).replace(/\r?\n$/, "");
}

/** Refuses anything but exactly one source, before an instance is opened. */
async function readOne(wanted: Wanted, options: ValueOptions, sources: ValueSources): Promise<string> {
  const { noun } = wanted;
  const { valueStdin, valueFile, valueEnv } = options;
  const count = [valueStdin, valueFile, valueEnv].filter((source) => source !== undefined).length;
  if (count === 0)
    throw new UsageError(`The ${noun} is missing.`, `Give it by ${sourcesOf(wanted)}; never as an argument.`);
  if (count > 1) throw new UsageError(`The ${noun} has more than one source.`, `Give one of ${sourcesOf(wanted)}.`);
  if (valueEnv !== undefined) {
    const value = sources.env[valueEnv];
    if (value === undefined) {
      throw invalid(`The environment has no variable ${valueEnv}.`, "Set it, or use another source.", wanted);
    }
    return value;
  }
  if (valueFile !== undefined) {
    try {
      return utf8(await readFile(valueFile), `The file ${valueFile}`, wanted);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw invalid(
        `The file ${valueFile} cannot be read: ${whyUnreadable(error)}.`,
        "Check its path and its mode.",
        wanted,
      );
    }
  }
  if (sources.stdin.isTTY) return readHidden(sources.stdin, sources.stderr, wanted);
  return utf8(await readAll(sources.stdin, MAX_VALUE_BYTES, wanted), "Standard input", wanted);
}

/** One line from a terminal, which does not show it. */
async function readHidden(stdin: Readable, stderr: TextStream, wanted: Wanted): Promise<string> {
  const { noun, option } = wanted;
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: stdin, output: unseen, terminal: true, historySize: 0 });
  // After the interface is there: it is what keeps the terminal from showing what is typed.
  stderr.write(`The ${noun} (it is not shown; Enter ends it): `);
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
      terminal.once("close", () => reject(invalid(`No ${noun} was typed.`, "Type it, or use another source.", wanted)));
    });
    const [value = "", ...more] = lines;
    if (more.length > 0 || terminal.line !== "") {
      throw invalid(`The ${noun} has more than one line.`, `Put it into a file and use --${option}-file.`, wanted);
    }
    return value;
  } finally {
    terminal.close();
    stderr.write("\n");
  }
}

/** All bytes of a stream. Refuses more than `limit` of them without reading on. */
export async function readAll(stream: Readable, limit: number, wanted = VALUE): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk), "utf8");
    bytes += buffer.length;
    if (bytes > limit) throw invalid(`Standard input holds more than ${limit} bytes.`, "Give a shorter one.", wanted);
    chunks.push(buffer);
  }
  return Buffer.concat(chunks);
}

/** The text of bytes, refused where they are not UTF-8: replacing what is wrong would change the value unseen. */
export function utf8(bytes: Buffer, what: string, wanted = VALUE): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalid(`${what} is not UTF-8 text.`, wanted.unlessText, wanted);
  }
}

function invalid(message: string, next: string, { refusal, option }: Wanted): Refusal {
  return new Refusal(refusal, message, { next, fields: { [option]: message } });
}
