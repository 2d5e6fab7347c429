import type { ProviderHealth, ProviderVaultRecord, ProviderView } from "../../preload/contract/providers.ts";
import type { Executor } from "../database/database.ts";
import { saveHealth, type VaultServices } from "./provider-vault-changes.ts";
import { configOf, findVault, listVaults, providerIdOf, type VaultRow } from "./provider-vaults.ts";
import { asFault, reasonNext, reasonText } from "./providers/failure.ts";
import type { Provider } from "./providers/provider.ts";
import { PROVIDERS, providerOf } from "./providers/registry.ts";

/** What a check of one vault found. */
interface Found {
  readonly status: "ready" | "warning" | "coming_soon" | "disabled" | "error";
  readonly code: string;
  readonly message: string;
  readonly next: string | null;
}

/** Every provider, and what is missing to keep a secret there. Calls nothing. */
export async function listProviders(executor: Executor, companyId: string): Promise<ProviderView[]> {
  const vaults = await listVaults(executor, companyId);
  return PROVIDERS.map(({ descriptor, open }) => {
    const own = vaults.filter(({ provider }) => provider === descriptor.id);
    const usable = open === null ? [] : own.filter(({ status }) => status === "ready" || status === "warning");
    const ready = descriptor.id === "local_encrypted" || usable.length > 0;
    const state = descriptor.unavailable !== null ? "metadata_only" : ready ? "ready" : "needs_vault";
    return {
      id: descriptor.id,
      label: descriptor.label,
      managed: descriptor.managed,
      external: descriptor.external,
      state,
      reason:
        state === "ready"
          ? null
          : (descriptor.unavailable ?? `${descriptor.label} needs a provider vault that is not disabled.`),
      vaults: own.length,
      defaultVaultId: own.find(({ isDefault }) => isDefault)?.id ?? null,
    };
  });
}

/**
 * Checks a vault and keeps what was found. A disabled vault and one whose provider this version cannot use are answered
 * without a call.
 */
export async function checkVault(
  services: VaultServices,
  input: { companyId: string; vault: string },
): Promise<ProviderVaultRecord> {
  const row = await findVault(services.executor, input.companyId, input.vault);
  // Not in a transaction: the provider may take its time.
  return saveHealth(services, row, await checkOne(row));
}

async function checkOne(row: VaultRow): Promise<Found> {
  const { descriptor, open } = providerOf(providerIdOf(row));
  if (open === null) {
    return {
      status: row.status === "disabled" ? "disabled" : "coming_soon",
      code: "runtime_locked",
      message: descriptor.unavailable ?? "It cannot be used in this version.",
      next: null,
    };
  }
  if (row.status === "disabled") {
    return { status: "disabled", code: "vault_disabled", message: "It is disabled and was not asked.", next: null };
  }
  try {
    await open(configOf(row)).session((session) => session.probe());
    return { status: "ready", code: "ok", message: `${descriptor.label} answers.`, next: null };
  } catch (error) {
    const { reason } = asFault(error);
    return {
      status: reason === "throttled" ? "warning" : "error",
      code: reason,
      message: reasonText(descriptor.label, reason),
      next: reasonNext(reason),
    };
  }
}

/** How each provider fares. Only those with a vault in use are asked; each vault keeps what was found. */
export async function checkProviders(
  services: VaultServices,
  companyId: string,
  local: () => Promise<Omit<ProviderHealth, "provider">>,
): Promise<ProviderHealth[]> {
  const vaults = await listVaults(services.executor, companyId);
  return Promise.all(
    PROVIDERS.map(async (provider) => {
      const { id } = provider.descriptor;
      const found = id === "local_encrypted" ? await local() : await checkAll(services, provider, vaults);
      return { provider: id, status: found.status, message: found.message, next: found.next };
    }),
  );
}

async function checkAll(
  services: VaultServices,
  { descriptor, open }: Provider,
  vaults: readonly ProviderVaultRecord[],
): Promise<Omit<ProviderHealth, "provider">> {
  if (open === null) return { status: "warn", message: descriptor.unavailable ?? "", next: null };
  const used = vaults.filter(({ provider, status }) => provider === descriptor.id && status !== "disabled");
  if (used.length === 0) {
    const message = `No provider vault of ${descriptor.label} is in use, and no connection is made.`;
    return { status: "ok", message, next: null };
  }
  const checked = await Promise.all(used.map(({ id, companyId }) => checkVault(services, { companyId, vault: id })));
  const bad =
    checked.find(({ health }) => health?.status === "error") ??
    checked.find(({ health }) => health?.status === "warning");
  if (!bad?.health) {
    return { status: "ok", message: `${checked.map(({ name }) => `"${name}"`).join(", ")}: ready.`, next: null };
  }
  const { status, message, next } = bad.health;
  return { status: status === "error" ? "error" : "warn", message: `"${bad.name}": ${message}`, next };
}
