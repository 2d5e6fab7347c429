import { randomUUID } from "node:crypto";
import type { Actor } from "../../../preload/contract/common.ts";
import type { AccessEvent } from "../../../preload/contract/secrets.ts";
import { listEvents } from "../../../main/secrets/events.ts";
import { syncBindings } from "../../../main/secrets/references.ts";
import {
  type ReferenceRequest,
  type ResolveContext,
  type Resolved,
  resolveReferences,
} from "../../../main/secrets/resolution.ts";
import { createSecret } from "../../../main/secrets/store.ts";
import type { Vault } from "../../../main/secrets/vault.ts";
import { type SecretsSetup, canary, insertCompany, secretsSetup } from "./setup.ts";

export const actor: Actor = { type: "agent", id: randomUUID() };

/** A company with a secret that an agent is bound to. */
export interface ResolutionSetup extends SecretsSetup {
  readonly vault: Vault;
  /** Opens the vault anew, as a next start would. */
  reopen(): Promise<void>;
  readonly companyId: string;
  readonly agentId: string;
  readonly secret: { readonly id: string };
  readonly value: string;
  create(key: string, text: string, company?: string): Promise<{ readonly id: string }>;
  /** Binds the agent to secrets by the names of variables, and to no others. */
  bind(env: Record<string, string>, company?: string): Promise<unknown>;
  request(changes?: Partial<ReferenceRequest>): ReferenceRequest;
  resolve(requests: ReferenceRequest[], changes?: Partial<ResolveContext>): Promise<Resolved[]>;
  /** Newest first. */
  events(): Promise<AccessEvent[]>;
}

export async function resolutionSetup(): Promise<ResolutionSetup> {
  const setup = await secretsSetup();
  let vault = await setup.open();
  const companyId = await insertCompany(setup.database);
  const agentId = randomUUID();
  const value = canary();
  const create = (key: string, text: string, company = companyId) =>
    createSecret(setup.store(vault), { companyId: company, key, name: `Name of ${key}`, value: text });
  const bind = (env: Record<string, string>, company = companyId) =>
    syncBindings(
      setup.database.orm,
      { companyId: company, type: "agent", id: agentId },
      Object.fromEntries(
        Object.entries(env).map(([key, secretId]) => [key, { type: "secret_ref", secretId, version: "latest" }]),
      ),
    );
  const secret = await create("gh_token", value);
  await bind({ GH_TOKEN: secret.id });
  return {
    ...setup,
    get vault() {
      return vault;
    },
    reopen: async () => void (vault = await setup.open()),
    companyId,
    agentId,
    secret,
    value,
    create,
    bind,
    request: (changes = {}) => ({
      key: "GH_TOKEN",
      layer: "agent",
      consumerType: "agent",
      consumerId: agentId,
      configPath: "env.GH_TOKEN",
      secretId: secret.id,
      version: "latest",
      ...changes,
    }),
    resolve: (requests, changes = {}) =>
      resolveReferences(
        setup.database,
        vault,
        { companyId, actor, runId: null, heartbeatRunId: null, sheetId: null, ...changes },
        requests,
      ),
    events: async () => (await listEvents(setup.database.orm, { companyId })).events,
  };
}

export function outcome(answer: Resolved | undefined): string | undefined {
  return answer?.ok ? answer.value : answer?.code;
}
