import { randomBytes, randomUUID } from "node:crypto";
import { and, desc, eq, isNotNull, ne, sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { companySecretVersions, companySecrets, vaultKeys, vaultRecoveries } from "../database/schema/secrets.ts";
import { KEY_BYTES, type MasterKey } from "./master-key.ts";
import { type SealedBox, sealedBox, wrapKey } from "./sealing.ts";

/** A key of the vault as its row holds it. */
export interface WrappedKey {
  readonly keyId: string;
  readonly box: SealedBox;
}

/** A master key of before: its row, with the key wrapped by the one in use, or null where the row is damaged. */
export interface RetiredKey {
  readonly keyId: string;
  readonly box: SealedBox | null;
  readonly createdAt: Date;
  readonly retiredAt: Date | null;
}

/** The recovery code in force: its public half, and which key it opens. */
export interface Recovery {
  readonly recipient: string;
  readonly keyId: string;
  readonly createdAt: Date;
  readonly testedAt: Date | null;
}

type KeyRow = typeof vaultKeys.$inferSelect;

/** What a database says about its keys. */
export interface KeyRows {
  /** Whether it has ever had a key: a key row, or material that some key wrapped. */
  readonly everHadKey: boolean;
  readonly master: { readonly keyId: string; readonly checkValue: string | null; readonly createdAt: Date } | null;
  /** The newest first. */
  readonly retired: readonly RetiredKey[];
  readonly recovery: Recovery | null;
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
  const rows = await executor.select().from(vaultKeys).orderBy(desc(vaultKeys.retiredAt));
  const inUse = rows.filter((row) => row.state === "active");
  const master = inUse.find((row) => row.purpose === "master");
  const [recovery] = await executor
    .select({
      recipient: vaultRecoveries.recipient,
      keyId: vaultRecoveries.keyId,
      createdAt: vaultRecoveries.createdAt,
      testedAt: vaultRecoveries.testedAt,
    })
    .from(vaultRecoveries)
    .where(eq(vaultRecoveries.state, "active"));
  return {
    everHadKey: rows.length > 0 || material !== undefined,
    master: master ? { keyId: master.keyId, checkValue: master.checkValue, createdAt: master.createdAt } : null,
    retired: rows.filter((row) => row.purpose === "master" && row.state === "retired").map(retiredRow),
    recovery: recovery ?? null,
    fingerprint: wrappedKey(inUse, "fingerprint"),
    audit: wrappedKey(inUse, "audit"),
    expectedKeyId: master?.keyId ?? material?.keyId ?? null,
  };
}

function retiredRow(row: KeyRow): RetiredKey {
  const box = sealedBox.safeParse(row.wrappedKey);
  const { keyId, createdAt, retiredAt } = row;
  return { keyId, createdAt, retiredAt, box: box.success ? box.data : null };
}

function wrappedKey(rows: KeyRow[], purpose: "fingerprint" | "audit"): WrappedKey | null {
  const row = rows.find((one) => one.purpose === purpose);
  const box = sealedBox.safeParse(row?.wrappedKey);
  return row && box.success ? { keyId: row.keyId, box: box.data } : null;
}

/**
 * The id of the master key in use, held until the transaction ends: a rotation waits for whoever seals under it, and
 * whoever seals waits for a rotation. Null where there is none.
 */
export async function holdMasterKey(tx: Executor): Promise<string | null> {
  // The row that a rotation retired meanwhile is not in use any more; a statement of its own sees the one that followed.
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const [row] = await tx
      .select({ keyId: vaultKeys.keyId })
      .from(vaultKeys)
      .where(and(eq(vaultKeys.purpose, "master"), eq(vaultKeys.state, "active")))
      .for("share");
    if (row) return row.keyId;
  }
  return null;
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

/**
 * Does work while no rotation makes or places a key, in every process on this database, in a transaction. Null, and
 * nothing is done, where one does: it does not wait, because who asks may hold what the rotation waits for.
 */
export async function unlessRotating<T>(executor: Executor, work: (tx: Executor) => Promise<T>): Promise<T | null> {
  return executor.transaction(async (tx) => {
    const { rows } = await tx.execute<{ held: boolean }>(
      sql`select pg_try_advisory_xact_lock(hashtextextended('paperclip-desktop: vault key rotation', 0)) as held`,
    );
    return rows[0]?.held ? work(tx) : null;
  });
}
