import { errorText } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import type { Clock } from "../instance/clock.ts";
import { type KeyRows, readKeyRows, unlessRotating } from "./key-rows.ts";
import type { KeyPlace } from "./key-place.ts";
import type { KeySource } from "./key-source.ts";
import { type MasterKey, isKeyOf } from "./master-key.ts";

export interface PlaceServices {
  readonly executor: Executor;
  readonly place: KeyPlace;
  readonly clock: Clock;
}

/**
 * Looks for the key in its place. Where another one stands there, the key in use may be the next one, which a rotation that
 * was cut off after its rows were written has left, or one that recovery has put aside, when a restore or its undo has
 * brought back a database of before. Then it is put in place first, and until that is possible it is used from where it stands.
 */
export async function readPlace(services: PlaceServices, rows: KeyRows): Promise<KeySource> {
  const { place } = services;
  const source = await place.read();
  if (rows.master === null || isExpected(source.key, rows)) return source;
  const key = await keyBeside(place, source, rows);
  if (key === null) return source;
  const found = { ...source, key, absent: false };
  try {
    await putInPlace(services);
  } catch (error) {
    const findings = [
      ...source.findings.filter((finding) => finding.level !== "error"),
      {
        level: "error" as const,
        message: `The key ${key.id} is in use and could not be put in place (${errorText(error)}).`,
        next: `Mend the ${place.noun}, then run \`paperclip-desktop secrets health\`.`,
      },
    ];
    return { ...found, findings };
  }
  const after = await place.read();
  // Another process may be at it.
  return isExpected(after.key, rows) ? after : found;
}

async function keyBeside(place: KeyPlace, source: KeySource, rows: KeyRows): Promise<MasterKey | null> {
  const next = await place.readNext();
  if (isExpected(next, rows)) return next;
  if (source.unreachable) return null;
  return [...(await place.readAside()).values()].find((key) => isExpected(key, rows)) ?? null;
}

/** Puts the key in place that stands beside it, where the rows as they are now still expect it: it may be another one by now. */
export async function putInPlace({ executor, place, clock }: PlaceServices): Promise<void> {
  await unlessRotating(executor, async (tx) => {
    const rows = await readKeyRows(tx);
    const source = await place.read();
    if (isExpected(source.key, rows)) return;
    const next = await place.readNext();
    if (isExpected(next, rows)) {
      if (source.absent || rows.retired.some(({ keyId }) => keyId === source.key?.id)) return place.promoteNext();
      // What stands there is not what a rotation left.
      await place.put(next, clock.now());
      return place.discardNext();
    }
    for (const [name, key] of await place.readAside()) {
      if (!isExpected(key, rows)) continue;
      // What stands there now is put aside in its turn, so that an undo can be undone.
      await place.put(key, clock.now());
      return place.discardAside(name);
    }
  });
}

function isExpected(key: MasterKey | null, { master }: KeyRows): key is MasterKey {
  return key !== null && master !== null && isKeyOf(key, master);
}
