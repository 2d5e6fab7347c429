import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import type { Actor } from "../../preload/contract/common.ts";
import type { SecretRecord } from "../../preload/contract/secrets.ts";
import { Refusal } from "../contract/refusal.ts";
import { announce } from "../database/changes.ts";
import type { Executor } from "../database/database.ts";
import { companySecretVersions, companySecrets } from "../database/schema/secrets.ts";
import type { Clock } from "../instance/clock.ts";
import { recordActivity } from "../record/activity.ts";
import { type SecretRow, lockSecret, recordOf } from "./lookup.ts";
import type { Vault } from "./vault.ts";
import { checkValue, normaliseKey } from "./words.ts";

/** What a change of a secret needs. The executor may be a transaction: then the change joins it. */
export interface StoreServices {
  readonly executor: Executor;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly actor: Actor;
}

/**
 * Creates a secret with its version 1. The name is the key as it was written unless another is given. Refuses with
 * `secret_value_invalid`, `secret_taken` or `vault_locked`. The first secret of a database makes its master key.
 */
export async function createSecret(
  services: StoreServices,
  input: { companyId: string; key: string; name?: string | undefined; description?: string | undefined; value: string },
): Promise<SecretRecord> {
  const key = checkedKey(input.key);
  checkValue(input.value);
  const { executor, vault } = services;
  await vault.makeReady();
  const id = randomUUID();
  const name = input.name ?? input.key.trim().slice(0, 120);
  return refusingTaken({ key, name }, () =>
    executor.transaction(async (tx) => {
      const now = services.clock.now();
      const [row] = await tx
        .insert(companySecrets)
        .values({
          id,
          companyId: input.companyId,
          key,
          name,
          description: input.description ?? null,
          ...creatorOf(services.actor),
          createdAt: now,
          updatedAt: now,
        })
        .returning();
      if (!row) throw new Error("the secret was inserted and not returned");
      await insertVersion(tx, services, row, 1, input.value, null);
      await recordSecret(tx, services.actor, row, "secret.created", { version: 1 });
      return recordOf(tx, row);
    }),
  );
}

/**
 * Gives a secret a new value as its next version, which becomes the current one; older ones can still be pinned by
 * number. Numbers grow by one under the row's lock. Refuses with `secret_inactive` unless the secret is active.
 */
export async function rotateSecret(
  services: StoreServices,
  input: { companyId: string; secret: string; value: string; note?: string | undefined },
): Promise<SecretRecord> {
  checkValue(input.value);
  await services.vault.makeReady();
  return services.executor.transaction(async (tx) => {
    const secret = await lockSecret(tx, input.companyId, input.secret);
    requireActive(secret);
    const row = await appendVersion(tx, services, secret, input.value, input.note ?? null);
    await recordSecret(tx, services.actor, row, "secret.rotated", { version: row.latestVersion });
    return recordOf(tx, row);
  });
}

/** Changes name or description. What is left out stays. Refuses with `secret_taken`. */
export async function updateSecret(
  services: StoreServices,
  input: { companyId: string; secret: string; name?: string | undefined; description?: string | null | undefined },
): Promise<SecretRecord> {
  return refusingTaken({ name: input.name ?? "" }, () =>
    services.executor.transaction(async (tx) => {
      const secret = await lockSecret(tx, input.companyId, input.secret);
      const name = input.name ?? secret.name;
      const description = input.description === undefined ? secret.description : input.description;
      const fields = [
        ...(name === secret.name ? [] : ["name"]),
        ...(description === secret.description ? [] : ["description"]),
      ];
      if (fields.length === 0) return recordOf(tx, secret);
      const row = await changeSecret(tx, secret, { name, description, updatedAt: services.clock.now() });
      await recordSecret(tx, services.actor, row, "secret.updated", { fields });
      return recordOf(tx, row);
    }),
  );
}

const STATUS_ACTIONS = {
  active: "secret.enabled",
  disabled: "secret.disabled",
  archived: "secret.archived",
} as const;

/**
 * Enables, disables or archives a secret. Only an active one is given to runs, from the next resolution on. Needs no key:
 * a secret can be revoked while the vault is locked. Setting the status it has changes nothing.
 */
export async function setSecretStatus(
  services: StoreServices,
  input: { companyId: string; secret: string; status: keyof typeof STATUS_ACTIONS },
): Promise<SecretRecord> {
  return services.executor.transaction(async (tx) => {
    const secret = await lockSecret(tx, input.companyId, input.secret);
    if (secret.status === input.status) return recordOf(tx, secret);
    if (secret.latestVersion === 0) throw unfinishedRefusal(secret);
    const row = await changeSecret(tx, secret, { status: input.status, updatedAt: services.clock.now() });
    await recordSecret(tx, services.actor, row, STATUS_ACTIONS[input.status], {});
    return recordOf(tx, row);
  });
}

/**
 * Deletes a secret: its versions are gone for good; its row stays as deleted, and so do its bindings and access events,
 * so that a run that still refers to it is refused with `secret_deleted` and its past can be read. Key and name are free.
 */
export async function deleteSecret(
  services: Pick<StoreServices, "executor" | "actor"> & { readonly clock: Pick<Clock, "now"> },
  input: { companyId: string; secret: string },
): Promise<{ id: string; key: string; deleted: true }> {
  return services.executor.transaction(async (tx) => {
    const secret = await lockSecret(tx, input.companyId, input.secret);
    const versions = await tx.delete(companySecretVersions).where(eq(companySecretVersions.secretId, secret.id));
    const now = services.clock.now();
    const row = await changeSecret(tx, secret, { status: "deleted", deletedAt: now, updatedAt: now });
    await recordSecret(tx, services.actor, row, "secret.deleted", { versions: versions.rowCount ?? 0 });
    return { id: row.id, key: row.key, deleted: true };
  });
}

/** The key as it is stored. Refuses with `invalid_input` one of which nothing is left. */
export function checkedKey(text: string): string {
  const key = normaliseKey(text);
  if (key !== "") return key;
  throw new Refusal("invalid_input", "No secret was created: its key has no letter, digit, dot or underscore.", {
    next: "Give a key such as gh-token.",
    fields: { key: "must hold a letter, digit, dot or underscore" },
  });
}

/** Only an active secret takes a new value: whoever disabled it meant that nobody gets one. Refuses with `secret_inactive`. */
export function requireActive(secret: SecretRow): void {
  if (secret.status !== "active") throw inactiveRefusal(secret);
}

/** Why a secret that is not active gets no new value. */
export function inactiveRefusal(secret: SecretRow): Refusal {
  if (secret.latestVersion === 0) return unfinishedRefusal(secret);
  return new Refusal("secret_inactive", `The secret "${secret.key}" got no new value: it is ${secret.status}.`, {
    next: "Enable it first.",
    fields: { secret: `is ${secret.status}` },
    details: { secret: secret.key, status: secret.status },
  });
}

function unfinishedRefusal(secret: SecretRow): Refusal {
  return new Refusal("secret_inactive", `The secret "${secret.key}" has no value: its creation was interrupted.`, {
    next: `Delete what is left, here and at the provider, then create it again: \`paperclip-desktop secrets delete ${secret.key}\``,
    fields: { secret: "was not created to the end" },
    details: { secret: secret.key, status: secret.status },
  });
}

/**
 * Stores a value as the next version of a secret whose row is locked, and makes it the current one. The number is one
 * above the highest there has ever been, so that a destroyed one is never given twice.
 */
export async function appendVersion(
  tx: Executor,
  services: StoreServices,
  secret: SecretRow,
  value: string,
  note: string | null,
): Promise<SecretRow> {
  const version = secret.latestVersion + 1;
  await tx
    .update(companySecretVersions)
    .set({ status: "previous" })
    .where(and(eq(companySecretVersions.secretId, secret.id), eq(companySecretVersions.status, "current")));
  await insertVersion(tx, services, secret, version, value, note);
  const now = services.clock.now();
  return changeSecret(tx, secret, { latestVersion: version, lastRotatedAt: now, updatedAt: now });
}

async function insertVersion(
  tx: Executor,
  { vault, clock, actor }: StoreServices,
  secret: SecretRow,
  version: number,
  value: string,
  note: string | null,
): Promise<void> {
  const material = await vault.seal(tx, { companyId: secret.companyId, secretId: secret.id, version }, value);
  await tx.insert(companySecretVersions).values({
    id: randomUUID(),
    companyId: secret.companyId,
    secretId: secret.id,
    version,
    keyId: material.keyId,
    material: { ...material, wrappedKey: { ...material.wrappedKey } },
    fingerprint: vault.fingerprint(secret.companyId, value),
    note,
    ...creatorOf(actor),
    createdAt: clock.now(),
  });
}

/** Writes columns of a secret whose row is locked. */
export async function changeSecret(tx: Executor, secret: SecretRow, values: Partial<SecretRow>): Promise<SecretRow> {
  const [row] = await tx.update(companySecrets).set(values).where(eq(companySecrets.id, secret.id)).returning();
  if (!row) throw new Error(`the secret ${secret.id} is locked and gone`);
  return row;
}

/** Activity and announcement of a change of a secret, in its transaction. */
export async function recordSecret(
  tx: Executor,
  actor: Actor,
  secret: SecretRow,
  action: `secret.${string}`,
  facts: { version?: number; ofVersion?: number; versions?: number; fields?: string[] },
): Promise<void> {
  await recordActivity(tx, {
    companyId: secret.companyId,
    actor,
    action,
    entityType: "secret",
    entityId: secret.id,
    details: { key: secret.key, name: secret.name, ...facts },
  });
  await announce(tx, { topic: "secrets", companyId: secret.companyId, id: secret.id });
}

export function creatorOf(actor: Actor): { createdByType: string; createdById: string | null } {
  return { createdByType: actor.type, createdById: actor.id };
}

/** Turns the database's no to a second secret of the same key or name into a refusal. */
export async function refusingTaken<T>(wanted: { key?: string; name: string }, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const field = takenField(error);
    if (field === null) throw error;
    const text = field === "key" ? wanted.key : wanted.name;
    throw new Refusal("secret_taken", `Nothing was saved: there is a secret with the ${field} "${text}" already.`, {
      next:
        field === "key"
          ? `Choose another key, or give it a new value: \`paperclip-desktop secrets rotate ${text} --value-stdin\``
          : "Choose another name.",
      fields: { [field]: "is taken" },
    });
  }
}

function takenField(error: unknown): "key" | "name" | null {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const constraint = cause instanceof Error && "constraint" in cause ? cause.constraint : null;
  if (constraint === "company_secrets_key_uq") return "key";
  return constraint === "company_secrets_name_uq" ? "name" : null;
}
