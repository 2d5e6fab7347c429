import type { KeySourceEntry } from "../../preload/contract/secrets.ts";
import { implementer } from "../contract/implementer.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Database, Executor } from "../database/database.ts";
import type { Clock } from "../instance/clock.ts";
import { OPERATOR } from "../record/activity.ts";
import { listEvents } from "./events.ts";
import { getSecret, listSecrets, secretUsage } from "./listing.ts";
import {
  type StoreServices,
  createSecret,
  deleteSecret,
  rotateSecret,
  setSecretStatus,
  updateSecret,
} from "./store.ts";
import { findSecret } from "./lookup.ts";
import { linkSecret } from "./linked-secrets.ts";
import { createManagedSecret, deleteRemoteSecret, rotateManagedSecret } from "./remote-secrets.ts";
import type { Vault } from "./vault.ts";
import { versionUse } from "./version-use.ts";
import { destroyVersion, disableVersion, enableVersion, rollbackSecret } from "./versions.ts";

export interface SecretServices {
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  /** Companies live a floor above; their lookup is handed in. */
  readonly findCompany: (executor: Executor, reference: string | undefined) => Promise<{ id: string }>;
}

interface HealthServices {
  /** The places that the master key can come from, after a look of the vault. */
  readonly keySources: () => Promise<KeySourceEntry[]>;
}

/** The area `secrets` of the contract. */
export function secretProcedures({ database, vault, clock, findCompany, keySources }: SecretServices & HealthServices) {
  const area = implementer.secrets;
  const store: StoreServices = { executor: database.orm, vault, clock, actor: OPERATOR };
  /** The input with its company found. */
  async function scoped<Input extends { company?: string | undefined }>(input: Input) {
    return { ...input, companyId: (await findCompany(database.orm, input.company)).id };
  }
  /** Whether its value is sealed here; a provider does not change in the life of a secret. */
  async function isLocal({ companyId, secret }: { companyId: string; secret: string }): Promise<boolean> {
    return (await findSecret(database.orm, companyId, secret)).provider === "local_encrypted";
  }
  return {
    list: area.list.handler(async ({ input }) => listSecrets(database.orm, await scoped(input))),
    get: area.get.handler(async ({ input }) => {
      const { companyId, secret } = await scoped(input);
      return getSecret(database.orm, companyId, secret);
    }),
    create: area.create.handler(async ({ input }) => {
      const given = await scoped(input);
      const { provider = given.vault === undefined ? "local_encrypted" : "aws_secrets_manager" } = given;
      return provider === "local_encrypted"
        ? createSecret(store, refusingVault(given))
        : createManagedSecret(store, { ...given, provider });
    }),
    link: area.link.handler(async ({ input }) => linkSecret(store, await scoped(input))),
    rotate: area.rotate.handler(async ({ input }) => {
      const given = await scoped(input);
      return (await isLocal(given)) ? rotateSecret(store, given) : rotateManagedSecret(store, given);
    }),
    rollback: area.rollback.handler(async ({ input }) => rollbackSecret(store, await scoped(input))),
    disableVersion: area.disableVersion.handler(async ({ input }) => disableVersion(store, await scoped(input))),
    enableVersion: area.enableVersion.handler(async ({ input }) => enableVersion(store, await scoped(input))),
    destroyVersion: area.destroyVersion.handler(async ({ input }) => destroyVersion(store, await scoped(input))),
    versionUse: area.versionUse.handler(async ({ input }) => {
      const { companyId, secret } = await scoped(input);
      return versionUse(database.orm, companyId, secret);
    }),
    update: area.update.handler(async ({ input }) => updateSecret(store, await scoped(input))),
    disable: area.disable.handler(async ({ input }) =>
      setSecretStatus(store, { ...(await scoped(input)), status: "disabled" }),
    ),
    enable: area.enable.handler(async ({ input }) =>
      setSecretStatus(store, { ...(await scoped(input)), status: "active" }),
    ),
    archive: area.archive.handler(async ({ input }) =>
      setSecretStatus(store, { ...(await scoped(input)), status: "archived" }),
    ),
    delete: area.delete.handler(async ({ input }) => {
      const given = await scoped(input);
      return (await isLocal(given)) ? deleteSecret(store, given) : deleteRemoteSecret(store, given);
    }),
    usage: area.usage.handler(async ({ input }) => {
      const { companyId, secret } = await scoped(input);
      return secretUsage(database.orm, companyId, secret);
    }),
    events: area.events.handler(async ({ input }) => listEvents(database.orm, await scoped(input))),
    health: area.health.handler(async () => ({ ...(await vault.health()), sources: await keySources() })),
  };
}

/** A value that is sealed here has no provider vault; to leave out one that was named would be a surprise. */
function refusingVault<Input extends { vault?: string | undefined }>(input: Input): Input {
  if (input.vault === undefined) return input;
  throw new Refusal("provider_vault_unusable", "No secret was created: local_encrypted has no provider vaults.", {
    next: "Leave the vault out, or name the provider that it is of.",
    fields: { vault: "is for another provider" },
  });
}
