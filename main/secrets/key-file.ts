import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, chmod, link, lstat, open, rm } from "node:fs/promises";
import path from "node:path";
import type { VaultHealth } from "../../preload/contract/secrets.ts";
import { Refusal, errorText, systemCode } from "../contract/refusal.ts";
import {
  PRIVATE_DIRECTORY,
  PRIVATE_FILE,
  flushDirectory,
  makePrivateDirectory,
  writeNew,
  READ_AT_ONCE,
} from "../instance/permissions.ts";
import { KEY_BYTES, type MasterKey, keyText, masterKey, parseMasterKey } from "./master-key.ts";

export type Finding = VaultHealth["findings"][number];

/** Bytes of a key file at most; the longest form of a key is 64 digits and a line end. */
const LONGEST_FILE = 256;

/**
 * A look at a key file: the key, or that there is no file, or why it cannot be used (the last finding, of level
 * `error`). `mode` is what others may do to it, or null where the system has no such bits.
 */
export type KeyFileReading =
  | { readonly state: "read"; readonly key: MasterKey; readonly mode: number | null; readonly findings: Finding[] }
  | { readonly state: "missing"; readonly findings: Finding[] }
  | { readonly state: "refused"; readonly findings: Finding[] };

/**
 * Reads the key file that is ours, in a directory that is ours. Both must belong to this user and be no symlink; what
 * others may read is closed to them and reported.
 */
export async function readOwnKeyFile(file: string, directory: string): Promise<KeyFileReading> {
  const findings: Finding[] = [];
  try {
    return await checkOwnKeyFile(file, directory, findings);
  } catch (error) {
    const code = systemCode(error);
    if (code === null) throw error;
    const message = `The key file ${file} cannot be reached (${code}).`;
    const next = "Give this user the right to read it, or put it back from a copy. Nothing was changed.";
    return { state: "refused", findings: [...findings, { level: "error", message, next }] };
  }
}

async function checkOwnKeyFile(file: string, directory: string, findings: Finding[]): Promise<KeyFileReading> {
  const refused = (message: string, next: string): KeyFileReading => ({
    state: "refused",
    findings: [...findings, { level: "error", message, next }],
  });

  const above = await lookAt(directory);
  if (above === null) return { state: "missing", findings };
  if (!above.isDirectory()) {
    return refused(`${directory} is not a directory${isLink(above)}.`, "Make it a directory of this user, mode 0700.");
  }
  if (isForeign(above)) {
    return refused(`The directory ${directory} belongs to ${owner(above)}.`, "Give it back to this user (chown).");
  }
  if (isTooWide(above, PRIVATE_DIRECTORY)) {
    findings.push(
      await tighten(`The directory ${directory}`, above, PRIVATE_DIRECTORY, () => chmod(directory, PRIVATE_DIRECTORY)),
    );
  }

  const entry = await lookAt(file);
  if (entry === null) return { state: "missing", findings };
  if (!entry.isFile()) {
    return refused(
      `The key file ${file} is not a regular file${isLink(entry)}.`,
      `Put the key itself there, or name its place in PAPERCLIP_SECRETS_MASTER_KEY_FILE.`,
    );
  }
  if (isForeign(entry)) {
    return refused(
      `The key file ${file} belongs to ${owner(entry)}.`,
      "If you know how that came about, give it back to this user (chown). Otherwise put the key back from a copy.",
    );
  }
  return withFile(file, constants.O_NOFOLLOW ?? 0, findings, async (handle, stats) => {
    if (!isTooWide(stats, PRIVATE_FILE)) return;
    findings.push(await tighten(`The key file ${file}`, stats, PRIVATE_FILE, () => handle.chmod(PRIVATE_FILE)));
  });
}

/**
 * Reads a key file at a path of the operator's choice, such as a mounted secret. It is never changed: a symlink and a
 * mode that is too wide are reported.
 */
export async function readOperatorKeyFile(file: string): Promise<KeyFileReading> {
  const findings: Finding[] = [];
  const entry = await lookAt(file).catch(() => undefined);
  if (entry === null) return { state: "missing", findings };
  if (entry?.isSymbolicLink()) {
    findings.push({
      level: "warn",
      message: `The key file ${file} is a symlink: whoever can change the link chooses the key.`,
      next: "Name the file itself, unless the system that mounts it needs the link.",
    });
  }
  return withFile(file, 0, findings, async (_, stats) => {
    if (!isTooWide(stats, PRIVATE_FILE)) return;
    findings.push({
      level: "warn",
      message: `The key file ${file} has mode ${octal(stats)}: others on this machine can read or change it.`,
      next: `It is yours, so it was not changed. Set it to 0600 where you can: chmod 600 ${file}`,
    });
  });
}

/** Opens without blocking on a pipe, judges what was opened (not what the name meant before), and reads the key. */
async function withFile(
  file: string,
  flags: number,
  findings: Finding[],
  judge: (handle: FileHandle, stats: Stats) => Promise<void>,
): Promise<KeyFileReading> {
  const refused = (message: string): KeyFileReading => ({
    state: "refused",
    findings: [
      ...findings,
      { level: "error", message, next: `Put the key back at ${file} from a copy. Nothing was changed.` },
    ],
  });
  let handle: FileHandle;
  try {
    handle = await open(file, READ_AT_ONCE | flags);
  } catch (error) {
    // A link that leads nowhere is a key that is not mounted: there is a name, so it is not simply missing.
    return refused(`The key file ${file} cannot be read (${systemCode(error) ?? errorText(error)}).`);
  }
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) return refused(`The key file ${file} is not a regular file.`);
    await judge(handle, stats);
    const buffer = Buffer.alloc(LONGEST_FILE + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    const key = bytesRead > LONGEST_FILE ? null : parseMasterKey(buffer.toString("utf8", 0, bytesRead));
    buffer.fill(0);
    if (key) return { state: "read", key, mode: hasModes() ? (await handle.stat()).mode & 0o777 : null, findings };
    return refused(
      `The key file ${file} holds no key: it is ${stats.size} bytes long, and neither base64 nor hex of 32 bytes.`,
    );
  } finally {
    await handle.close();
  }
}

/**
 * Makes a new key and its file: base64 and a line end, mode 0600, whole or not at all. A file that is there is never
 * overwritten: then this throws. Directories that are missing are made 0700.
 */
export async function createKeyFile(file: string): Promise<MasterKey> {
  const key = masterKey(randomBytes(KEY_BYTES));
  try {
    await makePrivateDirectory(path.dirname(file));
    await writeKeyFile(file, key);
    await flushDirectory(path.dirname(file));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const code = systemCode(error);
    throw new Refusal(
      code === "ENOSPC" || code === "EDQUOT" ? "disk_full" : "key_invalid",
      `No master key was made: ${file} could not be written (${code ?? errorText(error)}).`,
      { next: "Make room or give this user the right to write there, then try again." },
      error,
    );
  }
  return key;
}

/**
 * Writes a key to a file that must not be there yet, whole or not at all: base64 and a line end, mode 0600, flushed. The
 * name is durable only after the directory is flushed too.
 */
export async function writeKeyFile(file: string, key: MasterKey): Promise<void> {
  const unfinished = unfinishedFile(file);
  try {
    await rm(unfinished, { force: true });
    await writeNew(unfinished, keyText(key));
    // Unlike a rename, a link refuses to replace a file that somebody else put there meanwhile.
    await link(unfinished, file);
  } finally {
    await rm(unfinished, { force: true }).catch(() => undefined);
  }
}

/** Removes the second name that a kill between writing and finishing leaves of a key file. */
export async function clearUnfinished(file: string): Promise<void> {
  await rm(unfinishedFile(file), { force: true });
}

const unfinishedFile = (file: string) => `${file}.unfinished`;

/** What a name stands for, without following a link, or null. */
export async function lookAt(entry: string): Promise<Stats | null> {
  try {
    return await lstat(entry);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}

/** Windows answers with made-up modes; there the account's own folder protects the file. */
function hasModes(): boolean {
  return process.platform !== "win32";
}

function isForeign(stats: Stats): boolean {
  const user = process.geteuid?.();
  return user !== undefined && stats.uid !== user;
}

function isTooWide(stats: Stats, allowed: number): boolean {
  return hasModes() && (stats.mode & 0o777 & ~allowed) !== 0;
}

function octal(stats: Stats): string {
  return (stats.mode & 0o777).toString(8).padStart(4, "0");
}

function owner(stats: Stats): string {
  return `another user (uid ${stats.uid})`;
}

function isLink(stats: Stats): string {
  return stats.isSymbolicLink() ? " but a symlink" : "";
}

async function tighten(what: string, stats: Stats, mode: number, change: () => Promise<void>): Promise<Finding> {
  const had = `${what} had mode ${octal(stats)}`;
  try {
    await change();
  } catch (error) {
    return {
      level: "warn",
      message: `${had}, and it could not be set to 0${mode.toString(8)} (${systemCode(error) ?? errorText(error)}).`,
      next: "Set it by hand: others on this machine may be able to read the key.",
    };
  }
  return {
    level: "warn",
    message: `${had}; it was set to 0${mode.toString(8)}.`,
    next: "If others use this machine, take the secrets for seen: give them new values where they are issued.",
  };
}
