import { createHash, randomUUID } from "node:crypto";
import { chmod, lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { asRefusal, Refusal } from "../contract/refusal.ts";
import { explainFileError, PRIVATE_DIRECTORY } from "./permissions.ts";

/**
 * The longest path in bytes of a socket. Systems take 103 to 107, and a longer one is cut without a word on some.
 */
const LONGEST_SOCKET_PATH = 100;
/** The longest name below a runtime directory's parent: the directory, what follows it, and the socket. */
const LONGEST_TAIL = "/pcd-123456789012-XXXXXX-db/.s.PGSQL.5432".length;

export interface RuntimeDirectory {
  /** 0700, ours, with a short path. What belongs to it may stand beside it under its name and a suffix. */
  readonly directory: string;
  readonly socketPath: string;
}

/**
 * Makes a fresh directory for the sockets of an instance: short, because a socket's path may have about 100 bytes, and
 * under a new name each time, so that nobody can have prepared it. On Windows the socket is a named pipe (untested).
 * Refuses with `instance_permissions` or `disk_full` where there is no place for it.
 */
export async function makeRuntimeDirectory(root: string, env: NodeJS.ProcessEnv): Promise<RuntimeDirectory> {
  let failure: unknown;
  const name = `pcd-${createHash("sha256").update(root).digest("hex").slice(0, 12)}-`;
  for (const parent of [env["XDG_RUNTIME_DIR"], os.tmpdir(), "/tmp"]) {
    if (!parent || !(await isTrustworthy(parent))) continue;
    if (Buffer.byteLength(parent) + LONGEST_TAIL > LONGEST_SOCKET_PATH && process.platform !== "win32") continue;
    try {
      const directory = await mkdtemp(path.join(parent, name));
      await chmod(directory, PRIVATE_DIRECTORY);
      return { directory, socketPath: socketIn(directory) };
    } catch (error) {
      failure ??= error;
    }
  }
  throw noPlace(failure);
}

function noPlace(failure: unknown): unknown {
  const what = "No directory was found in which sockets can be made";
  const explained = explainFileError(failure, what);
  if (asRefusal(explained)?.code === "disk_full") return explained;
  const next = `Set TMPDIR to a private directory with a path of at most ${LONGEST_SOCKET_PATH - LONGEST_TAIL} bytes.`;
  return new Refusal("instance_permissions", `${what}.`, { next }, failure);
}

function socketIn(directory: string): string {
  return process.platform === "win32"
    ? `\\\\.\\pipe\\${path.basename(directory)}-${randomUUID()}`
    : path.join(directory, "control.sock");
}

/** A directory in which nobody but us and root can replace what we make. */
async function isTrustworthy(parent: string): Promise<boolean> {
  if (!path.isAbsolute(parent)) return false;
  try {
    const entry = await lstat(parent);
    const target = entry.isSymbolicLink() && entry.uid === 0 ? await lstat(`${parent}/.`) : entry;
    if (!target.isDirectory()) return false;
    if (process.platform === "win32") return true;
    const others = target.mode & 0o022;
    const sticky = (target.mode & 0o1000) !== 0;
    return (target.uid === process.getuid?.() || target.uid === 0) && (others === 0 || sticky);
  } catch {
    return false;
  }
}

/**
 * Whether a socket found in a lock may be believed: its directory is no symbolic link, belongs to `uid` (who owns the
 * lock) and is closed to everybody else. What stands at that path after a reboot may be somebody else's.
 */
export async function isPrivateSocket(socketPath: string, uid: number): Promise<boolean> {
  if (process.platform === "win32") return true;
  try {
    const directory = await lstat(path.dirname(socketPath));
    return directory.isDirectory() && directory.uid === uid && (directory.mode & 0o077) === 0;
  } catch {
    return false;
  }
}

/**
 * Removes a runtime directory and what stands beside it under its name. The path may come from a lock that was left
 * behind: anything that is not such a directory is left alone.
 */
export async function removeRuntimeDirectory(directory: string): Promise<void> {
  const name = path.basename(directory);
  if (!path.isAbsolute(directory) || !/^pcd-[0-9a-f]{12}-[A-Za-z0-9]{6}$/.test(name)) return;
  const parent = path.dirname(directory);
  const entries = await readdir(parent).catch(() => []);
  const ours = entries.filter((entry) => entry === name || entry.startsWith(`${name}-`));
  await Promise.allSettled(ours.map((entry) => rm(path.join(parent, entry), { recursive: true, force: true })));
}
