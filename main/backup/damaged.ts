import { Refusal } from "../contract/refusal.ts";

/** Why a file cannot be used as a backup, before it is known which file: thrown while one is read. */
export class Damaged extends Error {
  override readonly name = "Damaged";
}

/** Thrown where a passphrase or an identity does not open something. */
export class NotOpened extends Error {
  override readonly name = "NotOpened";
}

/** The refusal of a file that is another backup than the one that was read before. */
export function otherBackup(file: string): Refusal {
  return new Refusal(
    "backup_changed",
    `Nothing was restored: ${file} is another backup by now than when it was read.`,
    {
      next: `Look at it again: \`paperclip-desktop db:restore FILE --preview\``,
    },
  );
}

const NEXT = "Use another backup. Those of this instance are in its folder data/backups.";

/** The refusal for a file; what is no damage is thrown as it is. */
export function refusalFor(file: string, error: unknown): unknown {
  if (!(error instanceof Damaged)) return error;
  return new Refusal("backup_invalid", `${file} is no sound backup: ${error.message}.`, { next: NEXT }, error.cause);
}
