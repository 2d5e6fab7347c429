import type { DatabaseState } from "../../preload/contract/system.ts";

export interface DatabaseHealth {
  readonly state: DatabaseState;
  /** Why it is not ready, or null. */
  readonly failure: string | null;
}

/** What a real query found. */
export interface AskedHealth extends DatabaseHealth {
  /** Why nothing can be changed though it answers, as a sentence, or null. */
  readonly readOnly: string | null;
}

/** How a database fares, and who wants to know. */
export interface Condition {
  state(): DatabaseState;
  health(): DatabaseHealth;
  enter(state: DatabaseState, failure?: string | null): void;
  /** Hears of every change of the state until the answer is called. */
  onState(listener: (state: DatabaseState) => void): () => void;
}

export function createCondition(): Condition {
  const listeners = new Set<(state: DatabaseState) => void>();
  let health: DatabaseHealth = { state: "starting", failure: null };
  return {
    state: () => health.state,
    health: () => health,
    enter: (state, failure = null) => {
      const changed = state !== health.state;
      health = { state, failure };
      if (changed) for (const listener of listeners) listener(state);
    },
    onState: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
