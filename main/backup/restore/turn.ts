import type { RestoreWork } from "../../../preload/contract/restore.ts";
import { asRefusal, Refusal } from "../../contract/refusal.ts";
import { statementFailure } from "../../database/statement-failure.ts";
import type { RestoreServices } from "./services.ts";

/** What a task is given: when it is given up, and how it tells how far it is. */
export interface Doing {
  readonly signal: AbortSignal;
  readonly show: (shown: Partial<RestoreWork>) => void;
}

/** One task at a time: a second one is refused with `restore_running`. */
export interface Turn {
  alone<Answer>(kind: RestoreWork["kind"], task: (doing: Doing) => Promise<Answer>): Promise<Answer>;
  /** What is being done, or null. */
  shown(): RestoreWork | null;
  /** Tells of runs that were ended for what is being done. */
  noteEnded(runs: number): void;
  /** False where nothing is being done that can still be given up. */
  cancel(): boolean;
  /** Gives up what can be given up, and waits for the end. */
  stop(): Promise<void>;
}

export function oneAtATime({ clock, changed }: Pick<RestoreServices, "clock" | "changed">): Turn {
  let work: {
    shown: RestoreWork;
    endedRuns: number;
    readonly giveUp: AbortController;
    readonly ended: Promise<unknown>;
  } | null = null;

  async function alone<Answer>(kind: RestoreWork["kind"], task: (doing: Doing) => Promise<Answer>): Promise<Answer> {
    if (work !== null) throw busy();
    const giveUp = new AbortController();
    const startedAt = clock.now().toISOString();
    const shown: RestoreWork = { kind, phase: "verifying", done: 0, startedAt, cancellable: true };
    const show = (now: Partial<RestoreWork>) => {
      if (work?.giveUp !== giveUp) return;
      const phase = work.shown.phase;
      work.shown = { ...work.shown, ...now };
      if (work.shown.phase !== phase) changed();
    };
    const running = Promise.resolve().then(() => task({ signal: giveUp.signal, show }));
    work = { shown, endedRuns: 0, giveUp, ended: running.catch(() => undefined) };
    changed();
    try {
      return await running;
    } catch (error) {
      const refusal = asRefusal(error) ?? statementFailure(error);
      throw giveUp.signal.aborted && !refusal ? cancelled(kind, work?.endedRuns ?? 0) : (refusal ?? error);
    } finally {
      work = null;
      changed();
    }
  }

  return {
    alone,
    shown: () => work?.shown ?? null,
    noteEnded: (runs) => {
      if (work !== null) work.endedRuns += runs;
    },
    cancel: () => {
      if (work === null || !work.shown.cancellable) return false;
      work.giveUp.abort();
      return true;
    },
    stop: async () => {
      work?.giveUp.abort();
      await work?.ended;
    },
  };
}

export function busy(): Refusal {
  return new Refusal("restore_running", "A restore is under way: nothing else can be done until it is over.", {
    next: "Wait until it is done, then try again.",
  });
}

/** Why nothing can be changed while a backup is loaded beside what is in use, or null where that is not why. */
export function onlyReadFor(work: RestoreWork | null): Refusal | null {
  if (work?.kind !== "restore" || work.phase === "verifying") return null;
  return new Refusal("read_only", "A backup is being restored: nothing can be changed until it is done.", {
    next: "Wait until it is done, or cancel it.",
  });
}

function cancelled(kind: RestoreWork["kind"], endedRuns: number): Refusal {
  const what = `The ${kind} was cancelled`;
  if (endedRuns === 0) return new Refusal("backup_cancelled", `${what}; nothing was changed.`);
  const runs = endedRuns === 1 ? "1 run was ended for it" : `${endedRuns} runs were ended for it`;
  return new Refusal("backup_cancelled", `${what}. The database is as it was; ${runs}.`, {
    next: "The run history lists what was ended as interrupted; there it can be started again.",
    details: { endedRuns },
  });
}
