import { lstat, readdir, realpath, rename, rm } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { type KeptState as ShownKept, replacedPart } from "../../../preload/contract/restore.ts";
import { Refusal, systemCode } from "../../contract/refusal.ts";
import { removeInterrupted } from "../../database/embedded/cluster.ts";
import { endServerOn } from "../../database/embedded/scratch.ts";
import type { Log } from "../../instance/log.ts";
import type { InstancePaths } from "../../instance/paths.ts";
import { explainFileError, flushDirectory, readIfThere, writePrivateFile } from "../../instance/permissions.ts";
import { removeTree } from "../../instance/remove-tree.ts";

/** Where a restore works, and where the state before it is kept. */
export interface RestorePlaces {
  readonly root: string;
  /** The data directory in use, without symbolic links; it may not be there. */
  readonly database: string;
  /** Beside it, because a directory is renamed within one file system: what is being built. */
  readonly building: string;
  /** Logs of the server that builds, and what else is needed for the length of a restore. */
  readonly work: string;
  /** What a backup of everything holds, opened. */
  readonly opened: string;
  readonly intent: string;
  readonly kept: string;
  /** How far the access events of the restored database are sealed, until the vault is open. */
  readonly heads: string;
  /** What came with the rows of a server's database, until that database is opened. */
  readonly waiting: string;
  /** What stood where that came, by when. */
  readonly replaced: string;
}

export async function restorePlaces(paths: Pick<InstancePaths, "root" | "db">): Promise<RestorePlaces> {
  const directory = path.join(paths.root, "restore");
  const database = await realDatabase(paths.db);
  return {
    root: paths.root,
    database,
    building: `${database}.restoring`,
    work: path.join(directory, "work"),
    opened: path.join(directory, "opened"),
    intent: path.join(directory, "intent.json"),
    kept: path.join(directory, "kept"),
    heads: path.join(directory, "heads.json"),
    waiting: path.join(directory, "waiting"),
    replaced: path.join(directory, "replaced"),
  };
}

async function realDatabase(db: string): Promise<string> {
  try {
    return await realpath(db);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw explainFileError(error, `The database in ${db} was not found`);
  }
  if (!(await isThere(db))) return db;
  throw new Refusal("database_unavailable", `Nothing was restored: ${db} leads to a place that is gone.`, {
    next: "Bring that place back, such as a disk that is not mounted, or remove the link.",
  });
}

/** The name of what is kept since an instant; names sort as the instants do. */
export function keptName(instant: Date): string {
  return instant.toISOString().replace(/[-:.]/g, "");
}

const KEPT_NAME = /^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\d)(\d{3}Z)$/;

/** A name for what is kept from now on, newer than all others, also where the clock was ahead when they were kept. */
export async function nextKeptName({ kept }: RestorePlaces, now: Date): Promise<string> {
  const instants = (await entriesOf(kept))
    .filter((name) => KEPT_NAME.test(name))
    .map((name) => Date.parse(name.replace(KEPT_NAME, "$1-$2-$3:$4:$5.$6")))
    .filter((instant) => !Number.isNaN(instant));
  return keptName(new Date(Math.max(now.getTime(), ...instants.map((instant) => instant + 1))));
}

/** Where the database in use goes when another takes its place. */
export function keptDatabase({ database }: RestorePlaces, id: string): string {
  return `${database}.kept-${id}`;
}

/**
 * What was in use before a restore or an undo. Paths are below the instance, or absolute. Earlier versions read it strictly,
 * so that what is added stands in a file beside it; what a later one adds is passed over.
 */
export const keptState = z.object({
  version: z.literal(1),
  id: z.string().regex(/^[0-9A-Z]+$/),
  keptAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  /** What took its place: a restore of `source`, or an undo. */
  before: z.enum(["restore", "undo"]),
  source: z.string(),
  /** The master key that was in use; null where there was none, or it was not known. */
  keyId: z.string().nullable(),
  /** Null where there was no database. */
  database: z.string().nullable(),
  /** Files that stood beside it: their place, and where they are kept, or null where there was none. */
  files: z.array(z.strictObject({ place: z.string(), kept: z.string().nullable() })),
});
export type KeptState = z.infer<typeof keptState>;

/** What is known of a kept state beside its record. */
const keptNotes = z.object({
  /** Where the master key that was in use was looked for, by the settings. */
  custody: z.enum(["file", "keychain"]),
  /** What took the place of what is kept; earlier versions did not note it. */
  replaced: z.array(replacedPart).nullable().default(null),
});
export type KeptNotes = z.infer<typeof keptNotes>;

/** An earlier version noted the custody alone. */
function notesFile(places: RestorePlaces, id: string): string {
  return path.join(places.kept, id, "custody.json");
}

/** Notes it beside what is about to be kept; on the disk when it returns. */
export async function writeKeptNotes(places: RestorePlaces, id: string, notes: KeptNotes): Promise<void> {
  await writePrivateFile(notesFile(places, id), `${JSON.stringify(notes)}\n`);
}

/** Null where an earlier version kept the state, or they are damaged: the state is told and put back all the same. */
export async function readKeptNotes(places: RestorePlaces, id: string): Promise<KeptNotes | null> {
  try {
    const text = await readIfThere(notesFile(places, id));
    return text === null ? null : keptNotes.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** A kept state as it is told. */
export async function shownKept(places: RestorePlaces, state: KeptState): Promise<ShownKept> {
  const { id, keptAt, expiresAt, before, source } = state;
  const notes = await readKeptNotes(places, id);
  return { id, keptAt, expiresAt, before, source, replaced: notes?.replaced ?? null };
}

/** What is kept, the newest first. What was never completed, was put back in use since, or cannot be read is left out. */
export async function readKept(places: RestorePlaces): Promise<KeptState[]> {
  const found = await readRecords(places);
  const states = found.flatMap((record) => (record.kind === "kept" ? [record.state] : []));
  return states.toSorted((one, other) => other.id.localeCompare(one.id));
}

/** A folder of something kept. One that is `over` has no record, or its database is gone: nobody needs it any more. */
type KeptRecord = { readonly folder: string } & (
  | { readonly kind: "kept"; readonly state: KeptState }
  | { readonly kind: "over" }
  | { readonly kind: "unreadable"; readonly error: unknown }
);

/** All that is kept, and what is left of it. */
export async function readRecords(places: RestorePlaces): Promise<KeptRecord[]> {
  const names = await entriesOf(places.kept);
  return Promise.all(names.map((name) => readRecord(places, path.join(places.kept, name))));
}

async function readRecord({ root }: RestorePlaces, folder: string): Promise<KeptRecord> {
  try {
    const text = await readIfThere(path.join(folder, "kept.json"));
    if (text === null) return { folder, kind: "over" };
    const state = keptState.parse(JSON.parse(text));
    const isKept = state.database === null || (await isThere(path.resolve(root, state.database)));
    return isKept ? { folder, kind: "kept", state } : { folder, kind: "over" };
  } catch (error) {
    return { folder, kind: "unreadable", error };
  }
}

/** The name that a kept database has while it is removed. */
const REMOVING = ".removing";

/**
 * Removes a kept state for good. Its database gets another name first, and its record goes before the rest: whatever is left by a
 * kill in between is nothing that could be put back, and is removed later.
 */
export async function removeKept(places: RestorePlaces, state: KeptState, log: Log): Promise<void> {
  const folder = path.join(places.kept, state.id);
  if (state.database !== null) {
    const database = path.resolve(places.root, state.database);
    await endServerOn(database, log);
    await rename(database, `${database}${REMOVING}`);
    await flushDirectory(path.dirname(database));
  }
  await rm(path.join(folder, "kept.json"), { force: true });
  await flushDirectory(folder);
  await removeRemoved(places, log);
  await removeTree(folder, log);
}

/** Removes kept databases that have lost their record, which may take long. */
export async function removeRemoved({ database }: RestorePlaces, log: Log): Promise<void> {
  const directory = path.dirname(database);
  const names = (await entriesOf(directory)).filter((name) => name.startsWith(`${path.basename(database)}.kept-`));
  for (const name of names) if (name.endsWith(REMOVING)) await removeTree(path.join(directory, name), log);
}

/** Ends and removes what a restore or an undo left that was killed before its intent, or that failed. Nothing while there is an intent: it needs that. */
export async function removeUnfinished(places: RestorePlaces, log: Log): Promise<void> {
  if (await isThere(places.intent)) return;
  const kept = await readKept(places);
  // An undo that was killed had started a server on it.
  for (const { database } of kept) if (database !== null) await endServerOn(path.resolve(places.root, database), log);
  await endServerOn(places.building, log);
  if (await isThere(path.dirname(places.building))) await removeInterrupted(places.building);
  await Promise.all(
    [places.building, places.work, places.opened].map((entry) => rm(entry, { recursive: true, force: true })),
  );
  for (const record of await readRecords(places)) {
    const { folder, kind } = record;
    if (kind === "over") await removeTree(folder, log);
    // A later version may know it, and in it may be the only copy of a key.
    if (kind === "unreadable")
      log.warn({ folder, error: record.error }, "what is kept cannot be read and is left alone");
  }
}

export async function isThere(entry: string): Promise<boolean> {
  try {
    await lstat(entry);
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

/** The names in a folder; none where it is not there. */
export async function entriesOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw explainFileError(error, `${directory} was not read`);
  }
}
