import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import type pg from "pg";
import type { RetentionPolicy } from "../../../preload/rules/retention.ts";
import { Refusal, systemCode } from "../../contract/refusal.ts";
import { explainFileError, makePrivateDirectory } from "../../instance/permissions.ts";
import type { KeyCopy } from "../../secrets/key-copy.ts";
import { sealFor, type Seal } from "../age.ts";
import type { SealedTo } from "../age-head.ts";
import { createArchive, writerIn, type ArchiveWriter } from "../archive-writer.ts";
import { HEADER, PARTIAL, SUMS } from "../format.ts";
import { unlessGivenUp } from "../give-up.ts";
import { planPruning, prune, type Pruned } from "../prune.ts";
import type { DatabaseContent } from "../read.ts";
import { withSnapshot } from "../snapshot.ts";
import { expectedSize, refuseWithoutSpace } from "../space.ts";
import type { TakeOptions } from "../take.ts";
import { describeDatabase, writeDatabase, type DescribedDatabase } from "../write-database.ts";
import { contentOf, entriesBelow, filesBelow, type FoundFile, type FoundLink, type LeaveOut } from "./files.ts";
import {
  DATABASE,
  fileEntry,
  type FilesSum,
  FULL_FORMAT,
  FULL_LIMITS,
  fullBackupFileName,
  type FullHeader,
  type FullReason,
  type FullSums,
  keyEntry,
  LEFT_OUT,
  type LeftOut,
  type LinksSum,
  ROOTS,
  SETTINGS,
  settingsEntry,
} from "./format.ts";
import { outsideOf } from "./outside.ts";

/** How far a full backup is. */
export interface FullProgress {
  /** 0 to 1. */
  readonly done: number;
  readonly bytes: number;
  readonly rows: number | null;
  /** The table or file that is being read. */
  readonly at: string | null;
}

export interface TakeFullOptions extends Omit<TakeOptions, "reason" | "retention" | "onProgress"> {
  /** The folder of the instance, whose settings and files are taken along. */
  readonly instance: string;
  /** To whom it is encrypted. */
  readonly to: SealedTo;
  /** The master key in use, asked for once the database is seen as of its moment. */
  readonly key: () => Promise<KeyCopy | null>;
  readonly reason: FullReason;
  /** What older full backups by interval there are kept by; the others are removed before it is written. Left out: all stay. */
  readonly retention?: RetentionPolicy;
  /** Whether the file is read from the disk once more and held against what was written. */
  readonly readBack: boolean;
  readonly onProgress?: (progress: FullProgress) => void;
}

/** A full backup as it lies on disk. */
export interface TakenFullBackup {
  readonly path: string;
  readonly bytes: number;
  readonly header: FullHeader;
  readonly database: DatabaseContent;
  readonly files: FilesSum;
  readonly links: LinksSum;
  readonly leftOut: LeftOut;
  /** What became of the older ones that retention does not keep. */
  readonly pruned: Pruned;
}

/**
 * Backs an instance up into one encrypted file: the database as of one moment, its master key, settings and files, each read
 * and written once. There is the whole file under its name, durable, or nothing. Refuses as `takeBackup` does, and with
 * `key_rotating` where the key was changed between.
 */
export async function takeFullBackup(options: TakeFullOptions): Promise<TakenFullBackup> {
  const { directory, connection, to } = options;
  try {
    return await unlessGivenUp(options, async (signal) => {
      await makePrivateDirectory(directory);
      // Before anything else is held: a passphrase takes 128 MiB, and gives them back.
      const seal = await sealFor(to);
      const filesBytes = await sizeOfFiles(options, signal);
      return withSnapshot(connection, signal, (client, release) =>
        take({ client, release, seal, filesBytes }, { ...options, signal }),
      );
    });
  } catch (error) {
    throw explainFileError(error, `The backup was not written to ${directory}`);
  }
}

interface Begun {
  /** Within the snapshot, until it is released. */
  readonly client: pg.Client;
  readonly release: () => Promise<void>;
  readonly seal: Seal;
  readonly filesBytes: number;
}

async function take(begun: Begun, options: TakeFullOptions): Promise<TakenFullBackup> {
  const { directory, retention } = options;
  const database = await describeDatabase(begun.client, options);
  const key = await options.key();
  if ((key?.id ?? null) !== database.header.keys.master) throw keyChanged();
  const needed = expectedSize(database.diskBytes) + begun.filesBytes;
  const plan = retention ? await planPruning(directory, "full", retention, options.clock.now(), needed) : [];
  const pruned = await prune(directory, plan);
  await refuseWithoutSpace(directory, needed);
  return { ...(await write(begun, database, key, options)), pruned };
}

async function sizeOfFiles({ instance }: TakeFullOptions, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  for (const root of ROOTS)
    for await (const file of filesBelow(instance, root, () => undefined, null)) {
      signal.throwIfAborted();
      bytes += file.bytes;
    }
  return bytes;
}

async function write(
  { client, release, seal, filesBytes }: Begun,
  database: DescribedDatabase,
  key: KeyCopy | null,
  options: TakeFullOptions,
): Promise<Omit<TakenFullBackup, "pruned">> {
  const { directory, instance, signal, onProgress } = options;
  const settings = await readSettings(instance);
  const { app, takenAt: takenAtText } = database.header;
  const takenAt = new Date(takenAtText);
  const header: FullHeader = {
    format: FULL_FORMAT,
    kind: "full",
    app,
    takenAt: takenAtText,
    instance: { id: options.instanceId },
    key: key === null ? null : { id: key.id },
    settings: settings.map(({ name }) => name),
    roots: [...ROOTS],
  };
  const all = Math.max(1, database.diskBytes + filesBytes);
  const file = path.join(directory, fullBackupFileName(takenAt, options.reason));
  const asWritten = createHash("sha256");
  const archive = await createArchive(file, takenAt, (tar) =>
    options.readBack ? summed(seal(tar), asWritten) : seal(tar),
  );
  const giveUp = () => void archive.discard();
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    await archive.add(HEADER, json(header));
    if (key !== null) await archive.add(keyEntry(key.id), Buffer.from(key.text));
    for (const { name, content } of settings) await archive.add(settingsEntry(name), content);
    const tables = await writeDatabase(client, writerIn(DATABASE, archive), database, {
      ...options,
      onProgress: ({ bytes, rows, table }) =>
        onProgress?.({ done: Math.min(bytes, database.diskBytes) / all, bytes, rows, at: table }),
    });
    await release();
    const rawBytes = tables.reduce((sum, { bytes }) => sum + bytes, 0);
    const report = (bytes: number, at: string) =>
      onProgress?.({
        done: Math.min(1, (database.diskBytes + bytes) / all),
        bytes: rawBytes + bytes,
        rows: null,
        at,
      });
    const left = leftOutList();
    const found: FoundLink[] = [];
    const taking = { leaveOut: left.add, onLink: (link: FoundLink) => void found.push(link), writing: file };
    const files = await addFiles(archive, options, taking, report);
    const links = await addLinks(archive, found, left.add);
    for (const { place, why } of await outsideOf(instance)) left.add(place, why);
    await archive.add(LEFT_OUT, json(left.list));
    const sums: FullSums = { format: FULL_FORMAT, entries: [...archive.entries()], files, links };
    await archive.add(SUMS, json(sums));
    signal.throwIfAborted();
    const bytes = await archive.finish();
    if (options.readBack) await compareWithDisk(file, asWritten.digest("hex"), signal);
    return {
      path: file,
      bytes,
      header,
      database: { header: database.header, tables },
      files,
      links,
      leftOut: left.list,
    };
  } catch (error) {
    await archive.discard();
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

async function* summed(pieces: AsyncIterable<Uint8Array>, sum: Hash): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    sum.update(piece);
    yield piece;
  }
}

/**
 * Reads a file from the disk and holds it against the sum of what was written. A backup to the recovery code can be opened by
 * nobody here: that every byte of it stands on the disk is what can be known of it. One that differs is removed.
 */
async function compareWithDisk(file: string, sha256: string, signal: AbortSignal): Promise<void> {
  try {
    const sum = createHash("sha256");
    for await (const piece of createReadStream(file, { signal, highWaterMark: 1024 * 1024 })) sum.update(piece);
    if (sum.digest("hex") === sha256) return;
    throw new Refusal(
      "backup_invalid",
      `The backup was not kept: ${file} reads back differently than it was written.`,
      {
        next: "The disk does not keep what is written to it. Look at its health, or choose another one.",
      },
    );
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

async function readSettings(instance: string): Promise<{ name: (typeof SETTINGS)[number]; content: Buffer }[]> {
  const found = [];
  for (const name of SETTINGS) {
    const content = await readFile(path.join(instance, name)).catch((error: unknown) => {
      if (systemCode(error) === "ENOENT") return null;
      throw explainFileError(error, `The settings in ${name} were not read`);
    });
    if (content === null) continue;
    if (content.length > FULL_LIMITS.settings) throw new Error(`${name} is larger than the format takes`);
    found.push({ name, content });
  }
  return found;
}

interface Taking {
  readonly leaveOut: LeaveOut;
  readonly onLink: (link: FoundLink) => void;
  /** The file that is being written, which may lie where files are taken from. */
  readonly writing: string;
}

async function addFiles(
  archive: ArchiveWriter,
  { instance, signal }: TakeFullOptions,
  { leaveOut, onLink, writing }: Taking,
  report: (bytes: number, at: string) => void,
): Promise<FilesSum> {
  const sum = createHash("sha256");
  let [count, bytes] = [0, 0];
  const add = async (file: FoundFile) => {
    await refuseWithoutSpace(path.dirname(archive.file), file.bytes);
    const whole = path.join(instance, file.path);
    const content = await contentOf(whole, file.bytes, () => {
      leaveOut(file.path, "it became shorter while it was read; what was missing is filled up with zeros");
    });
    if ("why" in content) return leaveOut(file.path, content.why);
    const sha256 = await archive.addStream({ ...file, name: fileEntry(file.path) }, content);
    sum.update(`${sha256}  ${fileEntry(file.path)}\n`);
    count += 1;
    bytes += file.bytes;
    report(bytes, file.path);
  };
  for (const root of ROOTS) {
    for await (const file of entriesBelow(instance, root, leaveOut, `${writing}${PARTIAL}`)) {
      signal.throwIfAborted();
      if ("target" in file) onLink(file);
      else await add(file);
    }
  }
  return { count, bytes, sha256: sum.digest("hex") };
}

/** After all files, so that whoever opens it in its order writes none of them through a link. */
async function addLinks(archive: ArchiveWriter, links: readonly FoundLink[], leaveOut: LeaveOut): Promise<LinksSum> {
  const sum = createHash("sha256");
  for (const { path: place, target, modifiedAt } of links.slice(0, FULL_LIMITS.links)) {
    const name = fileEntry(place);
    await archive.addLink({ name, target, modifiedAt });
    sum.update(`${JSON.stringify([name, target])}\n`);
  }
  for (const { path: place } of links.slice(FULL_LIMITS.links)) leaveOut(place, "there are too many symbolic links");
  return { count: Math.min(links.length, FULL_LIMITS.links), sha256: sum.digest("hex") };
}

function leftOutList(): { readonly add: LeaveOut; readonly list: LeftOut } {
  const list: LeftOut = { count: 0, entries: [] };
  return {
    list,
    add: (name, why) => {
      list.count += 1;
      // A name may hold what cannot be told; JSON carries it all the same.
      if (list.entries.length < FULL_LIMITS.leftOut) list.entries.push({ path: name, why });
    },
  };
}

function keyChanged(): Refusal {
  return new Refusal("key_rotating", "The backup was not taken: the master key was changed while it was.", {
    next: "Wait for the end of the rotation, which `paperclip-desktop secrets key show` tells, then try again.",
  });
}

function json(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}
