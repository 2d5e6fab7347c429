import type { RecoveryInForce } from "../read.ts";

/** What a restore makes of the recovery code: of the one in the backup and the one in force here, null where there is none. */
export function recoveryNotes(inside: RecoveryInForce | null, here: RecoveryInForce | null): string[] {
  if (inside?.recipient === here?.recipient) return [];
  const ends = here === null ? "" : `The recovery code made ${minuteOf(here.createdAt)} opens nothing afterwards. `;
  if (inside === null) return [`${ends}There is no recovery code then: make one, and print its sheet.`];
  const begins = `The recovery code made ${minuteOf(inside.createdAt)} is in force afterwards`;
  return [`${ends}${begins}: test it, or make a new one where its sheet is lost.`];
}

function minuteOf(instant: Date): string {
  return `${instant.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
