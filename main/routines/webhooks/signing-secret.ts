import { randomBytes, randomUUID } from "node:crypto";
import { and, eq, isNotNull, lte } from "drizzle-orm";
import type { Actor } from "../../../preload/contract/common.ts";
import { asRefusal } from "../../contract/refusal.ts";
import { announce } from "../../database/changes.ts";
import type { Database, Executor } from "../../database/database.ts";
import { routineTriggers } from "../../database/schema/routines.ts";
import { companySecretBindings } from "../../database/schema/secrets.ts";
import type { Clock } from "../../instance/clock.ts";
import { findSecret } from "../../secrets/lookup.ts";
import { createSecret, deleteSecret, rotateSecret, type StoreServices } from "../../secrets/store.ts";
import type { Vault } from "../../secrets/vault.ts";
import { destroyVersion } from "../../secrets/versions.ts";
import type { TriggerRow } from "../trigger-clock.ts";

/** Random bytes of a signing key, which is their text in hex. */
const KEY_BYTES = 24;

interface OfRoutine {
  readonly companyId: string;
  readonly routineId: string;
}

export interface SigningKey {
  readonly secretId: string;
  readonly version: number;
  /** Shown once, to whoever asked for it. */
  readonly value: string;
}

/** Where the binding of a signing key stands among those of its routine. */
export const signingPath = (secretId: string): string => `webhookSecret:${secretId}`;

/** Makes a secret of the vault for the signing key of a webhook and binds it to the routine. Refuses `vault_locked`. */
export async function makeSigningSecret(services: StoreServices, { companyId, routineId }: OfRoutine) {
  const value = newKey();
  const key = `routine-${routineId}-${randomBytes(4).toString("hex")}`;
  const secret = await createSecret(services, {
    companyId,
    key,
    description: "Signing key of a webhook. Rotate it at the trigger, so that the old key is taken for a while longer.",
    value,
  });
  await services.executor.insert(companySecretBindings).values({
    id: randomUUID(),
    companyId,
    secretId: secret.id,
    targetType: "routine",
    targetId: routineId,
    configPath: signingPath(secret.id),
    label: "Signing key of a webhook",
  });
  return { secretId: secret.id, version: secret.latestVersion, value } satisfies SigningKey;
}

/**
 * Gives a locked webhook its next signing key, or its first one. The one of before is taken until `keepOldUntil`, and
 * destroyed now where that is null; one from before that is destroyed in any case. Answers with the columns that say so.
 */
export async function rotateSigningSecret(
  services: StoreServices,
  trigger: TriggerRow,
  keepOldUntil: Date | null,
): Promise<{ readonly key: SigningKey; readonly columns: Partial<TriggerRow> }> {
  const { companyId, secretId } = trigger;
  const lastRotatedAt = services.clock.now();
  const none = { previousSecretVersion: null, previousSecretUntil: null, lastRotatedAt };
  const secret = secretId === null ? null : await findSecret(services.executor, companyId, secretId);
  if (secret === null || secret.status === "deleted") {
    const key = await makeSigningSecret(services, trigger);
    return { key, columns: { ...none, secretId: key.secretId } };
  }
  await forgetVersion(services, trigger);
  const value = newKey();
  const rotated = await rotateSecret(services, { companyId, secret: secret.id, value });
  const key = { secretId: secret.id, version: rotated.latestVersion, value };
  const old = { ...trigger, previousSecretVersion: secret.latestVersion, previousSecretUntil: keepOldUntil };
  if (keepOldUntil === null) {
    await forgetVersion(services, old);
    return { key, columns: none };
  }
  const { previousSecretVersion, previousSecretUntil } = old;
  return { key, columns: { previousSecretVersion, previousSecretUntil, lastRotatedAt } };
}

/** Takes the signing key of a removed webhook with it, unless it was given to somebody else as well. */
export async function removeSigningSecret(
  tx: Executor,
  work: OfRoutine & { readonly secretId: string; readonly actor: Actor; readonly now: Date },
): Promise<void> {
  const { companyId, secretId, actor, now } = work;
  await tx
    .delete(companySecretBindings)
    .where(
      and(
        eq(companySecretBindings.secretId, secretId),
        eq(companySecretBindings.targetId, work.routineId),
        eq(companySecretBindings.configPath, signingPath(secretId)),
      ),
    );
  const [other] = await tx
    .select({ id: companySecretBindings.id })
    .from(companySecretBindings)
    .where(eq(companySecretBindings.secretId, secretId))
    .limit(1);
  if (other) return;
  await unlessGone(deleteSecret({ executor: tx, actor, clock: { now: () => now } }, { companyId, secret: secretId }));
}

/** Destroys the signing keys from before a rotation whose time is over. Answers with the next such time; null where none is known. */
export async function forgetOldKeys(
  services: { readonly database: Database; readonly vault: Vault; readonly clock: Clock },
  actor: Actor,
): Promise<Date | null> {
  const { database, vault, clock } = services;
  const over = await database.orm
    .select({ id: routineTriggers.id })
    .from(routineTriggers)
    .where(lte(routineTriggers.previousSecretUntil, clock.now()));
  for (const { id } of over) {
    await database.orm.transaction(async (tx) => {
      const [trigger] = await tx.select().from(routineTriggers).where(eq(routineTriggers.id, id)).for("update");
      // It may have been rotated once more in between.
      if (!trigger?.previousSecretUntil || trigger.previousSecretUntil > clock.now()) return;
      await forgetVersion({ executor: tx, vault, clock, actor }, trigger);
      await tx
        .update(routineTriggers)
        .set({ previousSecretVersion: null, previousSecretUntil: null })
        .where(eq(routineTriggers.id, id));
      await announce(tx, { topic: "routines", companyId: trigger.companyId, id: trigger.routineId });
    });
  }
  const [next] = await database.orm
    .select({ at: routineTriggers.previousSecretUntil })
    .from(routineTriggers)
    .where(isNotNull(routineTriggers.previousSecretUntil))
    .orderBy(routineTriggers.previousSecretUntil)
    .limit(1);
  return next?.at ?? null;
}

async function forgetVersion(
  services: StoreServices,
  { companyId, secretId, previousSecretVersion: version }: TriggerRow,
): Promise<void> {
  if (secretId === null || version === null || version < 1) return;
  await unlessGone(destroyVersion(services, { companyId, secret: secretId, version }));
}

const newKey = (): string => randomBytes(KEY_BYTES).toString("hex");

/** What the operator removed by hand is as gone as it should be. */
async function unlessGone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const code = asRefusal(error)?.code;
    if (code !== "secret_deleted" && code !== "secret_missing" && code !== "version_missing") throw error;
  }
}
