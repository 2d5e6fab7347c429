import type { AuditFinding } from "../../preload/contract/audit.ts";
import { type ChainRow, SEALED_COLUMNS, sealOf } from "./audit-event.ts";

/** What the database says beside the events: the last number given out, and how far they are sealed. */
export interface ChainHead {
  readonly lastSequence: number;
  readonly sealedSequence: number;
  readonly sealedHead: string | null;
}

/** How far this instance has seen the chain, and with which seal. */
export interface KnownHead {
  readonly sequence: number;
  /** Null before the first event is sealed. */
  readonly seal: string | null;
}

export interface ChainFacts {
  readonly companyId: string;
  /** Null where no key was ever made: then nothing can have been sealed. */
  readonly key: Buffer | null;
  /** Null where the row is not there. */
  readonly head: ChainHead | null;
  /** Null where this instance has kept nothing of this chain. */
  readonly known: KnownHead | null;
}

export interface ChainVerdict {
  readonly checked: number;
  /** The last number up to which the chain holds without a break; 0 where nothing is sealed. */
  readonly sealedTo: number;
  readonly sealOfSealedTo: string | null;
  readonly unsealed: number;
  /** By sequence, the first `MOST_FINDINGS` of them. */
  readonly findings: readonly AuditFinding[];
  /** How many more there are. */
  readonly more: number;
}

/** A thousand changed rows are not told one by one. */
export const MOST_FINDINGS = 100;

/** Seals that one row may follow, where the row before it is not what was sealed. */
const MOST_PREDECESSORS = 4;

/**
 * Checks the events of one company, which are handed over in the order of their numbers, and judges them at the end. Keeps
 * nothing of a row but its seal.
 *
 * After a break the chain goes on from what stands there, so that one changed row is one finding.
 */
export function checkChain(facts: ChainFacts): { take(row: ChainRow): void; end(): ChainVerdict } {
  const { companyId, key, head, known } = facts;
  const findings: AuditFinding[] = [];
  let more = 0;
  let checked = 0;
  let last = 0;
  let unsealed = 0;
  /** The last row that the chain holds for, and its seal; stays where the first break is. */
  let sealedTo = 0;
  let sealOfSealedTo: string | null = null;
  /** The seals that the next row may follow: what stood in the row before, and what should have stood there. */
  let previous: readonly (string | null)[] = [null];
  /** The last row beyond the head whose seal holds: the head was put back. */
  let sealedBeyondHead = 0;
  let sealAtHead: string | null | undefined;
  let sealAtKnown: string | null | undefined = known?.sequence === 0 ? null : undefined;
  let firstBad = Number.POSITIVE_INFINITY;

  function find(kind: AuditFinding["kind"], sequence: number, until: number, message: string): void {
    firstBad = Math.min(firstBad, sequence);
    if (findings.length < MOST_FINDINGS) findings.push({ kind, sequence: safe(sequence), until: safe(until), message });
    else more += 1;
  }

  function take(row: ChainRow): void {
    const { sequence, seal } = row;
    checked += 1;
    if (sequence < 1) {
      find("inserted", sequence, sequence, `Event #${exactNumber(row)} was added: the first number given out is #1.`);
      return;
    }
    if (head !== null && sequence > head.lastSequence) {
      const given = `the last number given out is #${head.lastSequence}`;
      find("inserted", sequence, sequence, `Event #${exactNumber(row)} was added: ${given}.`);
      return;
    }
    if (sequence <= last) {
      find("inserted", sequence, sequence, `There is more than one event #${sequence}; a number is given out once.`);
      previous = [...previous, seal].slice(-MOST_PREDECESSORS);
      return;
    }
    const afterGap = sequence > last + 1;
    if (afterGap) find("removed", last + 1, sequence - 1, `${eventsFrom(last + 1, sequence - 1)} removed.`);
    last = sequence;
    if (sequence === head?.sealedSequence) sealAtHead = seal;
    if (sequence === known?.sequence) sealAtKnown = seal;
    const expected =
      key === null ? [] : previous.map((before) => sealOf(key, { companyId, sequence, previous: before }, row.columns));
    if (seal !== null && expected.includes(seal)) {
      if (head !== null && sequence > head.sealedSequence) sealedBeyondHead = sequence;
      if (firstBad > sequence) [sealedTo, sealOfSealedTo] = [sequence, seal];
      previous = [seal];
      return;
    }
    const doubt =
      previous.length > 1 ? ", or only the one before it is not" : ": a column, its number or its seal was changed";
    previous = [seal, ...expected].slice(0, MOST_PREDECESSORS);
    if (seal !== null) {
      // What stood before it decides over its seal, and that is gone.
      if (!afterGap) find("changed", sequence, sequence, `Event #${sequence} is not what was sealed${doubt}.`);
    } else if (sequence > (head?.sealedSequence ?? 0)) unsealed += 1;
    else
      find(
        "inserted",
        sequence,
        sequence,
        `Event #${sequence} has no seal although later ones are sealed: it was added afterwards, or its seal was taken away.`,
      );
  }

  function end(): ChainVerdict {
    judgeTail();
    judgeKnown();
    judgeHead();
    findings.sort((one, other) => one.sequence - other.sequence);
    return { checked, sealedTo, sealOfSealedTo, unsealed, findings, more };
  }

  function judgeTail(): void {
    if (head === null || last >= head.lastSequence) return;
    find("cut_tail", last + 1, head.lastSequence, `${eventsFrom(last + 1, head.lastSequence)} removed from the end.`);
  }

  /** What an earlier finding explains is not told twice. */
  function judgeKnown(): void {
    if (known === null || firstBad <= known.sequence) return;
    const saw = `This instance saw the chain sealed up to #${known.sequence}`;
    if (sealAtKnown === undefined) {
      find(
        "rolled_back",
        last + 1,
        known.sequence,
        `${saw}, and the database ends at #${last}: it was put back to an earlier state.`,
      );
    } else if (sealAtKnown === null && known.seal !== null) {
      find(
        "rolled_back",
        sealedTo + 1,
        known.sequence,
        `${saw}, and the database has it sealed up to #${sealedTo}: it was put back to an earlier state.`,
      );
    } else if (sealAtKnown !== known.seal) {
      find(
        "rolled_back",
        known.sequence,
        known.sequence,
        `${saw} with another seal there: the database was put back to an earlier state and went on from it.`,
      );
    }
  }

  function judgeHead(): void {
    if (head === null) {
      if (checked > 0)
        find(
          "head_mismatch",
          last,
          last,
          "The head of the chain was removed from the database while its events are there.",
        );
      return;
    }
    const { lastSequence, sealedSequence, sealedHead } = head;
    if (sealedSequence > lastSequence) {
      find(
        "head_mismatch",
        sealedSequence,
        sealedSequence,
        `The head says that #${sealedSequence} is sealed and that #${lastSequence} is the last event.`,
      );
    } else if (sealedSequence === 0 ? sealedHead !== null : sealAtHead !== undefined && sealAtHead !== sealedHead) {
      find(
        "head_mismatch",
        sealedSequence,
        sealedSequence,
        `The head of the chain is not the seal of event #${sealedSequence}: one of the two was replaced.`,
      );
    }
    if (sealedBeyondHead > 0) {
      find(
        "head_mismatch",
        sealedSequence,
        sealedBeyondHead,
        `The head says that events are sealed up to #${sealedSequence}, and they are up to #${sealedBeyondHead}: the head was put back.`,
      );
    }
  }

  return { take, end };
}

/** Somebody can add a row with a number that JavaScript has not, and that no answer may carry. */
function safe(sequence: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, sequence));
}

/** The number of a row as it stands there. */
function exactNumber({ sequence, columns }: ChainRow): string {
  return columns[SEALED_COLUMNS.indexOf("sequence")] ?? String(sequence);
}

function eventsFrom(first: number, until: number): string {
  return first === until ? `Event #${first} was` : `Events #${first} to #${until} were`;
}
