import { readFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { Refusal } from "../../contract/refusal.ts";
import { UsageError } from "./errors.ts";
import { whyUnreadable } from "./files.ts";

/** Bytes that a value may have: those of a secret (64 KiB) and room for the message that it is too long. */
const MAX_VALUE_BYTES = 256 * 1024;

/** Where a value comes from. Never an argument: other users of the machine can read those. */
export interface ValueOptions {
  readonly valueStdin?: boolean;
  readonly valueFile?: string;
  readonly valueEnv?: string;
}

export interface ValueSources {
  readonly stdin: Readable & { readonly isTTY?: boolean };
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

/** The value, to the byte: no line end is trimmed. What is not UTF-8 is refused. */
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
  return utf8(await readAll(sources.stdin, MAX_VALUE_BYTES), "Standard input");
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
