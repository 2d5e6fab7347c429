import { randomBytes, randomUUID } from "node:crypto";
import { isNotNull, ne, sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { companySecretVersions, companySecrets, vaultKeys } from "../database/schema/secrets.ts";
import { KEY_BYTES, type MasterKey } from "./master-key.ts";
import { type SealedBox, sealedBox, wrapKey } from "./sealing.ts";

/** A key of the vault as its row holds it. */
export interface WrappedKey {
  readonly keyId: string;
  readonly box: SealedBox;
}

/** What a database says about its keys. */
export interface KeyRows {
  /** Whether it has ever had a key: a key row, or material that some key wrapped. */
  readonly everHadKey: boolean;
  readonly master: { readonly keyId: string; readonly checkValue: string | null } | null;
  readonly fingerprint: WrappedKey | null;
  readonly audit: WrappedKey | null;
  /** The key that must open the vault: that of the master row, else the one that material names. */
  readonly expectedKeyId: string | null;
}

/** Reads the key rows in use, and whether any material is there. */
export async function readKeyRows(executor: Executor): Promise<KeyRows> {
  // Material first: key rows are always committed before it, so that a first secret made meanwhile never looks like
  // material whose key rows are lost.
  const [material] = await executor
    .select({ keyId: companySecretVersions.keyId })
    .from(companySecretVersions)
    .where(isNotNull(companySecretVersions.material))
    .limit(1);
  const rows = await executor.select().from(vaultKeys);
  const inUse = rows.filter((row) => row.state === "active");
  const master = inUse.find((row) => row.purpose === "master");
  return {
    everHadKey: rows.length > 0 || material !== undefined,
    master: master ? { keyId: master.keyId, checkValue: master.checkValue } : null,
    fingerprint: wrappedKey(inUse, "fingerprint"),
    audit: wrappedKey(inUse, "audit"),
    expectedKeyId: master?.keyId ?? material?.keyId ?? null,
  };
}

function wrappedKey(rows: (typeof vaultKeys.$inferSelect)[], purpose: "fingerprint" | "audit"): WrappedKey | null {
  const row = rows.find((one) => one.purpose === purpose);
  const box = sealedBox.safeParse(row?.wrappedKey);
  return row && box.success ? { keyId: row.keyId, box: box.data } : null;
}

/**
 * Makes whoever makes a first key wait for whoever is making one, until the transaction ends, in every process on this
 * database.
 */
export async function lockFirstKey(tx: Executor): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('paperclip-desktop: first vault key', 0))`);
}

/**
 * Writes the rows of a first key: id and check value of the master key, never the key, and under it the fingerprint and
 * audit keys, which are random and stay when the master key changes.
 */
export async function insertFirstKeys(tx: Executor, master: MasterKey, now: Date): Promise<void> {
  const wrapped = (["fingerprint", "audit"] as const).map((purpose) => {
    const key = { purpose, keyId: randomBytes(8).toString("hex"), bytes: randomBytes(KEY_BYTES) };
    return {
      id: randomUUID(),
      purpose,
      keyId: key.keyId,
      wrappedBy: master.id,
      wrappedKey: { ...wrapKey(master, key) },
      createdAt: now,
    };
  });
  await tx
    .insert(vaultKeys)
    .values([
      { id: randomUUID(), purpose: "master", keyId: master.id, checkValue: master.checkValue, createdAt: now },
      ...wrapped,
    ]);
}

/** Secrets that are not deleted, and versions that hold material, of all companies. */
export async function countSecrets(executor: Executor): Promise<{ secrets: number; versions: number }> {
  const secrets = await executor.$count(companySecrets, ne(companySecrets.status, "deleted"));
  const versions = await executor.$count(companySecretVersions, isNotNull(companySecretVersions.material));
  return { secrets, versions };
}
