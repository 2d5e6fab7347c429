import { Refusal } from "../contract/refusal.ts";
import type { Clock } from "../instance/clock.ts";

export interface GivingUp {
  /** What is given up, as a sentence begins with it; the backup where it is left out. */
  readonly subject?: string;
  readonly clock: Clock;
  /** Milliseconds after which it is given up. */
  readonly deadlineMs: number;
  /** Aborts when the operator gives it up. */
  readonly signal: AbortSignal;
}

/**
 * Does something to a backup with a signal that aborts, with the refusal to throw, when it is cancelled (`backup_cancelled`)
 * or its time is over (`backup_timed_out`).
 */
export async function unlessGivenUp<Answer>(
  { subject = "The backup", clock, deadlineMs, signal }: GivingUp,
  work: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const giveUp = new AbortController();
  const cancel = () =>
    giveUp.abort(new Refusal("backup_cancelled", `${subject} was cancelled; nothing of it is left.`));
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel, { once: true });
  const stopClock = clock.after(deadlineMs, () => giveUp.abort(tooSlow(subject, deadlineMs)));
  try {
    return await work(giveUp.signal);
  } catch (error) {
    giveUp.signal.throwIfAborted();
    throw error;
  } finally {
    stopClock();
    signal.removeEventListener("abort", cancel);
  }
}

function tooSlow(subject: string, deadlineMs: number): Refusal {
  return new Refusal(
    "backup_timed_out",
    `${subject} was given up because it was not done after ${Math.round(deadlineMs / 60_000)} minutes; nothing of it is left.`,
    { next: "Look whether the disk or the database is slow, then try again." },
  );
}
