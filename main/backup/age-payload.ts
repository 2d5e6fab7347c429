import { hkdfSync } from "node:crypto";
import { type BlockCipher, TAG_BYTES } from "./block-cipher.ts";
import { blocksOf } from "./blocks.ts";
import { Damaged } from "./damaged.ts";

// What follows the head of a file in the age format: a nonce, and STREAM over blocks of 64 KiB, each sealed by
// ChaCha20-Poly1305 under its number and whether it is the last one.

/** Bytes of the nonce before the first block. */
export const NONCE_BYTES = 16;
const BLOCK_BYTES = 64 * 1024;

/** The key of the blocks, 32 bytes, from the file's own key and the nonce that stands before them. */
export function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", fileKey, nonce, "payload", 32));
}

/** Encrypts a stream, block by block. */
export async function* sealPayload(
  cipher: BlockCipher,
  key: Uint8Array,
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  for await (const { block, nonce } of numbered(input, BLOCK_BYTES)) yield await cipher.seal(key, nonce, block);
}

/** Decrypts what `sealPayload` made. Throws `Damaged` where a block is another one, is missing, or stands elsewhere. */
export async function* openPayload(
  cipher: BlockCipher,
  key: Uint8Array,
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  for await (const { block, nonce, number, last } of numbered(input, BLOCK_BYTES + TAG_BYTES)) {
    const length = block.length - TAG_BYTES;
    // Only what is empty as a whole ends in an empty block.
    if (length < 0 || (last && length === 0 && number > 0)) throw new Damaged("it ends too early");
    let open: Uint8Array;
    try {
      open = await cipher.open(key, nonce, block);
    } catch (error) {
      // Where a file was cut, the last block that is there was not the last one.
      const what = last ? "it ends too early, or was changed at its end" : "it was changed since it was written";
      throw new Damaged(what, { cause: error });
    }
    yield open;
  }
}

interface Numbered {
  readonly block: Buffer;
  readonly nonce: Buffer;
  /** From 0. */
  readonly number: number;
  readonly last: boolean;
}

/** The blocks of a stream, at least one, each with its nonce: 11 bytes of its number, and 1 at the last one. */
async function* numbered(input: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Numbered, void> {
  let number = 0;
  let held: Buffer | null = null;
  const of = (block: Buffer, last: boolean): Numbered => {
    const nonce = Buffer.alloc(12);
    // 48 bits of blocks are more than any disk holds.
    nonce.writeUIntBE(number, 5, 6);
    nonce.writeUInt8(last ? 1 : 0, 11);
    return { block, nonce, number, last };
  };
  for await (const block of blocksOf(input, size)) {
    if (held !== null) {
      yield of(held, false);
      number += 1;
    }
    held = block;
  }
  if (held !== null) yield of(held, true);
}
