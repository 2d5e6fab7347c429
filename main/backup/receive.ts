import { createWriteStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { asRefusal, Refusal } from "../contract/refusal.ts";
import type { Clock } from "../instance/clock.ts";
import type { Log } from "../instance/log.ts";
import { explainFileError, flushDirectory, makePrivateDirectory, PRIVATE_FILE } from "../instance/permissions.ts";
import { PARTIAL, receivedFileName, takenAtOf } from "./format.ts";
import { fullBackupFileName } from "./full/format.ts";
import { openedByOf } from "./full/read.ts";
import { RECEIVING } from "./partials.ts";
import { readBackup } from "./read.ts";
import { refuseWithoutSpace } from "./space.ts";

/** Bytes of a file at most, 1 TiB: what claims more is no backup of this product. */
const LARGEST = 1024 ** 4;

export interface ReceiveServices {
  /** The folder of backups. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Told when a backup was added, with the name that it has now. */
  readonly added: (name: string, bytes: number) => Promise<void>;
}

/** What somebody says about a file before it comes. */
export interface Announced {
  /** As it is called where it comes from; only shown, and looked at for an instant. */
  readonly name: string;
  readonly bytes: number;
}

/** Takes files from elsewhere into the folder of backups, one at a time. */
export interface Receiver {
  /** Refuses what cannot be taken before any of it comes: with `backup_invalid`, `disk_full` and `instance_permissions`. */
  check(announced: Announced): Promise<void>;
  /**
   * Takes a file under a name of its own choosing, whole or not at all, and answers with that name. Refuses as `check`, with
   * `backup_running` while another comes, and with `backup_invalid` or `backup_newer` where it is no backup. One of the
   * database is read from its first byte to its last and held against its sums; of one that is encrypted the head alone can
   * be read by who does not open it. An aborted signal gives it up as long as it is not in its place; nothing of it is left.
   */
  receive(announced: Announced, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<string>;
}

export function createReceiver({ directory, clock, log, added }: ReceiveServices): Receiver {
  let receiving = false;
  async function check({ name, bytes }: Announced): Promise<void> {
    if (bytes > LARGEST) {
      throw new Refusal("backup_invalid", `${shown(name)} was not taken: it has more than 1 TiB, and no backup has.`);
    }
    await makePrivateDirectory(directory);
    await refuseWithoutSpace(directory, bytes);
  }

  async function take(announced: Announced, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<string> {
    await check(announced);
    const partial = path.join(directory, `${RECEIVING}${randomUUID()}${PARTIAL}`);
    try {
      await write(partial, announced, content, signal);
      const nameAt = await nameFor(partial, announced, { clock, signal });
      signal.throwIfAborted();
      const name = await freeName(directory, nameAt);
      await rename(partial, path.join(directory, name));
      await flushDirectory(directory);
      return name;
    } catch (error) {
      await rm(partial, { force: true });
      throw called(error, partial, shown(announced.name));
    }
  }

  return {
    check,
    receive: async (announced, content, signal = new AbortController().signal) => {
      if (receiving) {
        throw new Refusal("backup_running", `${shown(announced.name)} was not taken: another file is being taken.`, {
          next: "Wait until it is there, then try again.",
        });
      }
      receiving = true;
      try {
        const name = await take(announced, content, signal);
        log.info({ name, bytes: announced.bytes }, "a backup from elsewhere was added");
        // It is there, whatever becomes of the note of it.
        await added(name, announced.bytes).catch((error: unknown) => {
          log.warn({ error }, "that a backup was added could not be recorded");
        });
        return name;
      } catch (error) {
        throw explainFileError(error, `${shown(announced.name)} was not taken`);
      } finally {
        receiving = false;
      }
    },
  };
}

/** Writes what comes to a new file, durable, and never more than was announced. */
async function write(
  file: string,
  { name, bytes }: Announced,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  let written = 0;
  async function* counted() {
    for await (const piece of content) {
      written += piece.length;
      if (written > bytes) throw cutOff(name, written, bytes);
      yield piece;
    }
  }
  await pipeline(Readable.from(counted()), createWriteStream(file, { flags: "wx", mode: PRIVATE_FILE }), {
    signal,
  });
  if (written !== bytes) throw cutOff(name, written, bytes);
  const handle = await open(file, "r+");
  try {
    await handle.chmod(PRIVATE_FILE);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function cutOff(name: string, written: number, bytes: number): Refusal {
  return new Refusal("backup_invalid", `${shown(name)} was not taken: ${written} of ${bytes} bytes came.`, {
    next: "Try again.",
  });
}

/** The name of a backup by what it says about itself; refuses what is none, and one of the database that is not sound. */
async function nameFor(
  file: string,
  { name }: Announced,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<(later: number) => string> {
  const { openedBy } = await openedByOf(file);
  if (openedBy !== null) {
    const takenAt = takenAtOf(lastPart(name)) ?? clock.now();
    return (later) => fullBackupFileName(new Date(takenAt.getTime() + later), "received");
  }
  const { header } = await readBackup(file, signal);
  const takenAt = Date.parse(header.takenAt);
  return (later) => receivedFileName(new Date(takenAt + later), header.reason);
}

/** The first name that is not taken; each further one says a millisecond later. */
async function freeName(directory: string, nameAt: (later: number) => string): Promise<string> {
  for (let later = 0; ; later += 1) {
    const name = nameAt(later);
    const there = await stat(path.join(directory, name)).catch(() => null);
    if (there === null) return name;
  }
}

/** A refusal of the partial file, said of the file that came. */
function called(error: unknown, partial: string, name: string): unknown {
  const refusal = asRefusal(error);
  if (!refusal?.message.includes(partial)) return error;
  return new Refusal(refusal.code, refusal.message.replaceAll(partial, name), {
    next: "Choose a file that this product wrote: its name ends with .tar or .tar.age.",
  });
}

/** A name from elsewhere, fit for a sentence. */
function shown(name: string): string {
  const text = lastPart(name).replaceAll(/[\p{C}\p{Z}]+/gu, " ");
  return text.slice(0, 100).trim() || "The file";
}

function lastPart(name: string): string {
  return name.split(/[/\\]/).at(-1) ?? "";
}
