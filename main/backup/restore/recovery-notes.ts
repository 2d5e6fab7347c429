import type { RecoveryInForce } from "../read.ts";

/** What a restore makes of the recovery code: of the one in the backup and the one in force here, null where there is none. */
export function recoveryNotes(inside: RecoveryInForce | null, here: RecoveryInForce | null): string[] {
  if (inside?.recipient === here?.recipient) return [];
  const ends =
    here === null
      ? ""
      : `The recovery code made ${minuteOf(here)} is not in force afterwards; keep its sheet for the full backups that it opens, and for the undo. `;
  if (inside === null) return [`${ends}There is no recovery code then: make one, and print its sheet.`];
  return [
    `${ends}The recovery code made ${minuteOf(inside)} is in force afterwards: test it, or make a new one where its sheet is lost.`,
  ];
}

function minuteOf({ createdAt }: RecoveryInForce): string {
  return createdAt === null ? "before" : `${createdAt.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
