import { createHmac, timingSafeEqual } from "node:crypto";

/** Bytes of a master key and of every other key here. */
export const KEY_BYTES = 32;

/** A master key with its public name. `bytes` never leaves this room. */
export interface MasterKey {
  readonly bytes: Buffer;
  /** 16 hex digits that name the key and say nothing about it. */
  readonly id: string;
  /** 64 hex digits by which a database knows its key again. */
  readonly checkValue: string;
}

/** The key of 32 bytes, with its id and check value. */
export function masterKey(bytes: Buffer): MasterKey {
  return { bytes, id: derive(bytes, "key id").slice(0, 16), checkValue: derive(bytes, "check value") };
}

/**
 * Reads a master key as operators write it: 64 hex digits, base64 (either alphabet, padded or not) of 32 bytes, or 32
 * characters that are the key themselves. White space around the first two and one line end after the third are left
 * out. Null where it is none of these. The three cannot be taken for each other: their lengths differ.
 */
export function parseMasterKey(text: string): MasterKey | null {
  const trimmed = text.trim();
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return masterKey(Buffer.from(trimmed, "hex"));
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)) return masterKey(Buffer.from(trimmed, "base64"));
  const raw = text.replace(/\r?\n$/, "");
  const bytes = Buffer.from(raw, "utf8");
  // A replacement character stands for bytes that were not UTF-8 when a file was read: not what the operator wrote.
  return bytes.length === KEY_BYTES && !/[\p{Cc}\p{Cs}\uFFFD]/u.test(raw) ? masterKey(bytes) : null;
}

/** A master key as this program writes it to a file: base64 and a line end. */
export function keyText({ bytes }: MasterKey): string {
  return `${bytes.toString("base64")}\n`;
}

/** Whether this key is the one that a database was made with, by id and check value. */
export function isKeyOf(key: MasterKey, expected: { keyId: string; checkValue: string | null }): boolean {
  return key.id === expected.keyId && expected.checkValue !== null && sameText(key.checkValue, expected.checkValue);
}

/** Compares two texts in a time that does not depend on where they differ. */
function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one, "utf8"), Buffer.from(other, "utf8")];
  return a.length === b.length && timingSafeEqual(a, b);
}

function derive(key: Buffer, purpose: string): string {
  return createHmac("sha256", key).update(`paperclip-desktop master key: ${purpose} v1`).digest("hex");
}
