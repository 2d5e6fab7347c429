import { randomBytes } from "node:crypto";
import { fileKeyOf, makeHead, type Opens, type SealedTo } from "./age-head.ts";
import { AGE_HEAD_BYTES, headBytes } from "./age-header.ts";
import { NONCE_BYTES, openPayload, payloadKey, sealPayload } from "./age-payload.ts";
import { blockCipher } from "./block-cipher.ts";
import { Damaged } from "./damaged.ts";

/** Encrypts a stream; what it yields is one file of the age format. */
export type Seal = (input: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array, void, undefined>;

/**
 * What encrypts one stream to a passphrase or a recipient; a few blocks of it are held. A passphrase takes half a second and
 * 128 MiB, off the main thread, which are free again before the first byte is asked for. Another `cipher` in tests only.
 */
export async function sealFor(to: SealedTo, cipher = blockCipher): Promise<Seal> {
  const { head, fileKey } = await makeHead(to);
  const nonce = randomBytes(NONCE_BYTES);
  return async function* (input) {
    yield Buffer.concat([head, nonce]);
    yield* sealPayload(cipher, payloadKey(fileKey, nonce), input);
  };
}

/**
 * Decrypts a stream of the age format; a few blocks are held. Throws `NotOpened` where what was given does not open it, and
 * `Damaged` where it is not what was encrypted; until its end comes, what was decrypted may have been cut off.
 */
export async function* openAge(
  by: Opens,
  input: AsyncIterable<Uint8Array>,
  cipher = blockCipher,
): AsyncGenerator<Uint8Array, void, undefined> {
  const pieces = input[Symbol.asyncIterator]();
  try {
    const { head, rest } = await readHead(pieces);
    const fileKey = await fileKeyOf(head, by);
    const key = payloadKey(fileKey, rest.subarray(0, NONCE_BYTES));
    yield* openPayload(cipher, key, followedBy(rest.subarray(NONCE_BYTES), pieces));
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
