import type { BackupWork } from "../../preload/contract/backups.ts";
import { asRefusal, Refusal } from "../contract/refusal.ts";
import type { Clock } from "../instance/clock.ts";

/** Progress is told at most this often, in milliseconds. */
const TELL_MS = 200;

export interface Work {
  /** Does something to a backup, alone. Refuses with `backup_running` while something else is done, and once it was stopped. */
  alone<Answer>(
    kind: BackupWork["kind"],
    automatic: boolean,
    task: (signal: AbortSignal, show: (shown: Partial<BackupWork>) => void) => Promise<Answer>,
  ): Promise<Answer>;
  current(): BackupWork | null;
  /** The refusal of what cannot be done meanwhile; null also where what is done began by itself, and can be begun anew. */
  busy(): Refusal | null;
  /** Tells what is being done, now and whenever that changes, until the answer is called. */
  follow(listener: (work: BackupWork | null) => void): () => void;
  /** False where nothing is being done. */
  cancel(): boolean;
  /** Gives up what is being done, and begins nothing more. */
  stop(): Promise<void>;
  /** Aborts, with the refusal of all that is asked afterwards, when it is stopped. */
  readonly stopped: AbortSignal;
}

/** What is being done to the backups of an instance, one thing at a time. `changed` hears of its beginning and end. */
export function createWork({ clock, changed }: { clock: Clock; changed: () => void }): Work {
  let work: { shown: BackupWork; readonly giveUp: AbortController; readonly ended: Promise<unknown> } | null = null;
  const stopping = new AbortController();
  let toldMs = -Infinity;
  const listeners = new Set<(work: BackupWork | null) => void>();

  function tell(): void {
    toldMs = clock.monotonicMs();
    for (const listener of listeners) listener(work?.shown ?? null);
  }

  return {
    alone: async (kind, automatic, task) => {
      stopping.signal.throwIfAborted();
      if (work !== null) throw busy(work.shown);
      const giveUp = new AbortController();
      const startedAt = clock.now().toISOString();
      const shown: BackupWork = { kind, automatic, startedAt, done: 0, bytes: null, rows: null, table: null };
      const show = (now: Partial<BackupWork>) => {
        if (work?.giveUp !== giveUp) return;
        work.shown = { ...work.shown, ...now };
        if (clock.monotonicMs() - toldMs >= TELL_MS) tell();
      };
      // It begins once it is known as the work under way.
      const running = Promise.resolve().then(() => task(giveUp.signal, show));
      work = { shown, giveUp, ended: running.catch(() => undefined) };
      tell();
      changed();
      try {
        return await running;
      } catch (error) {
        throw giveUp.signal.aborted && !asRefusal(error) ? cancelled() : error;
      } finally {
        work = null;
        tell();
        changed();
      }
    },
    current: () => work?.shown ?? null,
    busy: () => (work === null || work.shown.automatic ? null : busy(work.shown)),
    follow: (listener) => {
      listeners.add(listener);
      listener(work?.shown ?? null);
      return () => listeners.delete(listener);
    },
    cancel: () => {
      work?.giveUp.abort();
      return work !== null;
    },
    stopped: stopping.signal,
    stop: async () => {
      stopping.abort(cancelled());
      work?.giveUp.abort();
      await work?.ended;
    },
  };
}

const DOING = { taking: "taken", verifying: "verified", proving: "proven", pruning: "removed" } as const;

function busy({ kind }: BackupWork): Refusal {
  return new Refusal("backup_running", `Nothing was begun: a backup is being ${DOING[kind]}.`, {
    next: "Wait until it is done, or cancel it; then try again.",
  });
}

function cancelled(): Refusal {
  return new Refusal("backup_cancelled", "It was cancelled; nothing of it is left.");
}
