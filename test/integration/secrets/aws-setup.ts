import { randomUUID } from "node:crypto";
import { vi } from "vitest";
import { systemClock } from "../../../main/instance/clock.ts";
import { OPERATOR } from "../../../main/record/activity.ts";
import { createVault, type VaultServices } from "../../../main/secrets/provider-vault-changes.ts";
import { syncBindings } from "../../../main/secrets/references.ts";
import { type Resolved, resolveReferences } from "../../../main/secrets/resolution.ts";
import type { StoreServices } from "../../../main/secrets/store.ts";
import type { Vault } from "../../../main/secrets/vault.ts";
import type { ProviderVaultRecord } from "../../../preload/contract/providers.ts";
import { AWS_TEST_KEYS, AWS_TEST_REGION, type FakeAws, fakeAws } from "../../fixtures/fake-aws.ts";
import { type SecretsSetup, insertCompany, secretsSetup } from "./setup.ts";

/** A database, a vault for what is sealed here, a fake AWS, and a company with a provider vault that points at it. */
export interface AwsSetup {
  readonly setup: SecretsSetup;
  readonly aws: FakeAws;
  readonly vault: Vault;
  readonly store: StoreServices;
  readonly vaults: VaultServices;
  readonly companyId: string;
  readonly awsVault: ProviderVaultRecord;
  /** Binds one agent to these secrets and resolves them as a run would. */
  resolve(...secretIds: string[]): Promise<Resolved[]>;
  resolveVersion(secretId: string, version: number): Promise<Resolved | undefined>;
  close(): Promise<void>;
}

const AWS_NAMES = {
  AWS_ACCESS_KEY_ID: AWS_TEST_KEYS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: AWS_TEST_KEYS.secretAccessKey,
  AWS_EC2_METADATA_DISABLED: "true",
  // No file of whoever runs the tests is read.
  AWS_CONFIG_FILE: "/nonexistent/aws/config",
  AWS_SHARED_CREDENTIALS_FILE: "/nonexistent/aws/credentials",
};

/** Puts the test's credentials where AWS's chain looks first; the answer takes them away again. */
function awsCredentials(): () => void {
  const before = Object.keys(AWS_NAMES).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, AWS_NAMES);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}

export async function awsSetup(config: Record<string, string | number> = {}): Promise<AwsSetup> {
  const forget = awsCredentials();
  // AWS's client waits for a random part of its back-off before it repeats a call. Here it draws none of it.
  const random = vi.spyOn(Math, "random").mockReturnValue(0);
  const setup = await secretsSetup();
  const aws = await fakeAws();
  const vault = await setup.open();
  const companyId = await insertCompany(setup.database);
  const vaults: VaultServices = { executor: setup.database.orm, clock: systemClock, actor: OPERATOR };
  const awsVault = await createVault(vaults, {
    companyId,
    provider: "aws_secrets_manager",
    name: "Main",
    config: { region: AWS_TEST_REGION, endpoint: aws.url, timeoutSeconds: 20, ...config },
  });
  const agentId = randomUUID();
  const context = { companyId, actor: OPERATOR, runId: null, heartbeatRunId: null, sheetId: null };
  const request = (secretId: string, index: number, version: number | "latest") => ({
    key: `KEY_${index}`,
    layer: "agent" as const,
    consumerType: "agent" as const,
    consumerId: agentId,
    configPath: `env.KEY_${index}`,
    secretId,
    version,
  });
  const bind = (secretIds: readonly string[]) =>
    syncBindings(
      setup.database.orm,
      { companyId, type: "agent", id: agentId },
      Object.fromEntries(
        secretIds.map((secretId, index) => [`KEY_${index}`, { type: "secret_ref", secretId, version: "latest" }]),
      ),
    );
  return {
    setup,
    aws,
    vault,
    store: setup.store(vault),
    vaults,
    companyId,
    awsVault,
    resolve: async (...secretIds) => {
      await bind(secretIds);
      return resolveReferences(
        setup.database,
        vault,
        context,
        secretIds.map((id, index) => request(id, index, "latest")),
      );
    },
    resolveVersion: async (secretId, version) => {
      await bind([secretId]);
      return (await resolveReferences(setup.database, vault, context, [request(secretId, 0, version)]))[0];
    },
    close: async () => {
      await aws.close();
      await setup.close();
      random.mockRestore();
      forget();
    },
  };
}
