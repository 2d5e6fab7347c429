import { randomUUID } from "node:crypto";
import { and, desc, eq, max, sql } from "drizzle-orm";
import type { ProviderId } from "../../preload/contract/providers.ts";
import type { SecretRecord } from "../../preload/contract/secrets.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { companySecretProviderConfigs, companySecretVersions, companySecrets } from "../database/schema/secrets.ts";
import { findSecret, lockSecret, recordOf, type SecretRow } from "./lookup.ts";
import { chooseVault, openProviderVault, type UsableVault } from "./provider-vaults.ts";
import { asFault, faultRefusal } from "./providers/failure.ts";
import type { ManagedAddress, RemoteSession } from "./providers/provider.ts";
import {
  changeSecret,
  checkedKey,
  creatorOf,
  inactiveRefusal,
  recordSecret,
  refusingTaken,
  type StoreServices,
} from "./store.ts";
import { checkValue } from "./words.ts";

// Secrets whose values are kept at a provider. No transaction is open while a provider is called; what is about to be done
// there is written down before, with the name and the version id that it gets, so that a kill at any step leaves a row
// that says what to look for: a reservation is deleted like a secret, a version that never became current is replaced.

export type RemoteServices = Omit<StoreServices, "vault">;

/**
 * Creates a secret whose value is kept at a provider. In order: a reservation (archived, version 0, and its version 1 as
 * disabled), the provider, and one transaction that makes both count. Where the provider refused, the reservation is
 * gone again; where nobody knows what it did, its copy is deleted, and the reservation stays where that fails too.
 */
export async function createManagedSecret(
  services: RemoteServices,
  input: {
    companyId: string;
    provider: ProviderId;
    vault?: string | undefined;
    key: string;
    name?: string | undefined;
    description?: string | undefined;
    value: string;
  },
): Promise<SecretRecord> {
  const what = "No secret was created";
  const key = checkedKey(input.key);
  checkValue(input.value);
  const { executor, clock, actor } = services;
  const usable = await chooseVault(executor, input.companyId, input.provider, input.vault, what);
  const address = { companyId: input.companyId, secretKey: key };
  const [id, versionRef] = [randomUUID(), randomUUID()];
  const name = input.name ?? input.key.trim().slice(0, 120);
  const now = clock.now();
  await refusingTaken({ key, name }, () =>
    executor.transaction(async (tx) => {
      await tx.insert(companySecrets).values({
        id,
        companyId: input.companyId,
        key,
        name,
        description: input.description ?? null,
        provider: input.provider,
        status: "archived",
        externalRef: usable.remote.managedName(address),
        providerConfigId: usable.row.id,
        latestVersion: 0,
        ...creatorOf(actor),
        createdAt: now,
        updatedAt: now,
      });
      await insertReservedVersion(tx, services, { companyId: input.companyId, id }, 1, versionRef, null);
    }),
  );
  try {
    await usable.remote.session((session) => session.create(address, versionRef, input.value));
  } catch (error) {
    const fault = asFault(error);
    const kept = fault.unsure && !(await removeCopy(usable, address, versionRef));
    if (!kept) await dropReservation(executor, id);
    throw kept ? leftBehind(fault.reason, what, key) : faultRefusal(fault, usable.label, what);
  }
  try {
    return await executor.transaction(async (tx) => {
      const [reserved] = await tx.select().from(companySecrets).where(eq(companySecrets.id, id)).for("update");
      if (reserved?.status !== "archived" || reserved.latestVersion !== 0) {
        throw new Refusal("conflict", `${what}: it was deleted while the provider stored it.`, {
          next: "Create it again with another key.",
        });
      }
      await setVersionStatus(tx, id, 1, "current");
      const row = await changeSecret(tx, reserved, { status: "active", latestVersion: 1, updatedAt: clock.now() });
      await recordSecret(tx, actor, row, "secret.created", { version: 1 });
      return recordOf(tx, row);
    });
  } catch (error) {
    // The reservation stays where the copy does, as the handle by which it can be deleted.
    if (await removeCopy(usable, address, versionRef)) await dropReservation(executor, id).catch(() => undefined);
    throw error;
  }
}

/**
 * Gives a managed secret a new value at its provider, as its next version. In order: the version as disabled, the
 * provider under its pending mark, the provider's current version, and one transaction that flips the rows. What fails
 * leaves the version as `failed`, and the one before current, here and there.
 */
export async function rotateManagedSecret(
  services: RemoteServices,
  input: { companyId: string; secret: string; value: string; note?: string | undefined },
): Promise<SecretRecord> {
  const { executor, clock, actor } = services;
  const versionRef = randomUUID();
  const what = "The secret got no new value";
  const found = await findSecret(executor, input.companyId, input.secret);
  if (found.managedMode === "external_reference") throw externalRotation(found);
  checkValue(input.value);
  const usable = await vaultOfSecret(executor, found, what);
  const address = { companyId: found.companyId, secretKey: found.key };
  checkDerivedName(found, usable, what);

  const version = await executor.transaction(async (tx) => {
    const secret = await lockSecret(tx, input.companyId, found.id);
    if (secret.status !== "active") throw inactiveRefusal(secret);
    const [last] = await tx
      .select({ number: max(companySecretVersions.version) })
      .from(companySecretVersions)
      .where(eq(companySecretVersions.secretId, secret.id));
    const number = (last?.number ?? 0) + 1;
    await insertReservedVersion(tx, services, secret, number, versionRef, input.note ?? null);
    return number;
  });
  const previousRef = await currentRef(executor, found.id);
  let stored = false;
  try {
    await usable.remote.session(async (session) => {
      await session.addVersion(address, versionRef, input.value);
      stored = true;
      await session.makeCurrent(address, versionRef);
    });
  } catch (error) {
    const fault = asFault(error);
    if (stored || fault.unsure) {
      await usable.remote
        .session((session) => takeBack(session, address, versionRef, previousRef))
        .catch(() => undefined);
    }
    await setVersionStatus(executor, found.id, version, "failed");
    throw faultRefusal(fault, usable.label, what);
  }
  try {
    return await executor.transaction(async (tx) => {
      const secret = await lockSecret(tx, input.companyId, found.id);
      if (secret.latestVersion > version) {
        throw new Refusal("conflict", `${what}: a later one came in between and is current.`, {
          next: "Rotate it again where this value is the right one.",
        });
      }
      await tx
        .update(companySecretVersions)
        .set({ status: "previous" })
        .where(and(eq(companySecretVersions.secretId, secret.id), eq(companySecretVersions.status, "current")));
      await setVersionStatus(tx, secret.id, version, "current");
      const now = clock.now();
      const row = await changeSecret(tx, secret, { latestVersion: version, lastRotatedAt: now, updatedAt: now });
      await recordSecret(tx, actor, row, "secret.rotated", { version });
      return recordOf(tx, row);
    });
  } catch (error) {
    const current = await currentRef(executor, found.id).catch(() => previousRef);
    await usable.remote.session((session) => takeBack(session, address, versionRef, current)).catch(() => undefined);
    await setVersionStatus(executor, found.id, version, "failed").catch(() => undefined);
    throw error;
  }
}

/**
 * Deletes a secret that is at a provider. An external one loses its link only. Of a managed one the row is marked first
 * and the provider is asked then; its versions go when it has answered, so where it fails the deletion can be repeated
 * by id. The copy stays at the provider where its vault is disabled or removed.
 */
export async function deleteRemoteSecret(
  services: RemoteServices,
  input: { companyId: string; secret: string },
): Promise<{ id: string; key: string; deleted: true; providerCopy: "deleted" | "kept" }> {
  const { executor, clock, actor } = services;
  const found = await findSecret(executor, input.companyId, input.secret);
  const secret = await executor.transaction(async (tx) => {
    const [row] = await tx.select().from(companySecrets).where(eq(companySecrets.id, found.id)).for("update");
    if (row?.status === "deleted" && (await hasVersions(tx, row.id))) return row;
    const live = await lockSecret(tx, input.companyId, found.id);
    const now = clock.now();
    const marked = await changeSecret(tx, live, { status: "deleted", deletedAt: now, updatedAt: now });
    await recordSecret(tx, actor, marked, "secret.deleted", {});
    return marked;
  });
  const usable = secret.managedMode === "paperclip_managed" ? await vaultIfUsable(executor, secret) : null;
  const done = { id: secret.id, key: secret.key, deleted: true as const };
  if (usable === null) {
    await dropVersions(executor, secret.id);
    return { ...done, providerCopy: "kept" };
  }
  const address = { companyId: secret.companyId, secretKey: secret.key };
  try {
    const unused = secret.latestVersion === 0 ? await reservedRef(executor, secret.id) : null;
    await usable.remote.session((session) =>
      unused === null ? session.remove(address) : session.removeUnused(address, unused),
    );
  } catch (error) {
    const fault = asFault(error);
    const refusal = faultRefusal(
      fault,
      usable.label,
      "The secret is deleted here, and its copy at the provider is not",
    );
    const next = `${refusal.data.next ?? ""} Then delete the rest: \`paperclip-desktop secrets delete ${secret.id}\``;
    throw new Refusal(refusal.code, refusal.message, { next, details: { secret: secret.id } });
  }
  await dropVersions(executor, secret.id);
  return { ...done, providerCopy: "deleted" };
}

async function insertReservedVersion(
  tx: Executor,
  { clock, actor }: RemoteServices,
  secret: { companyId: string; id: string },
  version: number,
  versionRef: string,
  note: string | null,
): Promise<void> {
  await tx.insert(companySecretVersions).values({
    id: randomUUID(),
    companyId: secret.companyId,
    secretId: secret.id,
    version,
    status: "disabled",
    providerVersionRef: versionRef,
    note,
    ...creatorOf(actor),
    createdAt: clock.now(),
  });
}

async function setVersionStatus(
  executor: Executor,
  secretId: string,
  version: number,
  status: "current" | "failed",
): Promise<void> {
  await executor
    .update(companySecretVersions)
    .set({ status })
    .where(and(eq(companySecretVersions.secretId, secretId), eq(companySecretVersions.version, version)));
}

async function currentRef(executor: Executor, secretId: string): Promise<string | null> {
  const [row] = await executor
    .select({ ref: companySecretVersions.providerVersionRef })
    .from(companySecretVersions)
    .where(and(eq(companySecretVersions.secretId, secretId), eq(companySecretVersions.status, "current")))
    .orderBy(desc(companySecretVersions.version))
    .limit(1);
  return row?.ref ?? null;
}

/** The version id that an interrupted creation was going to use. */
async function reservedRef(executor: Executor, secretId: string): Promise<string | null> {
  const [row] = await executor
    .select({ ref: companySecretVersions.providerVersionRef })
    .from(companySecretVersions)
    .where(and(eq(companySecretVersions.secretId, secretId), eq(companySecretVersions.version, 1)));
  return row?.ref ?? null;
}

/** Makes the earlier version current again, and takes the pending mark off the one that came to nothing. */
async function takeBack(
  session: RemoteSession,
  address: ManagedAddress,
  versionRef: string,
  previousRef: string | null,
): Promise<void> {
  if (previousRef !== null) await session.makeCurrent(address, previousRef);
  await session.discardVersion(address, versionRef);
}

/** Deletes the copy of a secret that never came to be; false where that failed. */
async function removeCopy(usable: UsableVault, address: ManagedAddress, versionRef: string): Promise<boolean> {
  return usable.remote
    .session((session) => session.removeUnused(address, versionRef))
    .then(
      () => true,
      () => false,
    );
}

async function dropReservation(executor: Executor, id: string): Promise<void> {
  await executor.delete(companySecrets).where(and(eq(companySecrets.id, id), eq(companySecrets.latestVersion, 0)));
}

async function dropVersions(executor: Executor, secretId: string): Promise<void> {
  await executor.delete(companySecretVersions).where(eq(companySecretVersions.secretId, secretId));
}

async function hasVersions(executor: Executor, secretId: string): Promise<boolean> {
  const [row] = await executor
    .select({ one: sql`1` })
    .from(companySecretVersions)
    .where(eq(companySecretVersions.secretId, secretId))
    .limit(1);
  return row !== undefined;
}

async function vaultRowOf(executor: Executor, secret: SecretRow) {
  if (secret.providerConfigId === null) return null;
  const [row] = await executor
    .select()
    .from(companySecretProviderConfigs)
    .where(eq(companySecretProviderConfigs.id, secret.providerConfigId));
  return row ?? null;
}

async function vaultOfSecret(executor: Executor, secret: SecretRow, what: string): Promise<UsableVault> {
  const row = await vaultRowOf(executor, secret);
  if (row) return openProviderVault(row, what);
  throw new Refusal("provider_vault_missing", `${what}: the provider vault of "${secret.key}" was removed.`, {
    next: "Create the secret anew in another provider vault.",
  });
}

/** The vault of a secret where its copy can be reached: there, not disabled, and of the same derived name. */
async function vaultIfUsable(executor: Executor, secret: SecretRow): Promise<UsableVault | null> {
  const row = await vaultRowOf(executor, secret);
  if (!row || row.status === "disabled" || row.status === "coming_soon") return null;
  const usable = openProviderVault(row, "");
  const address = { companyId: secret.companyId, secretKey: secret.key };
  return secret.externalRef === usable.remote.managedName(address) ? usable : null;
}

/** A stored name that is not the derived one was put there by somebody else: nothing is written under either. */
function checkDerivedName(secret: SecretRow, usable: UsableVault, what: string): void {
  const address = { companyId: secret.companyId, secretKey: secret.key };
  if (secret.externalRef === usable.remote.managedName(address)) return;
  throw new Refusal("external_reference", `${what}: its stored name is not the one that its vault derives for it.`, {
    next: "Check the settings of the provider vault (prefix, deployment), or create the secret anew.",
  });
}

function externalRotation(secret: SecretRow): Refusal {
  return new Refusal(
    "external_reference",
    `The secret "${secret.key}" got no new value: it is a link, and its value is kept at the provider.`,
    { next: "Rotate it at the provider: the next run reads what is current there.", fields: { secret: "is a link" } },
  );
}

function leftBehind(reason: Refusal["code"], what: string, key: string): Refusal {
  return new Refusal(
    reason,
    `${what}, and nobody knows whether the provider has stored its value; it could not be asked to delete it.`,
    { next: `When the provider answers, delete what is left: \`paperclip-desktop secrets delete ${key}\`` },
  );
}
