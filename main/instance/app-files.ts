import { existsSync } from "node:fs";
import path from "node:path";

/** What the app brings along and reads at run time. All paths are absolute. */
export interface AppFiles {
  readonly migrations: string;
  /** The built entry of the runner process. */
  readonly runner: string;
  /** The built entry of the process that speaks to the keychain of the system. */
  readonly keychain: string;
  /** The built panel. */
  readonly renderer: string;
}

/**
 * Finds the app's own files upward from a module of it, so that it does not matter into which chunk that module was
 * built. `from` is a directory below the app's root.
 */
export function appFiles(from: string): AppFiles {
  const root = findRoot(from);
  return {
    migrations: path.join(root, "migrations"),
    runner: path.join(root, "out", "main", "runner.js"),
    keychain: path.join(root, "out", "main", "keychain.js"),
    renderer: path.join(root, "out", "renderer"),
  };
}

function findRoot(from: string): string {
  if (existsSync(path.join(from, "migrations", "journal.json"))) return from;
  const parent = path.dirname(from);
  if (parent === from)
    throw new Error("the app's own files are not where they should be: migrations/journal.json is missing");
  return findRoot(parent);
}

/**
 * Where a file of the app lies for the operating system. Electron reads files inside of `app.asar` as if it were a
 * directory; what is started as a program lies beside it.
 */
export function outsideArchive(file: string): string {
  return file.replace(/([/\\]app\.asar)(?=[/\\])/, "$1.unpacked");
}
