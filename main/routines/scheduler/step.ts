import type { Slots } from "./due.ts";

/*
 * What becomes of the slots of one trigger, slot after slot. Pure: it is told the time. Every slot after `accountedUntil` and up
 * to now is covered by exactly one step, in their order, so whoever writes each step down together with how far it reaches
 * loses none and doubles none, wherever it is interrupted.
 */

export interface Account {
  /** Every slot up to this instant, and at it, has its row. */
  readonly accountedUntil: number;
  /** A slot is on time for so long. */
  readonly graceMs: number;
  readonly catchUp: "skip_missed" | "enqueue_missed_with_cap" | "enqueue_latest_missed" | "hold";
  /** Missed slots that run at most, the newest ones, where the policy has a cap. */
  readonly missedCap: number;
}

export type Step =
  /** Nothing is due. `next` is the slot to wait for, or null where none is left. */
  | { readonly kind: "wait"; readonly next: number | null }
  /** A slot that runs. */
  | { readonly kind: "run"; readonly slot: number; readonly missed: boolean }
  /** A stretch of missed slots that does not run, from its first to its last, so many of them. */
  | {
      readonly kind: "leave";
      readonly as: "skipped" | "held";
      readonly first: number;
      readonly last: number;
      readonly count: number;
    };

/** Slots that one step counts at most, so that a dense schedule of a long absence does not keep the thread. */
const LONGEST_STRETCH = 10_000;

/** The first of what is to be done about a trigger at `now`. */
export function nextStep(slots: Slots, account: Account, now: number): Step {
  const first = slots.next(account.accountedUntil);
  if (first === null || first > now) return { kind: "wait", next: first };
  const onTimeFrom = now - account.graceMs;
  if (first >= onTimeFrom) return { kind: "run", slot: first, missed: false };
  const keptFrom = firstKept(slots, account, { first, onTimeFrom, now });
  if (first >= keptFrom) return { kind: "run", slot: first, missed: true };
  return { kind: "leave", as: account.catchUp === "hold" ? "held" : "skipped", ...stretch(slots, first, keptFrom) };
}

/** Everything that is due up to `now`, as one stretch, or null. For triggers that stop being due. */
export function dueStretch(
  slots: Slots,
  accountedUntil: number,
  now: number,
): { readonly first: number; readonly last: number; readonly count: number } | null {
  const first = slots.next(accountedUntil);
  return first === null || first > now ? null : stretch(slots, first, now + 1);
}

/** Where missed slots that run begin: the first of them, or the first instant that is on time. */
function firstKept(
  slots: Slots,
  { catchUp, missedCap }: Account,
  { first, onTimeFrom, now }: { readonly first: number; readonly onTimeFrom: number; readonly now: number },
): number {
  switch (catchUp) {
    case "skip_missed":
    case "hold":
      return onTimeFrom;
    case "enqueue_latest_missed": {
      const onTime = slots.next(onTimeFrom - 1);
      // The slot that is on time does the work of all that were missed before it.
      if (onTime !== null && onTime <= now) return onTimeFrom;
      return slots.previous(onTimeFrom) ?? onTimeFrom;
    }
    case "enqueue_missed_with_cap": {
      let kept = onTimeFrom;
      for (let found = 0; found < missedCap && kept > first; found += 1) kept = slots.previous(kept) ?? first;
      return kept;
    }
  }
}

/** The slots from `first` on that come before an instant, so many of them as one step counts. */
export function stretch(slots: Slots, first: number, before: number) {
  let [last, count] = [first, 1];
  for (let slot = slots.next(first); slot !== null && slot < before; slot = slots.next(slot)) {
    if (count >= LONGEST_STRETCH) break;
    last = slot;
    count += 1;
  }
  return { first, last, count };
}
