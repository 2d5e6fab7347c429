import { createHash } from "node:crypto";
import type { Dirent } from "node:fs";
import { lstat, open, readdir, readlink } from "node:fs/promises";
import path from "node:path";
import { systemCode } from "../../contract/refusal.ts";
import { READ_AT_ONCE } from "../../instance/permissions.ts";
import { isLinkTarget, isPlainPath, ROOTS, SETTINGS } from "./format.ts";

/** A file that is taken along. */
export interface FoundFile {
  /** Below the instance folder, with slashes. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
  readonly executable: boolean;
}

/** A symbolic link that is taken along as it is: where it points is neither looked at nor followed. */
export interface FoundLink {
  readonly path: string;
  readonly target: string;
  readonly modifiedAt: Date;
}

/** Hears of what is not taken along, with its path below the instance folder. */
export type LeaveOut = (path: string, why: string) => void;

/** The files below a folder of the instance, as `entriesBelow` finds them. */
export async function* filesBelow(
  instance: string,
  folder: string,
  leaveOut: LeaveOut,
  except: string | null,
): AsyncGenerator<FoundFile> {
  for await (const found of entriesBelow(instance, folder, leaveOut, except)) if ("bytes" in found) yield found;
}

/**
 * The files and symbolic links below a folder of the instance in the order of their whole paths. What is no file, cannot be read, or has a name
 * that could not be put back everywhere is left out; so is `except`, the file that is being written.
 */
export async function* entriesBelow(
  instance: string,
  folder: string,
  leaveOut: LeaveOut,
  except: string | null,
): AsyncGenerator<FoundFile | FoundLink> {
  for (const entry of await entriesOf(instance, folder, leaveOut)) {
    const below = `${folder}/${entry.name}`;
    const whole = path.join(instance, below);
    if (whole === except) continue;
    if (!isPlainPath(entry.name)) leaveOut(below, "its name cannot be kept on every system");
    else if (entry.isDirectory()) yield* entriesBelow(instance, below, leaveOut, except);
    else if (entry.isSymbolicLink()) {
      const target = await readlink(whole).catch(() => null);
      const found = await lstat(whole).catch(() => null);
      // It was removed meanwhile.
      if (target === null || found === null) continue;
      if (isLinkTarget(target)) yield { path: below, target, modifiedAt: found.mtime };
      else leaveOut(below, "a symbolic link whose target cannot be kept on every system");
    } else if (!entry.isFile()) leaveOut(below, "no file: a socket, a pipe or a device");
    else {
      const found = await lstat(whole).catch(() => null);
      // It was removed meanwhile.
      if (!found?.isFile()) continue;
      yield { path: below, bytes: found.size, modifiedAt: found.mtime, executable: (found.mode & 0o100) !== 0 };
    }
  }
}

async function entriesOf(instance: string, folder: string, leaveOut: LeaveOut): Promise<Dirent[]> {
  try {
    const entries = await readdir(path.join(instance, folder), { withFileTypes: true });
    // As if every directory ended in a slash, so that whole paths come in order.
    const key = (entry: Dirent) => (entry.isDirectory() ? `${entry.name}/` : entry.name);
    return entries.toSorted((one, other) => (key(one) < key(other) ? -1 : 1));
  } catch (error) {
    if (systemCode(error) !== "ENOENT") leaveOut(folder, `cannot be read (${systemCode(error) ?? "unknown"})`);
    return [];
  }
}

/**
 * Exactly `bytes` bytes of a file that may change while it is read: what grew is cut off, what shrank is filled up with
 * zeros, and `shrank` hears of it. Null where it cannot be opened, and why is said.
 */
export async function contentOf(
  file: string,
  bytes: number,
  shrank: () => void,
): Promise<AsyncIterable<Buffer> | { readonly why: string }> {
  const handle = await open(file, READ_AT_ONCE).catch((error: unknown) => systemCode(error) ?? "unknown");
  if (typeof handle === "string") {
    return { why: handle === "ENOENT" ? "it was removed meanwhile" : `cannot be read (${handle})` };
  }
  return (async function* () {
    try {
      let rest = bytes;
      while (rest > 0) {
        const piece = Buffer.allocUnsafe(Math.min(rest, 1024 * 1024));
        const { bytesRead } = await handle.read(piece, 0, piece.length);
        if (bytesRead === 0) break;
        rest -= bytesRead;
        yield piece.subarray(0, bytesRead);
      }
      if (rest > 0) shrank();
      for (; rest > 0; rest -= Math.min(rest, 1024 * 1024)) yield Buffer.alloc(Math.min(rest, 1024 * 1024));
    } finally {
      await handle.close();
    }
  })();
}

/** A text that is another one after a file that is taken along, or a setting, was changed, made or removed. An aborted signal ends it. */
export async function filesMark(instance: string, signal: AbortSignal): Promise<string> {
  const sum = createHash("sha256");
  for (const name of SETTINGS) {
    const found = await lstat(path.join(instance, name)).catch(() => null);
    sum.update(JSON.stringify([name, found?.size ?? null, found?.mtimeMs ?? null]));
  }
  for (const root of ROOTS) {
    for await (const one of entriesBelow(instance, root, () => undefined, null)) {
      signal.throwIfAborted();
      sum.update(JSON.stringify(one));
    }
  }
  return sum.digest("hex");
}
