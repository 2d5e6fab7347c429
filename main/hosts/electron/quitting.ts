import { app } from "electron";

export interface QuitOptions {
  /** Whether to quit, as the operator answers; `signal` takes the question back. */
  ask(signal: AbortSignal): Promise<boolean>;
  /** Ends everything that was started. */
  stop(): Promise<void>;
  onFailure(error: unknown): void;
}

export interface Quitting {
  /** Ends the app without a question: the system, a signal or a client of the instance asked for it. */
  now(): void;
  /** Whether everything has been stopped, so that windows may close. */
  isOver(): boolean;
}

/**
 * The one way out. Whoever quits the app, everything that it started is stopped before it ends, and the operator is asked
 * first where runs would end with it.
 */
export function quitInOrder(options: QuitOptions): Quitting {
  let state: "open" | "asking" | "stopping" | "over" = "open";
  const question = new AbortController();

  const stop = () => {
    if (state === "stopping" || state === "over") return;
    state = "stopping";
    question.abort();
    void options
      .stop()
      .catch(options.onFailure)
      .finally(() => {
        state = "over";
        app.quit();
      });
  };

  app.on("before-quit", (event) => {
    if (state === "over") return;
    event.preventDefault();
    if (state !== "open") return;
    state = "asking";
    const answered = (mayStop: boolean) => {
      if (state !== "asking") return;
      state = "open";
      if (mayStop) stop();
    };
    // A question that cannot be asked must not keep the app open.
    void options.ask(question.signal).then(answered, () => answered(true));
  });
  return { now: stop, isOver: () => state === "over" };
}
