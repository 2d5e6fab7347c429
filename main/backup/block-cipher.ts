import { createCipheriv, createDecipheriv } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";

export const TAG_BYTES = 16;

/** ChaCha20-Poly1305 of one block: key of 32 bytes, nonce of 12. What is sealed ends in its tag. */
export interface BlockCipher {
  readonly seal: (key: Uint8Array, nonce: Uint8Array, block: Uint8Array) => Uint8Array | Promise<Uint8Array>;
  /** Throws where it is not what was sealed; `sealed` has the length of a tag at least. */
  readonly open: (key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array) => Uint8Array | Promise<Uint8Array>;
}

const NAME = "chacha20-poly1305";
const OPTIONS = { authTagLength: TAG_BYTES };

export const nodeCipher: BlockCipher = {
  seal: (key, nonce, block) => {
    const cipher = createCipheriv(NAME, key, nonce, OPTIONS);
    return Buffer.concat([cipher.update(block), cipher.final(), cipher.getAuthTag()]);
  },
  open: (key, nonce, sealed) => {
    const length = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(NAME, key, nonce, OPTIONS);
    decipher.setAuthTag(sealed.subarray(length));
    const block = decipher.update(sealed.subarray(0, length));
    decipher.final();
    return block;
  },
};

/** A block of 64 KiB takes about half a millisecond: everything else has its turn between two of them. */
export const scriptCipher: BlockCipher = {
  seal: async (key, nonce, block) => {
    await setImmediate();
    return chacha20poly1305(key, nonce).encrypt(block);
  },
  open: async (key, nonce, sealed) => {
    await setImmediate();
    return chacha20poly1305(key, nonce).decrypt(sealed);
  },
};

/** The one of this Node, where it has it: Electron's does not. */
export const blockCipher: BlockCipher = hasCipher() ? nodeCipher : scriptCipher;

function hasCipher(): boolean {
  try {
    createCipheriv(NAME, new Uint8Array(32), new Uint8Array(12), OPTIONS);
    return true;
  } catch {
    return false;
  }
}
