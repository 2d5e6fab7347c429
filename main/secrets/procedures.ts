import { implementer } from "../contract/implementer.ts";
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
import type { Vault } from "./vault.ts";

export interface SecretServices {
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  /** Companies live a floor above; their lookup is handed in. */
  readonly findCompany: (executor: Executor, reference: string | undefined) => Promise<{ id: string }>;
}

/** The area `secrets` of the contract. */
export function secretProcedures({ database, vault, clock, findCompany }: SecretServices) {
  const area = implementer.secrets;
  const store: StoreServices = { executor: database.orm, vault, clock, actor: OPERATOR };
  /** The input with its company found. */
  async function scoped<Input extends { company?: string | undefined }>(input: Input) {
    return { ...input, companyId: (await findCompany(database.orm, input.company)).id };
  }
  return {
    list: area.list.handler(async ({ input }) => listSecrets(database.orm, await scoped(input))),
    get: area.get.handler(async ({ input }) => {
      const { companyId, secret } = await scoped(input);
      return getSecret(database.orm, companyId, secret);
    }),
    create: area.create.handler(async ({ input }) => createSecret(store, await scoped(input))),
    rotate: area.rotate.handler(async ({ input }) => rotateSecret(store, await scoped(input))),
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
    delete: area.delete.handler(async ({ input }) => deleteSecret(store, await scoped(input))),
    usage: area.usage.handler(async ({ input }) => {
      const { companyId, secret } = await scoped(input);
      return secretUsage(database.orm, companyId, secret);
    }),
    events: area.events.handler(async ({ input }) => listEvents(database.orm, await scoped(input))),
    health: area.health.handler(() => vault.health()),
  };
}
