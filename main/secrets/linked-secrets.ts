import { randomUUID } from "node:crypto";
import type { ProviderId } from "../../preload/contract/providers.ts";
import type { SecretRecord } from "../../preload/contract/secrets.ts";
import { Refusal } from "../contract/refusal.ts";
import { companySecretVersions, companySecrets } from "../database/schema/secrets.ts";
import { recordOf } from "./lookup.ts";
import { chooseVault, providerIdOf, type UsableVault } from "./provider-vaults.ts";
import { asFault, faultRefusal } from "./providers/failure.ts";
import { providerOf } from "./providers/registry.ts";
import type { RemoteServices } from "./remote-secrets.ts";
import { checkedKey, creatorOf, recordSecret, refusingTaken } from "./store.ts";

/**
 * Links a secret that is at a provider already. No value is read: it is asked for at each resolution, and is whatever is
 * current there. Refuses with `external_reference` what is managed by this app or cannot be in the vault. For a provider
 * that is metadata only the link is written down without a look, and every run that needs it is refused.
 */
export async function linkSecret(
  services: RemoteServices,
  input: {
    companyId: string;
    provider?: ProviderId | undefined;
    vault?: string | undefined;
    externalRef: string;
    key: string;
    name?: string | undefined;
    description?: string | undefined;
  },
): Promise<SecretRecord> {
  const what = "No secret was linked";
  checkedKey(input.key);
  if (input.vault === undefined && input.provider !== undefined && isMetadataOnly(input.provider)) {
    return insertLink(services, { provider: input.provider, vaultId: null }, input);
  }
  const usable = await chooseVault(services.executor, input.companyId, input.provider, input.vault, what);
  const why = usable.remote.whyNotLinked(input.externalRef);
  if (why !== null) {
    throw new Refusal("external_reference", `${what}: ${why}.`, {
      next: "Give the name or the ARN of a secret that is kept there by somebody else.",
      fields: { externalRef: why },
    });
  }
  try {
    await usable.remote.session((session) => session.check(input.externalRef));
  } catch (error) {
    throw faultRefusal(asFault(error), usable.label, what);
  }
  return insertLink(services, placeOf(usable), input);
}

/** Where a linked secret is: a provider, and which of its vaults; none for a provider that is metadata only. */
export interface LinkPlace {
  readonly provider: ProviderId;
  readonly vaultId: string | null;
}

export function placeOf({ row }: UsableVault): LinkPlace {
  return { provider: providerIdOf(row), vaultId: row.id };
}

/** Whether links are written down there and nothing is ever read. */
function isMetadataOnly(id: ProviderId): boolean {
  const { descriptor } = providerOf(id);
  return descriptor.external && descriptor.unavailable !== null;
}

/** Writes the link down: the secret and its one version, whose value is whatever is current at the provider. */
export async function insertLink(
  { executor, clock, actor }: RemoteServices,
  place: LinkPlace,
  input: {
    companyId: string;
    externalRef: string;
    key: string;
    name?: string | undefined;
    description?: string | undefined;
  },
): Promise<SecretRecord> {
  const key = checkedKey(input.key);
  const name = input.name ?? input.key.trim().slice(0, 120);
  return refusingTaken({ key, name }, () =>
    executor.transaction(async (tx) => {
      const now = clock.now();
      const [row] = await tx
        .insert(companySecrets)
        .values({
          id: randomUUID(),
          companyId: input.companyId,
          key,
          name,
          description: input.description ?? null,
          provider: place.provider,
          managedMode: "external_reference",
          externalRef: input.externalRef,
          providerConfigId: place.vaultId,
          ...creatorOf(actor),
          createdAt: now,
          updatedAt: now,
        })
        .returning();
      if (!row) throw new Error("the secret was inserted and not returned");
      await tx.insert(companySecretVersions).values({
        id: randomUUID(),
        companyId: row.companyId,
        secretId: row.id,
        version: 1,
        status: "current",
        ...creatorOf(actor),
        createdAt: now,
      });
      await recordSecret(tx, actor, row, "secret.created", { version: 1 });
      return recordOf(tx, row);
    }),
  );
}
