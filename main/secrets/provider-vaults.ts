import { and, asc, eq, ne, sql } from "drizzle-orm";
import { z } from "zod";
import type { ProviderId, ProviderVaultRecord } from "../../preload/contract/providers.ts";
import { vaultHealthReport } from "../../preload/contract/providers.ts";
import { provider } from "../../preload/contract/secrets.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { asId } from "../database/ids.ts";
import { companySecretProviderConfigs, companySecrets } from "../database/schema/secrets.ts";
import type { RemoteVault, VaultConfig } from "./providers/provider.ts";
import { providerOf } from "./providers/registry.ts";

export type VaultRow = typeof companySecretProviderConfigs.$inferSelect;

const storedConfig = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).catch({});
const storedDetails = z.object({ code: z.string(), next: z.string().nullable() }).catch({ code: "", next: null });

/** The settings of a stored vault. */
export function configOf(row: VaultRow): VaultConfig {
  return storedConfig.parse(row.config);
}

export function providerIdOf(row: VaultRow): ProviderId {
  return provider.parse(row.provider);
}

/** The provider vaults of a company by provider and name. */
export async function listVaults(executor: Executor, companyId: string): Promise<ProviderVaultRecord[]> {
  const rows = await executor
    .select()
    .from(companySecretProviderConfigs)
    .where(eq(companySecretProviderConfigs.companyId, companyId))
    .orderBy(asc(companySecretProviderConfigs.provider), asc(companySecretProviderConfigs.displayName));
  const counts = await countSecrets(executor, companyId);
  return rows.map((row) => vaultRecordOf(row, counts.get(row.id) ?? 0));
}

export async function vaultOf(executor: Executor, row: VaultRow): Promise<ProviderVaultRecord> {
  return vaultRecordOf(row, (await countSecrets(executor, row.companyId)).get(row.id) ?? 0);
}

async function countSecrets(executor: Executor, companyId: string): Promise<Map<string, number>> {
  const rows = await executor
    .select({ vaultId: companySecrets.providerConfigId, count: sql<number>`count(*)::int` })
    .from(companySecrets)
    .where(and(eq(companySecrets.companyId, companyId), ne(companySecrets.status, "deleted")))
    .groupBy(companySecrets.providerConfigId);
  return new Map(rows.flatMap(({ vaultId, count }) => (vaultId === null ? [] : [[vaultId, count] as const])));
}

function vaultRecordOf(row: VaultRow, secrets: number): ProviderVaultRecord {
  const details = storedDetails.parse(row.healthDetails);
  return {
    id: row.id,
    companyId: row.companyId,
    provider: providerIdOf(row),
    name: row.displayName,
    status: row.status,
    isDefault: row.isDefault,
    config: { ...configOf(row) },
    secrets,
    health:
      row.healthStatus === null || row.healthCheckedAt === null
        ? null
        : vaultHealthReport.parse({
            status: row.healthStatus,
            code: details.code,
            message: row.healthMessage ?? "",
            next: details.next,
            checkedAt: row.healthCheckedAt.toISOString(),
          }),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/**
 * The vault that an operator means, by id or name. Refuses with `provider_vault_missing`, or `provider_vault_foreign` for
 * the id of another company's vault.
 */
export async function findVault(executor: Executor, companyId: string, reference: string): Promise<VaultRow> {
  const id = asId(reference);
  const { companyId: company, displayName } = companySecretProviderConfigs;
  const [row] = await executor
    .select()
    .from(companySecretProviderConfigs)
    .where(
      id === null
        ? and(eq(company, companyId), eq(sql`lower(${displayName})`, reference.toLowerCase()))
        : eq(companySecretProviderConfigs.id, id),
    )
    .limit(1);
  if (!row) {
    throw new Refusal("provider_vault_missing", `There is no provider vault "${reference}" in this company.`, {
      next: "See the vaults there are: `paperclip-desktop provider-vaults list`",
      fields: { vault: "is not in this company" },
    });
  }
  if (row.companyId !== companyId) {
    throw new Refusal("provider_vault_foreign", `The provider vault ${reference} belongs to another company.`, {
      next: "Name its company, or a vault of this one.",
      fields: { vault: "belongs to another company" },
    });
  }
  return row;
}

/** A vault that secrets can be kept in or linked from, opened. */
export interface UsableVault {
  readonly row: VaultRow;
  readonly label: string;
  readonly remote: RemoteVault;
}

/** Opens a vault, or refuses with `provider_vault_unusable`. `what` says what did not happen. Calls nothing. */
export function openProviderVault(row: VaultRow, what: string): UsableVault {
  const { descriptor, open } = providerOf(providerIdOf(row));
  const unusable = (why: string, next: string) =>
    new Refusal("provider_vault_unusable", `${what}: ${why}`, { next, fields: { vault: "cannot be used" } });
  if (open === null) {
    throw unusable(
      descriptor.unavailable ?? `${descriptor.label} has no provider vaults.`,
      "Use a provider vault of AWS Secrets Manager, or keep the value on this machine.",
    );
  }
  if (row.status === "disabled") {
    throw unusable(
      `the provider vault "${row.displayName}" is disabled.`,
      `Enable it: \`paperclip-desktop provider-vaults enable ${row.id}\``,
    );
  }
  return { row, label: descriptor.label, remote: open(configOf(row)) };
}

/**
 * The vault that a new secret of a provider goes to: the one that is named, else the default, else the only usable one.
 * Refuses a foreign, disabled or metadata-only vault, one of another provider, and where there is none.
 */
export async function chooseVault(
  executor: Executor,
  companyId: string,
  providerId: ProviderId | undefined,
  reference: string | undefined,
  what: string,
): Promise<UsableVault> {
  if (reference !== undefined) {
    const row = await findVault(executor, companyId, reference);
    if (providerId === undefined || row.provider === providerId) return openProviderVault(row, what);
    throw new Refusal(
      "provider_vault_unusable",
      `${what}: the provider vault "${row.displayName}" is of ${row.provider}.`,
      {
        next: `Name a provider vault of ${providerId}, or leave the provider out.`,
        fields: { vault: `is of ${row.provider}` },
      },
    );
  }
  const wanted = providerId ?? "aws_secrets_manager";
  const { descriptor } = providerOf(wanted);
  if (descriptor.unavailable !== null && !descriptor.managed) {
    throw new Refusal("provider_vault_unusable", `${what}: ${descriptor.unavailable}`, {
      next: "Use AWS Secrets Manager, or keep the value on this machine.",
      fields: { provider: "is metadata only in this version" },
    });
  }
  const rows = await executor
    .select()
    .from(companySecretProviderConfigs)
    .where(
      and(
        eq(companySecretProviderConfigs.companyId, companyId),
        eq(companySecretProviderConfigs.provider, wanted),
        ne(companySecretProviderConfigs.status, "disabled"),
      ),
    );
  const chosen = rows.find(({ isDefault }) => isDefault) ?? (rows.length === 1 ? rows[0] : undefined);
  if (chosen) return openProviderVault(chosen, what);
  throw new Refusal(
    "provider_vault_unusable",
    rows.length === 0
      ? `${what}: there is no provider vault of ${descriptor.label} that can be used.`
      : `${what}: there are ${rows.length} provider vaults of ${descriptor.label}, and none is the default.`,
    {
      next:
        rows.length === 0
          ? `Create one: \`paperclip-desktop provider-vaults create --provider ${wanted} --name NAME --set region=REGION\``
          : "Name one with --vault, or make one the default: `paperclip-desktop provider-vaults default NAME`",
      fields: { vault: "must be named" },
    },
  );
}
