import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { chmod, lstat, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { isOfFile, Refusal, systemCode } from "../contract/refusal.ts";

/** The mode of every directory that the product makes: its owner alone. */
export const PRIVATE_DIRECTORY = 0o700;
/** The mode of every file that the product makes: its owner alone. */
export const PRIVATE_FILE = 0o600;

/**
 * Opens a file for reading and does not wait where it is a named pipe, which would hold up a thread of the pool until somebody
 * writes into it. On Windows there are none.
 */
export const READ_AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Makes a directory and what is missing above it, each 0700 whatever the umask. One that is there already is left as it
 * is. Refuses with `instance_permissions` or `disk_full`.
 */
export async function makePrivateDirectory(directory: string): Promise<void> {
  try {
    await makeMissing(path.resolve(directory));
  } catch (error) {
    // Where nothing can be made, such as below /proc, some systems say that it is not there.
    if (systemCode(error) === "ENOENT") {
      throw new Refusal("instance_permissions", `The directory ${directory} was not made: nothing can be made there.`, {
        next: "Choose another place: `--home` for the instance, `--dir` for a backup.",
        details: { systemCode: "ENOENT" },
      });
    }
    throw explainFileError(error, `The directory ${directory} was not made`);
  }
}

async function makeMissing(directory: string): Promise<void> {
  if (await isDirectory(directory)) return;
  await makeMissing(path.dirname(directory));
  try {
    await mkdir(directory, { mode: PRIVATE_DIRECTORY });
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
    // Another starter may have been faster; what it made is as good.
    if (await isDirectory(directory)) return;
    throw (await lstat(directory)).isSymbolicLink() ? leadsNowhere(directory) : error;
  }
  await chmod(directory, PRIVATE_DIRECTORY);
}

function leadsNowhere(link: string): Refusal {
  return new Refusal(
    "instance_permissions",
    `The directory ${link} was not made: it is a link to a place that is gone.`,
    {
      next: "Bring that place back, such as a disk that is not mounted, or remove the link.",
    },
  );
}

async function isDirectory(entry: string): Promise<boolean> {
  try {
    return (await stat(entry)).isDirectory();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

/**
 * Writes a file of mode 0600 whatever the umask, whole or not at all: a temporary sibling is written, flushed and
 * renamed over it, and the directory is flushed, so that a kill or a power cut leaves the old content or the new one.
 */
export async function writePrivateFile(file: string, data: string | Uint8Array): Promise<void> {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID()}.tmp`);
  try {
    await writeNew(temporary, data);
    await rename(temporary, file);
    await flushDirectory(path.dirname(file));
  } catch (error) {
    await rm(temporary, { force: true });
    throw explainFileError(error, `${file} was not written`);
  }
}

/** Writes and flushes a file that must not be there yet, mode 0600 whatever the umask. */
export async function writeNew(file: string, data: string | Uint8Array): Promise<void> {
  const handle = await open(file, "wx", PRIVATE_FILE);
  try {
    await handle.chmod(PRIVATE_FILE);
    await handle.writeFile(data);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the names in a directory durable. Windows has no such call and needs none. */
export async function flushDirectory(directory: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The text of a file, or null where there is none. */
export async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw explainFileError(error, `${file} was not read`);
  }
}

/**
 * A refusal where the file system said no for a reason that an operator can mend, such as a full disk or missing
 * rights; any other error comes back as it is. `what` says what did not happen, without a full stop.
 */
export function explainFileError(error: unknown, what: string): unknown {
  const code = systemCode(error);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new Refusal(
      "disk_full",
      `${what}: ${code === "ENOSPC" ? "the disk is full" : "the disk quota is used up"}.`,
      { next: "Free some space, then try again.", details: { systemCode: code } },
      error,
    );
  }
  if (code === null) return error;
  const disk = isOfFile(error) ? diskReasons[code] : undefined;
  const reason = disk?.reason ?? permissionReasons[code];
  if (reason === undefined) return error;
  const mend = disk?.mend ?? "Give this user the right to read and write there";
  const next = `${mend}, or choose another place: \`--home\` for the instance, \`--dir\` for a backup.`;
  return new Refusal("instance_permissions", `${what}: ${reason}.`, { next, details: { systemCode: code } }, error);
}

/** What no right helps against. */
const diskReasons: Record<string, { readonly reason: string; readonly mend: string }> = {
  ENOENT: {
    reason: "its folder is not there, or nothing can be made in it",
    mend: "Bring the folder back, such as a disk that is not mounted",
  },
  EIO: {
    reason: "the disk answers with an error",
    mend: "See what the log of the system says of the disk, and how it is connected",
  },
};

const permissionReasons: Record<string, string> = {
  EACCES: "this user has no right to it",
  EPERM: "the system does not permit it",
  EROFS: "the file system is read-only",
  ENOTDIR: "a part of the path is not a directory",
  EISDIR: "there is a directory of that name",
  EEXIST: "there is a file of that name",
  ELOOP: "the path has too many symbolic links",
  ENAMETOOLONG: "the path is too long for this system",
};
