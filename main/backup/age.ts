import { getCiphers, randomBytes } from "node:crypto";
import { throughLibrary } from "./age-by-library.ts";
import { deriveFor, deriveNew, fileKeyOf, makeHead } from "./age-head.ts";
import { AGE_HEAD_BYTES, headBytes, readAgeHead } from "./age-header.ts";
import type { Opens, SealedTo } from "./age-messages.ts";
import { CIPHER, NONCE_BYTES, openPayload, payloadKey, sealPayload } from "./age-payload.ts";
import { Damaged } from "./damaged.ts";

/** Encrypts a stream; what it yields is one file of the age format. */
export type Seal = (input: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array, void, undefined>;

export interface AgeOptions {
  /** The built entry of the thread that encrypts and decrypts where `native` is false. */
  readonly ageEntry: string;
  /** Whether the cipher of this Node is used: Electron's Node does not have it. Other than that in tests. */
  readonly native?: boolean;
}

const NATIVE = getCiphers().includes(CIPHER);

/**
 * What encrypts one stream to a passphrase or a recipient; a few blocks of it are held. A passphrase takes half a second and
 * 128 MiB, off the main thread, which are free again before the first byte is asked for.
 */
export async function sealFor({ ageEntry, native = NATIVE }: AgeOptions, to: SealedTo): Promise<Seal> {
  if (!native) {
    const sealedTo = "passphrase" in to ? { derived: await deriveNew(to.passphrase) } : to;
    return (input) => throughLibrary(ageEntry, { type: "seal", to: sealedTo }, input);
  }
  const { head, fileKey } = await makeHead(to);
  const nonce = randomBytes(NONCE_BYTES);
  return async function* (input) {
    yield Buffer.concat([head, nonce]);
    yield* sealPayload(payloadKey(fileKey, nonce), input);
  };
}

/**
 * Decrypts a stream of the age format; a few blocks are held. Throws `NotOpened` where what was given does not open it, and
 * `Damaged` where it is not what was encrypted; until its end comes, what was decrypted may have been cut off.
 */
export function openAge(
  { ageEntry, native = NATIVE }: AgeOptions,
  by: Opens,
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void, undefined> {
  return native ? openHere(by, input) : openByLibrary(ageEntry, by, input);
}

async function* openByLibrary(
  ageEntry: string,
  by: Opens,
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void, undefined> {
  const pieces = input[Symbol.asyncIterator]();
  try {
    const { head, rest } = await readHead(pieces);
    readAgeHead(head);
    const opens = "passphrase" in by ? { derived: await deriveFor(by.passphrase, head) } : by;
    const whole = followedBy(Buffer.concat([head, rest]), pieces);
    yield* throughLibrary(ageEntry, { type: "open", by: opens }, whole);
  } finally {
    await pieces.return?.();
  }
}

async function* openHere(by: Opens, input: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  const pieces = input[Symbol.asyncIterator]();
  try {
    const { head, rest } = await readHead(pieces);
    const fileKey = await fileKeyOf(head, by);
    const key = payloadKey(fileKey, rest.subarray(0, NONCE_BYTES));
    yield* openPayload(key, followedBy(rest.subarray(NONCE_BYTES), pieces));
  } finally {
    await pieces.return?.();
  }
}

/** The head of a file, and what was read behind it: a nonce at least. */
async function readHead(pieces: AsyncIterator<Uint8Array>): Promise<{ readonly head: Buffer; readonly rest: Buffer }> {
  let start = Buffer.alloc(0);
  for (;;) {
    const bytes = headBytes(start);
    if (bytes !== null && start.length >= bytes + NONCE_BYTES) {
      return { head: start.subarray(0, bytes), rest: start.subarray(bytes) };
    }
    const { value, done } = await pieces.next();
    if (done === true || (bytes === null && start.length > AGE_HEAD_BYTES)) {
      throw new Damaged("it is no file of the age format");
    }
    start = Buffer.concat([start, value]);
  }
}

async function* followedBy(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* { [Symbol.asyncIterator]: () => rest };
}
