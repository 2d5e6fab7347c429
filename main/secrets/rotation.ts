import { randomBytes, randomUUID } from "node:crypto";
import { and, eq, ne, sql } from "drizzle-orm";
import type { Actor } from "../../preload/contract/common.ts";
import { Refusal } from "../contract/refusal.ts";
import { announce } from "../database/changes.ts";
import type { Database, Executor } from "../database/database.ts";
import { vaultKeys } from "../database/schema/secrets.ts";
import type { Clock } from "../instance/clock.ts";
import type { KeyPlace } from "./key-place.ts";
import { unlessRotating } from "./key-rows.ts";
import { KEY_BYTES, type MasterKey, masterKey } from "./master-key.ts";
import { putInPlace } from "./next-key.ts";
import { resealRecovery } from "./recovery-copy.ts";
import { wrapKey } from "./sealing.ts";
import { recordVaultActivity } from "./vault-activity.ts";
import { type Keys, lockedRefusal } from "./vault-view.ts";
import type { Vault } from "./vault.ts";

export interface RotationServices {
  readonly database: Database;
  readonly vault: Vault;
  readonly place: KeyPlace;
  readonly clock: Clock;
  readonly actor: Actor;
}

export interface Rotated {
  readonly keyId: string;
  readonly retiredKeyId: string;
}

/**
 * Makes a new master key and puts it in use. It is kept beside the old one first; then one transaction retires the old key,
 * wrapped under the new one, and wraps the other keys of the vault anew; then it takes the old one's place. Cut off at any
 * point, the next look at the vault finds the old key or the new one in use, with all that is needed. What versions hold
 * is wrapped anew afterwards, by `rewrapVersions`. Refuses with what `whyNotRotatable` says, `key_rotating` or `disk_full`.
 */
export async function rotateMasterKey(services: RotationServices): Promise<Rotated> {
  const { database, vault } = services;
  // A vault that is open in memory stays so where its key cannot be read now, and is not rotated then.
  await vault.health();
  const why = whyNotRotatable(services);
  if (why) throw why;
  const rotated = await unlessRotating(database.orm, (tx) => replaceKey(tx, services));
  if (rotated === null) throw rotationRunning();
  await vault.reload();
  await putInPlace({ ...services, executor: database.orm });
  return rotated;
}

/** Why the master key cannot be rotated as things stand, or null. */
export function whyNotRotatable({ vault, place }: Pick<RotationServices, "vault" | "place">): Refusal | null {
  const view = vault.view();
  if (view.state === "locked") return lockedRefusal(view);
  if (view.state === "uninitialized") {
    return new Refusal("vault_uninitialized", "There is no master key yet that could be rotated.", {
      next: "The first secret makes one.",
    });
  }
  if (view.custody === "environment") {
    return new Refusal(
      "key_fixed",
      "The master key was not rotated: it comes from PAPERCLIP_SECRETS_MASTER_KEY, which this program cannot change.",
      { next: `Keep it in the ${place.noun} instead: write it there (mode 0600), unset the variable and start again.` },
    );
  }
  if (place.fixed === null) return null;
  const { message, next } = place.fixed;
  return new Refusal("key_fixed", `The master key was not rotated: ${message}.`, { next });
}

export function rotationRunning(): Refusal {
  return new Refusal("key_rotating", "The master key was not rotated: a rotation or a move of it is under way.", {
    next: "See how far it is: `paperclip-desktop secrets key show`",
  });
}

/** Steps 1 and 2. The transaction is rolled back where anything fails; a next key that no row names does no harm. */
async function replaceKey(tx: Executor, services: RotationServices): Promise<Rotated> {
  const { vault, place, clock, actor } = services;
  const keys = vault.keys();
  const inUse = await lockActiveRow(tx);
  const { key: placed } = await place.read();
  // The only copy of the key in use may be the next one, which must not be overwritten.
  if (inUse !== keys.master.id || placed?.id !== inUse) {
    throw new Refusal("key_fixed", `The master key was not rotated: the ${place.noun} does not hold the key in use.`, {
      next: "Run `paperclip-desktop secrets health`; it says what to mend.",
    });
  }
  const next = masterKey(randomBytes(KEY_BYTES));
  await place.writeNext(next);
  const now = clock.now();
  await wrapUnder(tx, next, keys, now);
  await resealRecovery(tx, next);
  await recordVaultActivity(tx, actor, "key.rotated", next.id, { retired: inUse });
  await announce(tx, { topic: "status", companyId: null, id: null });
  vault.expectKey(next);
  return { keyId: next.id, retiredKeyId: inUse };
}

/** Waits for whoever seals under the key in use, and lets nobody do so until the transaction ends. */
async function lockActiveRow(tx: Executor): Promise<string | null> {
  const [row] = await tx
    .select({ keyId: vaultKeys.keyId })
    .from(vaultKeys)
    .where(and(eq(vaultKeys.purpose, "master"), eq(vaultKeys.state, "active")))
    .for("update");
  return row?.keyId ?? null;
}

/** Writes the rows of the new key: every other key of the vault is wrapped by it, and no row by another. */
export async function wrapUnder(tx: Executor, next: MasterKey, keys: Keys, now: Date): Promise<void> {
  await tx
    .update(vaultKeys)
    .set({ state: "retired", retiredAt: now })
    .where(and(eq(vaultKeys.purpose, "master"), eq(vaultKeys.state, "active")));
  await tx.insert(vaultKeys).values({
    id: randomUUID(),
    purpose: "master",
    keyId: next.id,
    checkValue: next.checkValue,
    createdAt: now,
  });
  const rows = await tx.select().from(vaultKeys).where(ne(vaultKeys.keyId, next.id));
  const wrapped = rows.flatMap(({ id, purpose, keyId }) => {
    const bytes = purpose === "master" ? retiredBytes(keys, keyId) : keys[purpose];
    // A retired key whose row is damaged stays as it is.
    return bytes === null ? [] : [{ id, box: wrapKey(next, { purpose, keyId, bytes }) }];
  });
  await tx.execute(sql`
    update vault_keys k set wrapped_by = ${next.id}, wrapped_key = n.box
    from jsonb_to_recordset(${JSON.stringify(wrapped)}::jsonb) as n (id uuid, box jsonb)
    where k.id = n.id`);
}

function retiredBytes({ master, retired }: Keys, keyId: string): Buffer | null {
  return (keyId === master.id ? master : retired.get(keyId))?.bytes ?? null;
}
