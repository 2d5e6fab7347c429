/** Milliseconds within which signals count as one: Ctrl-C reaches all of a terminal's group, and npm hands it on too. */
const ONE_PRESS_MS = 1_000;

/**
 * Tells what a signal means for a command: the first one ends it in order. Closing may take seconds (runs get 10 s to
 * end); whoever presses Ctrl-C once more does not want to wait. `now` is in milliseconds and never goes back.
 */
export function createInterruption(now: () => number): (signal: NodeJS.Signals) => "close" | "leave" | "ignore" {
  let first: number | null = null;
  return (signal) => {
    if (first === null) {
      first = now();
      return "close";
    }
    return signal === "SIGINT" && now() - first >= ONE_PRESS_MS ? "leave" : "ignore";
  };
}
