import { Refusal } from "../contract/refusal.ts";

/** Why a file cannot be used as a backup, before it is known which file: thrown while one is read. */
export class Damaged extends Error {
  override readonly name = "Damaged";
}

/** Thrown where a passphrase or an identity does not open something. */
export class NotOpened extends Error {
  override readonly name = "NotOpened";
}

const NEXT = "Use another backup. Those of this instance are in its folder data/backups.";

/** The refusal for a file; what is no damage is thrown as it is. */
export function refusalFor(file: string, error: unknown): unknown {
  if (!(error instanceof Damaged)) return error;
  return new Refusal("backup_invalid", `${file} is no sound backup: ${error.message}.`, { next: NEXT }, error.cause);
}
