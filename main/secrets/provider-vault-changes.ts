import { randomUUID } from "node:crypto";
import { and, eq, ne, sql } from "drizzle-orm";
import type { Actor } from "../../preload/contract/common.ts";
import type { ProviderId, ProviderVaultRecord } from "../../preload/contract/providers.ts";
import { Refusal } from "../contract/refusal.ts";
import { announce } from "../database/changes.ts";
import type { Executor } from "../database/database.ts";
import { companySecretProviderConfigs, companySecrets } from "../database/schema/secrets.ts";
import type { Clock } from "../instance/clock.ts";
import { recordActivity } from "../record/activity.ts";
import { configOf, findVault, providerIdOf, vaultOf, type VaultRow } from "./provider-vaults.ts";
import { providerOf } from "./providers/registry.ts";

/** What a change of a provider vault needs. */
export interface VaultServices {
  readonly executor: Executor;
  readonly clock: Clock;
  readonly actor: Actor;
}

/**
 * Creates a vault after its settings were checked. Those of providers that this version cannot use are `coming_soon`.
 * Nothing is called. Refuses with `invalid_input`, `name_taken`, or `provider_vault_unusable` for such a default.
 */
export async function createVault(
  { executor, clock, actor }: VaultServices,
  input: { companyId: string; provider: ProviderId; name: string; config: unknown; isDefault?: boolean | undefined },
): Promise<ProviderVaultRecord> {
  const { open, readConfig } = providerOf(input.provider);
  const config = readConfig(input.config);
  const now = clock.now();
  return executor.transaction(async (tx) => {
    await lockVaults(tx, input.companyId);
    await refuseTakenName(tx, input.companyId, input.name, null);
    const [row] = await tx
      .insert(companySecretProviderConfigs)
      .values({
        id: randomUUID(),
        companyId: input.companyId,
        provider: input.provider,
        displayName: input.name,
        status: open === null ? "coming_soon" : "ready",
        config: { ...config },
        createdAt: now,
        updatedAt: now,
      })
      .returning();
    if (!row) throw new Error("the provider vault was inserted and not returned");
    await record(tx, actor, row, "created", {});
    return vaultOf(tx, input.isDefault === true ? await makeDefault(tx, row, now) : row);
  });
}

/**
 * Changes name, settings or state. Settings are replaced as a whole. Those that the names of managed secrets are made of
 * stay while there are any (`provider_vault_in_use`). A disabled vault is no default any more.
 */
export async function updateVault(
  { executor, clock, actor }: VaultServices,
  input: {
    companyId: string;
    vault: string;
    name?: string | undefined;
    config?: unknown;
    status?: "ready" | "disabled" | undefined;
  },
): Promise<ProviderVaultRecord> {
  return executor.transaction(async (tx) => {
    const before = await lockVault(tx, input.companyId, input.vault);
    const { open, readConfig, addressSettings } = providerOf(providerIdOf(before));
    const name = input.name ?? before.displayName;
    if (name !== before.displayName) await refuseTakenName(tx, input.companyId, name, before.id);
    const old = configOf(before);
    const config = input.config === undefined ? old : readConfig(input.config);
    const moved = addressSettings.filter((setting) => config[setting] !== old[setting]);
    if (moved.length > 0) await refuseWhileManaged(tx, before, moved);
    const usable = open === null ? "coming_soon" : "ready";
    const status = input.status === undefined ? before.status : input.status === "disabled" ? "disabled" : usable;
    const fields = [
      ...(name === before.displayName ? [] : ["name"]),
      ...(input.config === undefined || sameConfig(config, old) ? [] : ["config"]),
      ...(status === before.status ? [] : ["status"]),
    ];
    if (fields.length === 0) return vaultOf(tx, before);
    const now = clock.now();
    const row = await change(tx, before, {
      displayName: name,
      config: { ...config },
      status,
      disabledAt: status === "disabled" ? (before.disabledAt ?? now) : null,
      isDefault: status === "disabled" ? false : before.isDefault,
      updatedAt: now,
    });
    await record(tx, actor, row, "updated", { fields });
    return vaultOf(tx, row);
  });
}

/** Makes a vault the default of its provider; the one before is none any more. Refuses one that cannot be used. */
export async function setDefaultVault(
  { executor, clock, actor }: VaultServices,
  input: { companyId: string; vault: string },
): Promise<ProviderVaultRecord> {
  return executor.transaction(async (tx) => {
    const before = await lockVault(tx, input.companyId, input.vault);
    if (before.isDefault) return vaultOf(tx, before);
    const row = await makeDefault(tx, before, clock.now());
    await record(tx, actor, row, "default_set", {});
    return vaultOf(tx, row);
  });
}

/**
 * Removes the row here; nothing is changed at the provider. Refused with `provider_vault_in_use` while secrets are in it,
 * unless they are to be left: no run can read those any more, and no other vault can be given to them.
 */
export async function removeVault(
  { executor, actor }: VaultServices,
  input: { companyId: string; vault: string; leaveSecrets?: boolean | undefined },
): Promise<{ id: string; name: string; removed: true; secrets: number }> {
  return executor.transaction(async (tx) => {
    const row = await lockVault(tx, input.companyId, input.vault);
    const { secrets } = await vaultOf(tx, row);
    if (secrets > 0 && input.leaveSecrets !== true) throw stillHolds(row, secrets);
    await tx.delete(companySecretProviderConfigs).where(eq(companySecretProviderConfigs.id, row.id));
    await record(tx, actor, row, "removed", { secrets });
    return { id: row.id, name: row.displayName, removed: true, secrets };
  });
}

/** Keeps what a check found, where the vault is still there. */
export async function saveHealth(
  { executor, clock, actor }: VaultServices,
  vault: VaultRow,
  found: { status: string; code: string; message: string; next: string | null },
): Promise<ProviderVaultRecord> {
  return executor.transaction(async (tx) => {
    const before = await lockVault(tx, vault.companyId, vault.id);
    const row = await change(tx, before, {
      healthStatus: found.status,
      healthMessage: found.message,
      healthDetails: { code: found.code, next: found.next },
      healthCheckedAt: clock.now(),
    });
    await record(tx, actor, row, "health_checked", { status: found.status, code: found.code });
    return vaultOf(tx, row);
  });
}

async function makeDefault(tx: Executor, row: VaultRow, now: Date): Promise<VaultRow> {
  if (row.status !== "ready" && row.status !== "warning") {
    const why = row.status === "disabled" ? "it is disabled" : "its provider cannot be used in this version";
    throw new Refusal("provider_vault_unusable", `"${row.displayName}" did not become the default: ${why}.`, {
      next: "Choose a provider vault that is ready.",
      fields: { vault: why },
    });
  }
  const { companyId, provider, isDefault } = companySecretProviderConfigs;
  await tx
    .update(companySecretProviderConfigs)
    .set({ isDefault: false })
    .where(and(eq(companyId, row.companyId), eq(provider, row.provider), isDefault));
  return change(tx, row, { isDefault: true, updatedAt: now });
}

async function change(tx: Executor, row: VaultRow, values: Partial<VaultRow>): Promise<VaultRow> {
  const [changed] = await tx
    .update(companySecretProviderConfigs)
    .set(values)
    .where(eq(companySecretProviderConfigs.id, row.id))
    .returning();
  if (!changed) throw new Error(`the provider vault ${row.id} is locked and gone`);
  return changed;
}

/** One change of a company's vaults at a time: names and defaults are judged over all of them. */
async function lockVaults(tx: Executor, companyId: string): Promise<void> {
  await tx.execute(sql`select 1 from companies where id = ${companyId} for no key update`);
}

async function lockVault(tx: Executor, companyId: string, reference: string): Promise<VaultRow> {
  await lockVaults(tx, companyId);
  return findVault(tx, companyId, reference);
}

async function refuseTakenName(tx: Executor, companyId: string, name: string, except: string | null): Promise<void> {
  const { id, companyId: company, displayName } = companySecretProviderConfigs;
  const [taken] = await tx
    .select({ id })
    .from(companySecretProviderConfigs)
    .where(
      and(
        eq(company, companyId),
        eq(sql`lower(${displayName})`, name.toLowerCase()),
        except === null ? undefined : ne(id, except),
      ),
    );
  if (!taken) return;
  throw new Refusal("name_taken", `Nothing was saved: there is a provider vault "${name}" already.`, {
    next: "Choose another name.",
    fields: { name: "is taken" },
  });
}

async function refuseWhileManaged(tx: Executor, row: VaultRow, settings: readonly string[]): Promise<void> {
  const [managed] = await tx
    .select({ id: companySecrets.id })
    .from(companySecrets)
    .where(
      and(
        eq(companySecrets.providerConfigId, row.id),
        eq(companySecrets.managedMode, "paperclip_managed"),
        ne(companySecrets.status, "deleted"),
      ),
    )
    .limit(1);
  if (!managed) return;
  throw new Refusal(
    "provider_vault_in_use",
    `Nothing was saved: secrets of "${row.displayName}" are found by its ${settings.join(", ")}.`,
    {
      next: "Create another provider vault with these settings; this one keeps its secrets.",
      fields: Object.fromEntries(settings.map((name) => [`config.${name}`, "stays while the vault holds secrets"])),
    },
  );
}

function stillHolds(row: VaultRow, secrets: number): Refusal {
  const held = secrets === 1 ? "1 secret is" : `${secrets.toLocaleString("en")} secrets are`;
  return new Refusal("provider_vault_in_use", `"${row.displayName}" was not removed: ${held} in it.`, {
    next: "Delete or unlink them first, or disable the provider vault: then nothing is read from it, and nothing is lost.",
    fields: { vault: "holds secrets" },
    details: { secrets },
  });
}

function sameConfig(one: object, other: object): boolean {
  const sorted = (config: object) => JSON.stringify(Object.entries(config).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return sorted(one) === sorted(other);
}

async function record(
  tx: Executor,
  actor: Actor,
  row: VaultRow,
  action: "created" | "updated" | "removed" | "default_set" | "health_checked",
  facts: { fields?: string[]; secrets?: number; status?: string; code?: string },
): Promise<void> {
  await recordActivity(tx, {
    companyId: row.companyId,
    actor,
    action: `secret_provider_config.${action}`,
    entityType: "secret_provider_config",
    entityId: row.id,
    details: { name: row.displayName, provider: row.provider, ...facts },
  });
  await announce(tx, { topic: "secrets", companyId: row.companyId, id: null });
}
