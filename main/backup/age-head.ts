import { randomBytes, scrypt, type ScryptOptions } from "node:crypto";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import type { Identity, Recipient } from "age-encryption";
import { readAgeHead } from "./age-header.ts";
import { TAG_BYTES } from "./block-cipher.ts";
import { Damaged, NotOpened } from "./damaged.ts";

// The head of a file in the age format is the library's. Only the derivation from a passphrase is done here: Node's gives
// its memory back at once and takes half the time. The library is loaded afterwards, so that the two do not add up.

/** The work factor of scrypt in what is made: 2^17 rounds, 128 MiB, about half a second. */
const WORK_FACTOR = 17;

/** To whom something is encrypted. Never part of an argument or an environment. */
export type SealedTo = { readonly passphrase: string } | { readonly recipient: string };
/** By what something is opened. Never part of an argument or an environment. */
export type Opens = { readonly passphrase: string } | { readonly identity: string };

/** A head with a new key of the file, 16 bytes, that is sealed in it. */
export async function makeHead(to: SealedTo): Promise<{ readonly head: Buffer; readonly fileKey: Uint8Array }> {
  const recipient = "passphrase" in to ? await recipientWith(await deriveNew(to.passphrase)) : to.recipient;
  const { Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  let fileKey: Uint8Array | null = null;
  // It is told the key, and adds nothing to the head.
  encrypter.addRecipient({
    wrapFileKey: (key) => {
      fileKey = Uint8Array.from(key);
      return [];
    },
  });
  const file = await encrypter.encrypt(new Uint8Array());
  if (fileKey === null) throw new Error("the library did not tell the key of the file");
  // What follows the head of an empty file is a nonce and the tag of an empty block.
  return { head: Buffer.from(file.subarray(0, -2 * TAG_BYTES)), fileKey };
}

/** The key of a file, from its head. Throws `NotOpened`, and `Damaged` for a head that `readAgeHead` refuses or that was changed. */
export async function fileKeyOf(head: Buffer, by: Opens): Promise<Uint8Array> {
  readAgeHead(head);
  const identity = "passphrase" in by ? identityWith(await deriveFor(by.passphrase, head)) : by.identity;
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  try {
    return await decrypter.decryptHeader(head);
  } catch (error) {
    if (error instanceof Error && /no identity matched/.test(error.message)) throw notOpened();
    throw new Damaged("it is no file of the age format, or was changed since", { cause: error });
  }
}

const FILE_KEY_BYTES = 16;
const SALT_BYTES = 16;
/** Each key seals one thing once. */
const NO_NONCE = new Uint8Array(12);

/** What is derived from a passphrase; it opens the key of a file. */
interface PassphraseKey {
  /** As it stands in the head: base64 without its end. */
  readonly salt: string;
  readonly key: Uint8Array;
}

/** For a new file. Takes 128 MiB until it answers. */
async function deriveNew(passphrase: string): Promise<PassphraseKey> {
  const salt = randomBytes(SALT_BYTES);
  return { salt: salt.toString("base64").replace(/=+$/, ""), key: await derive(passphrase, salt, WORK_FACTOR) };
}

/** For the file with this head, which `readAgeHead` has to take. Takes 256 MiB at most until it answers. */
async function deriveFor(passphrase: string, head: Buffer): Promise<PassphraseKey> {
  const [, salt, factor] = /^-> scrypt (\S+) (\d+)$/m.exec(head.toString("latin1")) ?? [];
  if (salt === undefined) throw notOpened();
  return { salt, key: await derive(passphrase, Buffer.from(salt, "base64"), Number(factor)) };
}

async function recipientWith({ salt, key }: PassphraseKey): Promise<Recipient> {
  const { Stanza } = await import("age-encryption");
  return {
    wrapFileKey: (fileKey) => [
      new Stanza(["scrypt", salt, String(WORK_FACTOR)], chacha20poly1305(key, NO_NONCE).encrypt(fileKey)),
    ],
  };
}

function identityWith({ key }: PassphraseKey): Identity {
  return {
    unwrapFileKey: ([stanza]) => {
      if (stanza?.body.length !== FILE_KEY_BYTES + TAG_BYTES) throw new Error("the key of the file is not of its form");
      try {
        return chacha20poly1305(key, NO_NONCE).decrypt(stanza.body);
      } catch {
        return null;
      }
    },
  };
}

/** On a thread of the pool: 2^factor rounds, and as many KiB of memory meanwhile. */
function derive(passphrase: string, salt: Buffer, factor: number): Promise<Buffer> {
  const N = 2 ** factor;
  const options: ScryptOptions = { N, r: 8, p: 1, maxmem: 2 * 128 * 8 * N };
  const label = Buffer.concat([Buffer.from("age-encryption.org/v1/scrypt"), salt]);
  return new Promise((resolve, reject) => {
    scrypt(passphrase, label, 32, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

function notOpened(): NotOpened {
  return new NotOpened("it is not opened by what was given");
}
