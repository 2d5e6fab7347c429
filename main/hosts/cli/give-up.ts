import { failedCommand, Interrupted } from "./errors.ts";

/** Work that can be given up while it goes on. */
export interface Abandonable {
  /** Asks whoever does it to give it up; what is too far on is carried out. */
  cancel(): Promise<unknown>;
  /** What did not come about then, as a sentence; left out, what the refusal says. */
  readonly undone?: string;
}

/**
 * Does work that an interruption gives up, wherever it runs, and waits for its end: only then it is known what came of it.
 * For sessions that are `patient`. Work that was given up throws the interruption.
 */
export async function unlessGivenUp<Answer>(
  signal: AbortSignal,
  { cancel, undone }: Abandonable,
  work: () => Promise<Answer>,
): Promise<Answer> {
  signal.throwIfAborted();
  const giveUp = () => void cancel().catch(() => undefined);
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    return await work();
  } catch (error) {
    const { reason } = signal;
    const { code, message } = failedCommand(error);
    if (!(reason instanceof Interrupted) || code !== "backup_cancelled") throw error;
    throw new Interrupted(`${reason.message} ${undone ?? message}`, reason.signal);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
