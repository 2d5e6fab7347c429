import type { AuditFinding, AuditStatus, AuditVerdict } from "../../../preload/contract/audit.ts";
import type { AccessOutcome } from "../../../preload/contract/secrets.ts";
import { counted, refusalText, REFUSAL_CODES } from "./secret-words.ts";

/** What of the list of access events stands in the address. */
export interface AccessSearch {
  /** An id, or a key or name that a secret has or had. */
  readonly secret?: string;
  readonly outcome?: AccessOutcome;
  readonly code?: string;
  readonly consumerType?: ConsumerType;
  readonly consumer?: string;
  /** The id of who asked. */
  readonly actor?: string;
  readonly version?: number;
  readonly period?: Period;
  /** The number of the event that is looked at: the list begins with the one after it. */
  readonly event?: number;
}

export const CONSUMER_TYPES = ["agent", "project", "routine"] as const;
export type ConsumerType = (typeof CONSUMER_TYPES)[number];

export const ANY = "any";

export const PERIODS = [
  { id: ANY, label: "Any time" },
  { id: "day", label: "Last 24 hours" },
  { id: "week", label: "Last 7 days" },
  { id: "month", label: "Last 30 days" },
] as const;
export type Period = Exclude<(typeof PERIODS)[number]["id"], typeof ANY>;
export const PERIOD_DAYS: Readonly<Record<Period, number>> = { day: 1, week: 7, month: 30 };

/** Outcomes and the codes of refusals in one list; an id is the outcome, or `failure:` and the code. */
export const OUTCOMES = [
  { id: ANY, label: "Any outcome" },
  { id: "success", label: "Given" },
  { id: "failure", label: "Refused" },
  ...REFUSAL_CODES.map((code) => ({ id: `failure:${code}`, label: `Refused: ${refusalText(code)}` })),
];

/** What an address says of outcome and code, as the choice has it. */
export function outcomeChoice({ outcome, code }: AccessSearch): string {
  if (code !== undefined) return `failure:${code}`;
  return outcome ?? ANY;
}

/** The outcome and the code of a choice. */
export function chosenOutcome(id: string): Pick<AccessSearch, "outcome" | "code"> {
  if (id === "success" || id === "failure") return { outcome: id };
  const code = id.startsWith("failure:") ? id.slice("failure:".length) : null;
  return code === null ? {} : { code };
}

/** What was found, where only its kind and place were kept. */
export function findingText({ kind, sequence, until }: Pick<AuditFinding, "kind" | "sequence" | "until">): string {
  const which = sequence === until ? `event #${sequence}` : `events #${sequence} to #${until}`;
  const were = sequence === until ? "was" : "were";
  switch (kind) {
    case "changed":
      return `${which} ${were} changed`;
    case "removed":
      return `${which} ${were} removed`;
    case "inserted":
      return `${which} ${were} added, or lost the seal`;
    case "cut_tail":
      return `${which} ${were} removed from the end`;
    case "head_mismatch":
      return `the head of the chain does not fit event #${sequence}`;
    case "rolled_back":
      return "the database was put back to an earlier state";
  }
}

/** What to do about a record that is not what was written. */
export function wayOn(kind: AuditFinding["kind"]): string {
  return kind === "rolled_back"
    ? "If a backup was put back on purpose, remove `secrets/audit-heads.json` of the instance and verify again. Otherwise find out who could write to the database, and keep a copy of it as it is."
    : "Keep a copy of the database as it is, and find out who could write to it.";
}

/** How far the record is sealed, in one line. */
export function sealedText({ lastSequence, sealedTo, unsealed }: AuditStatus): string {
  if (lastSequence === 0) return "No event yet.";
  const sealed = sealedTo === 0 ? "Nothing is sealed yet" : `Sealed up to #${sealedTo}`;
  return unsealed === 0
    ? `${sealed}.`
    : `${sealed}; ${counted(unsealed, "event waits for its seal", "events wait for their seals")}.`;
}

/** What a verification found to hold, in one sentence. */
export function soundText({ checked, sealedTo, unsealed }: AuditVerdict): string {
  const all = `${counted(checked, "event was", "events were")} checked and ${checked === 1 ? "is" : "are"} as written, sealed up to #${sealedTo}.`;
  if (unsealed === 0) return all;
  return `${all} Nothing vouches yet for the newest ${counted(unsealed, "event, which waits for its seal", "events, which wait for their seals")}.`;
}
