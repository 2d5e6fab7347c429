import type { ShellCommand } from "../../../preload/contract/shell.ts";

/** The way of what is picked in the menu or the tray to the panel. */
export interface Commands {
  send(command: ShellCommand): void;
  onCommand(listener: (command: ShellCommand) => void): () => void;
}

/** What is picked while no panel listens, as during the start, waits for the next one that does; the newest pick stands. */
export function createCommands(): Commands {
  const listeners = new Set<(command: ShellCommand) => void>();
  let waiting: ShellCommand | null = null;
  return {
    send: (command) => {
      if (listeners.size === 0) waiting = command;
      for (const listener of listeners) listener(command);
    },
    onCommand: (listener) => {
      listeners.add(listener);
      if (waiting) listener(waiting);
      waiting = null;
      return () => listeners.delete(listener);
    },
  };
}
