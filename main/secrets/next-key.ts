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
 * Looks for the key in its place. A rotation that was cut off after its rows were written has left the key in use as the
 * next one: then it is put in place first, and until that is possible it is used from where it stands.
 */
export async function readPlace(services: PlaceServices, rows: KeyRows): Promise<KeySource> {
  const { place } = services;
  const source = await place.read();
  if (isExpected(source.key, rows)) return source;
  const next = await place.readNext();
  if (next === null || !isExpected(next, rows)) return source;
  const found = { ...source, key: next, absent: false };
  try {
    await putInPlace(services);
  } catch (error) {
    const findings = [
      ...source.findings.filter((finding) => finding.level !== "error"),
      {
        level: "error" as const,
        message: `The key ${next.id} is in use and could not be put in place (${errorText(error)}).`,
        next: `Mend the ${place.noun}, then run \`paperclip-desktop secrets health\`.`,
      },
    ];
    return { ...found, findings };
  }
  const after = await place.read();
  // Another process may be at it.
  return isExpected(after.key, rows) ? after : found;
}

/** Puts the next key in place, where the rows as they are now still expect it: it may be another one by now. */
export async function putInPlace({ executor, place, clock }: PlaceServices): Promise<void> {
  await unlessRotating(executor, async (tx) => {
    const rows = await readKeyRows(tx);
    const next = await place.readNext();
    if (next === null || !isExpected(next, rows)) return;
    const source = await place.read();
    if (isExpected(source.key, rows)) return;
    if (source.absent || rows.retired.some(({ keyId }) => keyId === source.key?.id)) return place.promoteNext();
    // What stands there is not what a rotation left.
    await place.put(next, clock.now());
    await place.discardNext();
  });
}

function isExpected(key: MasterKey | null, { master }: KeyRows): boolean {
  return key !== null && master !== null && isKeyOf(key, master);
}
