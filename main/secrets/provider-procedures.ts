import { implementer } from "../contract/implementer.ts";
import { OPERATOR } from "../record/activity.ts";
import type { SecretServices } from "./procedures.ts";
import { checkProviders, checkVault, listProviders } from "./provider-health.ts";
import {
  createVault,
  removeVault,
  setDefaultVault,
  updateVault,
  type VaultServices,
} from "./provider-vault-changes.ts";
import { findVault, listVaults, vaultOf } from "./provider-vaults.ts";
import { importSecrets, previewImport } from "./remote-import.ts";

function scopeOf({ database, clock, findCompany }: SecretServices) {
  const services: VaultServices = { executor: database.orm, clock, actor: OPERATOR };
  /** The input with its company found. */
  async function scoped<Input extends { company?: string | undefined }>(input: Input) {
    return { ...input, companyId: (await findCompany(database.orm, input.company)).id };
  }
  return { services, scoped };
}

/** The area `providers` of the contract. */
export function providerProcedures(given: SecretServices) {
  const { services, scoped } = scopeOf(given);
  const area = implementer.providers;
  /** The master key's health, in the words of a provider's. */
  const local = async () => {
    const { state, level, findings } = await given.vault.health();
    const finding = findings.find((one) => one.level === level && level !== "ok");
    const words = { ready: "The vault is open.", locked: "The vault is locked.", uninitialized: "No secret yet." };
    return { status: level, message: finding?.message ?? words[state], next: finding?.next ?? null };
  };
  return {
    list: area.list.handler(async ({ input }) => {
      const { companyId } = await scoped(input);
      return { providers: await listProviders(services.executor, companyId) };
    }),
    health: area.health.handler(async ({ input }) => {
      const { companyId } = await scoped(input);
      return { providers: await checkProviders(services, companyId, local) };
    }),
  };
}

/** The area `providerVaults` of the contract. */
export function providerVaultProcedures(given: SecretServices) {
  const { services, scoped } = scopeOf(given);
  const area = implementer.providerVaults;
  return {
    list: area.list.handler(async ({ input }) => {
      const { companyId } = await scoped(input);
      return { vaults: await listVaults(services.executor, companyId) };
    }),
    get: area.get.handler(async ({ input }) => {
      const { companyId, vault } = await scoped(input);
      return vaultOf(services.executor, await findVault(services.executor, companyId, vault));
    }),
    create: area.create.handler(async ({ input }) => createVault(services, await scoped(input))),
    update: area.update.handler(async ({ input }) => updateVault(services, await scoped(input))),
    setDefault: area.setDefault.handler(async ({ input }) => setDefaultVault(services, await scoped(input))),
    remove: area.remove.handler(async ({ input }) => removeVault(services, await scoped(input))),
    health: area.health.handler(async ({ input }) => checkVault(services, await scoped(input))),
    remoteSecrets: area.remoteSecrets.handler(async ({ input }) => previewImport(services, await scoped(input))),
    importSecrets: area.importSecrets.handler(async ({ input }) => importSecrets(services, await scoped(input))),
  };
}
