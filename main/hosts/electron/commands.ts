import type { ShellCommand } from "../../../preload/contract/shell.ts";
import type { Clock } from "../../instance/clock.ts";

/** The way of what is picked in the menu or the tray to the panel. */
export interface Commands {
  send(command: ShellCommand): void;
  onCommand(listener: (command: ShellCommand) => void): () => void;
}

/** A pick that waits longer is forgotten: by then the operator does something else, such as the first steps. */
const WAITING_MS = 15_000;

/** What is picked while no panel listens, as during the start, waits a moment for one that does; the newest pick stands. */
export function createCommands(clock: Clock): Commands {
  const listeners = new Set<(command: ShellCommand) => void>();
  let waiting: { readonly command: ShellCommand; readonly untilMs: number } | null = null;
  return {
    send: (command) => {
      if (listeners.size === 0) waiting = { command, untilMs: clock.monotonicMs() + WAITING_MS };
      for (const listener of listeners) listener(command);
    },
    onCommand: (listener) => {
      listeners.add(listener);
      if (waiting && clock.monotonicMs() < waiting.untilMs) listener(waiting.command);
      waiting = null;
      return () => listeners.delete(listener);
    },
  };
}
