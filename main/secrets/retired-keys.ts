import { and, count, eq, inArray, isNotNull } from "drizzle-orm";
import type { Actor } from "../../preload/contract/common.ts";
import type { RetiredKeyEntry } from "../../preload/contract/vault-keys.ts";
import { Refusal } from "../contract/refusal.ts";
import { announce } from "../database/changes.ts";
import type { Database, Executor } from "../database/database.ts";
import { companySecretVersions, vaultKeys } from "../database/schema/secrets.ts";
import { type RetiredKey, holdMasterKey, readKeyRows } from "./key-rows.ts";
import { recordVaultActivity } from "./vault-activity.ts";
import type { Vault } from "./vault.ts";

/** The retired keys, the newest first, each with the number of versions that still name it. */
export async function listRetired(executor: Executor, retired: readonly RetiredKey[]): Promise<RetiredKeyEntry[]> {
  if (retired.length === 0) return [];
  const counts = await executor
    .select({ keyId: companySecretVersions.keyId, versions: count() })
    .from(companySecretVersions)
    .where(
      and(
        inArray(
          companySecretVersions.keyId,
          retired.map(({ keyId }) => keyId),
        ),
        isNotNull(companySecretVersions.material),
      ),
    )
    .groupBy(companySecretVersions.keyId);
  return retired.map(({ keyId, createdAt, retiredAt }) => ({
    keyId,
    createdAt: createdAt.toISOString(),
    retiredAt: retiredAt?.toISOString() ?? null,
    versions: counts.find((row) => row.keyId === keyId)?.versions ?? 0,
  }));
}

/**
 * Removes a retired master key, or with null all of them that no version names. Material in older backups of the database
 * that only they open cannot be read then, unless a backup has its key. Refuses with `key_missing` and `key_in_use`.
 */
export async function forgetKeys(
  { database, vault, actor }: { database: Database; vault: Vault; actor: Actor },
  wanted: string | null,
): Promise<{ forgotten: string[]; kept: RetiredKeyEntry[] }> {
  const answer = await database.orm.transaction(async (tx) => {
    // Nobody retires a key meanwhile, and no version comes to name one that is retired.
    const inUse = await holdMasterKey(tx);
    const { retired } = await readKeyRows(tx);
    const listed = await listRetired(tx, retired);
    if (wanted !== null) refuseToForget(wanted, inUse, listed);
    const forgotten = listed.filter(({ keyId, versions }) => versions === 0 && (wanted === null || keyId === wanted));
    const ids = forgotten.map(({ keyId }) => keyId);
    if (ids.length > 0) {
      await tx
        .delete(vaultKeys)
        .where(and(eq(vaultKeys.purpose, "master"), eq(vaultKeys.state, "retired"), inArray(vaultKeys.keyId, ids)));
      for (const keyId of ids) await recordVaultActivity(tx, actor, "key.forgotten", keyId, {});
      await announce(tx, { topic: "status", companyId: null, id: null });
    }
    return { forgotten: ids, kept: listed.filter(({ keyId }) => !ids.includes(keyId)) };
  });
  if (vault.state() === "ready") await vault.health();
  return answer;
}

function refuseToForget(wanted: string, inUse: string | null, listed: readonly RetiredKeyEntry[]): void {
  const field = (message: string) => ({ fields: { keyId: message }, details: { keyId: wanted } });
  if (wanted === inUse) {
    throw new Refusal("key_in_use", `The key ${wanted} was not forgotten: it is the one in use.`, {
      next: "A key that a rotation has retired can be forgotten: `paperclip-desktop secrets key rotate`",
      ...field("is in use"),
    });
  }
  const found = listed.find(({ keyId }) => keyId === wanted);
  if (!found) {
    throw new Refusal("key_missing", `There is no retired key ${wanted}.`, {
      next: "See those there are: `paperclip-desktop secrets key show`",
      ...field("is not a retired key"),
    });
  }
  if (found.versions === 0) return;
  const versions = found.versions === 1 ? "1 version is" : `${found.versions} versions are`;
  throw new Refusal("key_in_use", `The key ${wanted} was not forgotten: ${versions} still wrapped by it.`, {
    next: "They are wrapped anew at the next start of the app, or by another rotation.",
    ...field("still wraps versions"),
  });
}
