import { rm } from "node:fs/promises";
import path from "node:path";
import type { Restored } from "../../../preload/contract/restore.ts";
import { comingBack, nameOf } from "../../../preload/rules/kept-states.ts";
import { asRefusal, Refusal } from "../../contract/refusal.ts";
import { removeTree } from "../../instance/remove-tree.ts";
import { prepareKept } from "./build.ts";
import { settingsWithCustody } from "./full-files.ts";
import { readKept, readKeptNotes } from "./places.ts";
import type { IncomingFile } from "./plan.ts";
import type { RestoreServices } from "./services.ts";
import { buildOptions, finishEarlier, goOn, smallFiles, swap } from "./swap.ts";
import type { Doing } from "./turn.ts";

/**
 * Puts what is kept back in use, the newest where no id is given: the database, and the files, settings and key that went
 * with it. What it replaces is kept in turn.
 */
export async function undoRestore(
  services: RestoreServices,
  id: string | undefined,
  { signal, show }: Doing,
): Promise<Restored> {
  const { mode, paths, places, stage, clock, log } = services;
  if (mode === "postgres") throw nothingKept("Nothing of a database on a server of yours is kept.");
  await finishEarlier(services);
  const all = await readKept(places);
  const state = id === undefined ? all[0] : all.find((one) => one.id === id);
  if (!state && id !== undefined && all.length > 0) throw otherKept(id);
  if (!state) throw nothingKept("Nothing is kept.");
  const refusal = stage.live()?.busy();
  if (refusal) throw refusal;
  const ring = await stage.ring();
  const notes = await readKeptNotes(places, state.id);
  const now = clock.now();
  const at = (stored: string) => path.resolve(places.root, stored);
  show({ phase: "stopping", done: 0 });
  let built;
  const data = state.database === null ? null : at(state.database);
  const stateOf = new Date(state.keptAt);
  const source = nameOf(comingBack(state));
  try {
    await stage.close();
    await rm(places.work, { recursive: true, force: true });
    show({ phase: "loading" });
    const options = { ...buildOptions(services, ring, now, signal), source, stateOf };
    built = data === null ? null : await prepareKept({ ...options, data }).catch(notOpening);
    signal.throwIfAborted();
  } catch (error) {
    await goOn(services);
    throw error;
  }
  // The key in use stays where it opens what comes back, by itself or because it took the place of its key.
  const keyStays = built?.opens !== false || ring.currentId === state.keyId;
  const files: IncomingFile[] = state.files
    .map(({ place, kept }) => ({ place: at(place), incoming: kept === null ? null : at(kept) }))
    .filter(({ place }) => place !== paths.masterKey || !keyStays);
  if (!keyStays && notes !== null && !files.some(({ place }) => place === paths.config)) {
    const settings = await settingsWithCustody(paths, notes.custody, places.work);
    if (settings !== null) files.push(settings);
  }
  const kept = await swap(services, show, {
    database: data,
    files,
    copies: smallFiles(services, files),
    before: "undo",
    source,
    keyId: ring.currentId,
    now,
  });
  await removeTree(path.join(places.kept, state.id), log);
  const opens = !(stage.live()?.isLocked() ?? false);
  log.info({ id: state.id }, "a restore was undone");
  const told = { source, stateOf: state.keptAt, opens, rows: null, notRestored: [] };
  return { kind: "undo", ...told, kept, keptAside: [] };
}

function otherKept(id: string): Refusal {
  return new Refusal("restore_missing", `Nothing was put back: nothing is kept under ${id}.`, {
    next: "See what is kept: `paperclip-desktop db:restore-undo --preview`",
  });
}

/** Says of a kept database that does not start that it is the one. */
function notOpening(error: unknown): never {
  const refusal = asRefusal(error);
  if (refusal?.code !== "database_unavailable") throw error;
  throw new Refusal(
    refusal.code,
    `Nothing was undone: what is kept does not open. ${refusal.message}`,
    { next: "What is in use stays. Restore a backup of that time instead: `paperclip-desktop backups list`" },
    error,
  );
}

function nothingKept(why: string): Refusal {
  return new Refusal("restore_missing", `There is no restore to undo. ${why}`, {
    next: "What was in use before a restore is kept for 7 days. Older states are in backups: `paperclip-desktop backups list`",
  });
}
