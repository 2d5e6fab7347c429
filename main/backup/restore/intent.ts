import { rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { Refusal, systemCode } from "../../contract/refusal.ts";
import { endServerOn } from "../../database/embedded/scratch.ts";
import type { Log } from "../../instance/log.ts";
import {
  explainFileError,
  flushDirectory,
  makePrivateDirectory,
  readIfThere,
  writePrivateFile,
} from "../../instance/permissions.ts";
import { isThere, keptState, type RestorePlaces } from "./places.ts";

/** One thing takes the place of another. Null as `incoming`: the place becomes empty; as `outgoing`: it was. */
const move = z.strictObject({
  place: z.string(),
  incoming: z.string().nullable(),
  outgoing: z.string().nullable(),
});
export type Move = z.infer<typeof move>;

/**
 * What was decided to take the place of what. From the moment it is on the disk the swap counts: whoever opens the instance
 * next carries it out, as far as it is not done yet. Before that moment nothing of what is in use was touched.
 */
const intent = z.strictObject({
  version: z.literal(1),
  moves: z.array(move).min(1),
  /** Becomes the record of what went; null where nothing of it is kept. */
  keep: keptState.nullable(),
});
export type Intent = z.infer<typeof intent>;

/** The point of no return: durable when it returns. */
export async function writeIntent(places: RestorePlaces, decided: Intent): Promise<void> {
  await writePrivateFile(places.intent, `${JSON.stringify(decided, null, 2)}\n`);
}

/** As `writeIntent`, for the first one: where it fails, nothing is decided, unless not even that can be taken back. */
export async function decideOn(places: RestorePlaces, decided: Intent): Promise<void> {
  try {
    await writeIntent(places, decided);
  } catch (error) {
    // It may have got its name, and its incoming things are about to be removed.
    await removeIntent(places);
    throw error;
  }
}

async function removeIntent({ intent: file }: RestorePlaces): Promise<void> {
  await rm(file, { force: true });
  await flushDirectory(path.dirname(file));
}

/** Carries out what was decided and not finished. False where nothing was. Called by the owner before each start of its database. */
export async function finishIntent(places: RestorePlaces, log: Log): Promise<boolean> {
  const text = await readIfThere(places.intent);
  if (text === null) return false;
  for (const step of stepsOf(places, parse(places, text), log)) await step();
  return true;
}

/**
 * The steps of a swap, each of which may be cut off and done again, and does nothing where it is done. In their order, from
 * the first one, they lead from any point of an earlier attempt to the end.
 */
export function stepsOf(places: RestorePlaces, decided: Intent, log: Log): (() => Promise<void>)[] {
  const { moves, keep } = decided;
  const at = (stored: string) => path.resolve(places.root, stored);
  return [
    // A killed process may have left a server on a directory that is about to get another name.
    async () => {
      for (const { place, incoming } of moves) {
        for (const entry of incoming === null ? [place] : [place, incoming]) {
          if (await isDirectory(at(entry))) await endServerOn(at(entry), log);
        }
      }
    },
    ...moves.flatMap(({ place, incoming, outgoing }) => [
      async () => {
        // Where the incoming one is gone from its own place, it stands in the place already.
        const waits = incoming === null || (await isThere(at(incoming)));
        if (outgoing !== null && waits && !(await isThere(at(outgoing)))) await moveTo(at(place), at(outgoing));
      },
      async () => {
        if (incoming !== null && (await isThere(at(incoming)))) await moveTo(at(incoming), at(place));
      },
    ]),
    async () => {
      if (keep === null) return;
      await writePrivateFile(path.join(places.kept, keep.id, "kept.json"), `${JSON.stringify(keep, null, 2)}\n`);
    },
    () => removeIntent(places),
  ];
}

async function isDirectory(entry: string): Promise<boolean> {
  return (await isThere(entry)) && (await stat(entry)).isDirectory();
}

/** Renames, durably. Nothing is ever written over: where something stands, the rename does not take place. */
async function moveTo(from: string, to: string): Promise<void> {
  try {
    if (!(await isThere(from))) return;
    if (await isThere(to)) throw new Error(`${to} is there already`);
    await makePrivateDirectory(path.dirname(to));
    await rename(from, to);
    await flushDirectory(path.dirname(to));
    if (path.dirname(from) !== path.dirname(to)) await flushDirectory(path.dirname(from));
  } catch (error) {
    if (systemCode(error) === "EXDEV") {
      throw new Refusal(
        "database_unavailable",
        `The swap was not finished: ${from} and ${to} are on different disks, between which nothing can be renamed.`,
        {
          next: "Have both on one disk: a link or a mount on the way to one of them leads to another. Then start again.",
        },
        error,
      );
    }
    if (systemCode(error) === "EBUSY") {
      throw new Refusal(
        "database_unavailable",
        `The swap was not finished: ${from} is a mount of its own, which cannot be renamed.`,
        { next: `Mount the directory above it (${path.dirname(from)}) instead, and start again.` },
        error,
      );
    }
    throw explainFileError(error, `The swap was not finished: ${from} did not take the place of ${to}`);
  }
}

function parse(places: RestorePlaces, text: string): Intent {
  try {
    return intent.parse(JSON.parse(text));
  } catch (error) {
    throw new Refusal(
      "instance_invalid",
      `The file ${places.intent} is damaged: it says how a restore that was cut off is to be finished.`,
      { next: `Put the file back from a copy. Beside ${places.database} stands what it was about.` },
      error,
    );
  }
}
