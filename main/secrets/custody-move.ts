import { rm } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { Refusal, asRefusal, errorText } from "../contract/refusal.ts";
import { flushDirectory, makePrivateDirectory, readIfThere, writePrivateFile } from "../instance/permissions.ts";
import type { Custody, KeyPlaces } from "./custody-place.ts";
import type { Finding } from "./key-file.ts";

/*
 * A master key moves in five steps: the intent is written down; the key is written to where it goes, and read back; the
 * settings name the new custody, which is the point from which the move counts; the key is taken away from where it was;
 * the intent is removed. A move that was cut off is finished at the next start where it counts, and undone where it does
 * not. At every moment at least one place holds the key.
 */

export interface MoveServices {
  readonly places: KeyPlaces;
  /** A file in the instance's own folder for keys. */
  readonly intentFile: string;
  /** Writes the custody into the settings of the instance. Durable when it returns. */
  readonly save: (custody: Custody) => Promise<void>;
}

/** What is written down before anything is done. It holds no key. */
const intent = z.object({
  from: z.enum(["file", "keychain"]),
  to: z.enum(["file", "keychain"]),
  keyId: z.string(),
  /** Whether the key stood at the destination before; then it stays there when the move is undone. */
  stoodThere: z.boolean(),
});
type Intent = z.infer<typeof intent>;

export interface Moved {
  readonly keyId: string;
  /** Where the key also remains, and why; else null. */
  readonly remains: string | null;
  /** What stood at the destination and was put aside, else null. */
  readonly aside: string | null;
}

/**
 * Moves the key in use to the other place. Refuses, with nothing changed, where the source does not give its key or the
 * destination cannot keep one.
 */
export async function moveKey(services: MoveServices, to: Custody, now: Date): Promise<Moved> {
  const { places } = services;
  const from: Custody = to === "file" ? "keychain" : "file";
  const key = (await places[from].read()).key;
  if (key === null)
    throw new Refusal("key_missing", `The key was not moved: the ${places[from].noun} does not give it.`);
  // An unreachable keychain is refused before anything is written anywhere.
  await places[to].reach("The key was not moved");
  const there = await places[to].read();
  const stoodThere = there.key?.id === key.id;
  const move: Intent = { from, to, keyId: key.id, stoodThere };
  await makePrivateDirectory(path.dirname(services.intentFile));
  await writePrivateFile(services.intentFile, `${JSON.stringify(move, null, 2)}\n`);
  let aside: string | null = null;
  try {
    if (!stoodThere) aside = await places[to].put(key, now);
    if ((await places[to].read()).key?.checkValue !== key.checkValue) {
      throw new Refusal(
        "key_invalid",
        `The key was not moved: the ${places[to].noun} does not give back what was written.`,
      );
    }
    await services.save(to);
  } catch (error) {
    // What this cannot undo now, the next start does.
    await undo(services, move).catch(() => undefined);
    throw error;
  }
  return { keyId: key.id, aside, remains: await finish(services, move).catch((error: unknown) => whyRemains(error)) };
}

/**
 * Finishes or undoes a move that was cut off. `custody` is what the settings say. Answers the custody from here on, and a
 * finding where something could not be done yet; then the next start tries again.
 */
export async function settleMove(
  services: MoveServices,
  custody: Custody,
): Promise<{ readonly custody: Custody; readonly finding: Finding | null }> {
  const text = await readIfThere(services.intentFile);
  if (text === null) return { custody, finding: null };
  const move = readIntent(text);
  if (move === null) {
    // Written whole or not at all, so this is not ours any more: nothing is concluded from it.
    const message = `The file ${services.intentFile} is damaged, so a move of the key that it speaks of is left as it is.`;
    const next = `Check with \`paperclip-desktop secrets health\` that the key is where it should be, then remove the file.`;
    return { custody, finding: { level: "warn", message, next } };
  }
  try {
    if (move.to === custody) {
      await finish(services, move);
      return { custody, finding: null };
    }
    return { custody: await undo(services, move), finding: null };
  } catch (error) {
    const message = `A move of the key from ${move.from} to ${move.to} was cut off, and could not be brought to an end yet: ${errorText(error)}`;
    const next = "It is tried again at the next start. The key in use is where the custody says.";
    return { custody, finding: { level: "warn", message, next: asRefusal(error)?.data.next ?? next } };
  }
}

/** After the settings name the destination: takes the key away from the source. Says where it remains by its owner's choice. */
async function finish(services: MoveServices, move: Intent): Promise<string | null> {
  const { places } = services;
  const source = places[move.from];
  if (source.fixed !== null) {
    await forget(services);
    return `The ${source.noun} was copied and stays: it is at a path of your choice, where this program changes nothing.`;
  }
  await holds(services, move.to, move.keyId);
  const there = await source.read();
  // Another key at the source is not the one that was moved.
  if (there.key?.id === move.keyId) await source.remove();
  else if (!there.absent && there.key === null) throw unread(services, move.from);
  await forget(services);
  return null;
}

/** Before the settings name the destination: takes the copy away from it. Answers the custody that holds the key. */
async function undo(services: MoveServices, move: Intent): Promise<Custody> {
  const { places } = services;
  const [source, there] = [await places[move.from].read(), await places[move.to].read()];
  if (source.key?.id !== move.keyId) {
    // The only copy is at the destination: then the move counts after all.
    if (!source.absent || there.key?.id !== move.keyId) throw unread(services, move.from);
    await services.save(move.to);
    await forget(services);
    return move.to;
  }
  if (there.key === null && !there.absent) throw unread(services, move.to);
  const copied = there.key?.id === move.keyId && !move.stoodThere;
  if (copied && places[move.to].fixed === null) await places[move.to].remove();
  await forget(services);
  return move.from;
}

async function holds({ places }: MoveServices, custody: Custody, keyId: string): Promise<void> {
  const { key, absent } = await places[custody].read();
  if (key?.id === keyId) return;
  if (key === null && !absent) throw unread({ places }, custody);
  throw new Refusal("key_missing", `The ${places[custody].noun} does not hold the key ${keyId} any more.`);
}

function unread({ places }: Pick<MoveServices, "places">, custody: Custody): Refusal {
  return new Refusal("key_missing", `The ${places[custody].noun} does not give its key.`);
}

async function forget({ intentFile }: MoveServices): Promise<void> {
  await rm(intentFile, { force: true });
  await flushDirectory(path.dirname(intentFile));
}

function readIntent(text: string): Intent | null {
  try {
    return intent.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function whyRemains(error: unknown): string {
  return `The key also remains where it was, as it could not be removed: ${errorText(error)} The next start tries again.`;
}
