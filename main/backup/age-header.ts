import type { OpenedBy } from "../../preload/contract/backups.ts";
import { Damaged } from "./damaged.ts";

/** The first line of a file of the age format. */
const MAGIC = "age-encryption.org/v1\n";
/** The highest work factor of scrypt that is opened, 256 MiB: a file of a stranger must not take all memory. */
const MOST_WORK_FACTOR = 18;
/** Bytes in which the heads of what this app encrypts end: one recipient takes about 200. */
export const AGE_HEAD_BYTES = 4_096;

/** Whether a file begins as one of the age format. */
export function isAge(start: Buffer): boolean {
  return start.subarray(0, MAGIC.length).toString("latin1") === MAGIC;
}

/** Bytes of the head that these begin with, or null where they do not hold its end. */
export function headBytes(start: Buffer): number | null {
  const last = start.subarray(0, AGE_HEAD_BYTES).indexOf("\n--- ");
  const end = last === -1 ? -1 : start.indexOf("\n", last + 1);
  return end === -1 ? null : end + 1;
}

/**
 * By what a file is opened, from its first bytes. Throws `Damaged` where it is none of the age format, has another number or
 * kind of recipients than this app writes, or would take more memory to open than it may.
 */
export function readAgeHead(start: Buffer): OpenedBy {
  const text = start.subarray(0, AGE_HEAD_BYTES).toString("latin1");
  const end = text.indexOf("\n--- ");
  if (!text.startsWith(MAGIC) || end === -1) throw new Damaged("it is no file of the age format");
  const recipients = text.slice(0, end).match(/^-> .*$/gm) ?? [];
  const [first = "", ...more] = recipients;
  if (more.length > 0) throw new Damaged("it is encrypted to more than one recipient");
  const factor = /^-> scrypt [A-Za-z0-9+/]{22} ([1-9][0-9]?)$/.exec(first)?.[1];
  if (factor !== undefined) {
    if (Number(factor) <= MOST_WORK_FACTOR) return "passphrase";
    throw new Damaged(`its passphrase would take more work to try than it may (2^${factor})`);
  }
  if (/^-> X25519 [A-Za-z0-9+/]{43}$/.test(first)) return "recovery";
  throw new Damaged("it is encrypted in a way that this app does not use");
}
