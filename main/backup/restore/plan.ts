import { copyFile, open } from "node:fs/promises";
import path from "node:path";
import { makePrivateDirectory, PRIVATE_FILE } from "../../instance/permissions.ts";
import type { Intent, Move } from "./intent.ts";
import {
  isThere,
  keptDatabase,
  type KeptNotes,
  type KeptState,
  nextKeptName,
  type RestorePlaces,
  writeKeptNotes,
} from "./places.ts";

/** Days in which a restore can be undone. */
export const KEPT_DAYS = 7;

/** A file or folder that takes the place of another. Absolute paths; null: nothing is to stand there. */
export interface IncomingFile {
  readonly place: string;
  readonly incoming: string | null;
}

export interface SwapPlan {
  /** The data directory that comes; null: none is to stand there. */
  readonly database: string | null;
  readonly files: readonly IncomingFile[];
  /** Small files that stay where they are and are kept as they are now. */
  readonly copies: readonly string[];
  readonly before: KeptState["before"];
  readonly source: string;
  readonly keyId: string | null;
  readonly notes: KeptNotes;
  readonly now: Date;
}

/**
 * Prepares a swap and says what is to be done, without touching what is in use. Copies are on the disk when it returns. A
 * plan that is not carried out leaves a folder without a record, which the next opening removes.
 */
export async function planSwap(places: RestorePlaces, plan: SwapPlan): Promise<Intent> {
  const id = await nextKeptName(places, plan.now);
  const keptFiles = path.join(places.kept, id, "files");
  await makePrivateDirectory(keptFiles);
  await writeKeptNotes(places, id, plan.notes);
  const stored = storedIn(places);
  let count = 0;
  const keptFile = (place: string) => path.join(keptFiles, `${(count += 1)}-${path.basename(place)}`);
  const moves: Move[] = [];
  const files: KeptState["files"] = [];
  const outgoingDatabase = (await isThere(places.database)) ? keptDatabase(places, id) : null;
  const stand = (place: string, incoming: string | null, outgoing: string | null) =>
    void moves.push({
      place: stored(place),
      incoming: incoming === null ? null : stored(incoming),
      outgoing: outgoing === null ? null : stored(outgoing),
    });
  stand(places.database, plan.database, outgoingDatabase);
  for (const { place, incoming } of plan.files) {
    const outgoing = (await isThere(place)) ? keptFile(place) : null;
    stand(place, incoming, outgoing);
    files.push({ place: stored(place), kept: outgoing === null ? null : stored(outgoing) });
  }
  for (const place of plan.copies) {
    const copy = (await isThere(place)) ? keptFile(place) : null;
    if (copy !== null) await copyDurably(place, copy);
    files.push({ place: stored(place), kept: copy === null ? null : stored(copy) });
  }
  return {
    version: 1,
    moves,
    keep: {
      version: 1,
      id,
      keptAt: plan.now.toISOString(),
      expiresAt: new Date(plan.now.getTime() + KEPT_DAYS * 86_400_000).toISOString(),
      before: plan.before,
      source: plan.source,
      keyId: plan.keyId,
      database: outgoingDatabase === null ? null : stored(outgoingDatabase),
      files,
    },
  };
}

/**
 * Prepares files alone to take the place of others, without touching what is in use. What stands there goes where `aside`
 * says, by its place, and else into the folder `kept`; no record of it is written, and there is no undo.
 */
export async function planFiles(
  places: RestorePlaces,
  files: readonly IncomingFile[],
  { kept, aside }: { readonly kept: string; readonly aside: ReadonlyMap<string, string> },
): Promise<Intent> {
  const stored = storedIn(places);
  const moves: Move[] = [];
  for (const { place, incoming } of files) {
    const outgoing = aside.get(place) ?? path.join(kept, path.relative(places.root, place));
    moves.push({
      place: stored(place),
      incoming: incoming === null ? null : stored(incoming),
      outgoing: (await isThere(place)) ? stored(outgoing) : null,
    });
  }
  return { version: 1, moves, keep: null };
}

/** A path as a record holds it: below the instance, or absolute. */
function storedIn({ root }: RestorePlaces): (entry: string) => string {
  return (entry) => (entry.startsWith(root + path.sep) ? path.relative(root, entry) : entry);
}

/** The way back from a swap that has just been carried out, and of which nothing is to be kept but what was before. */
export function reverse({ moves }: Intent): Intent {
  return {
    version: 1,
    moves: moves.map(({ place, incoming, outgoing }) => ({ place, incoming: outgoing, outgoing: incoming })),
    keep: null,
  };
}

async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const handle = await open(to, "r+");
  try {
    await handle.chmod(PRIVATE_FILE);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
