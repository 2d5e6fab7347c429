import type { ProviderId } from "../../../preload/contract/providers.ts";
import { awsSecretsManager } from "./aws-secrets-manager.ts";
import { gcpSecretManager } from "./gcp-secret-manager.ts";
import { hashicorpVault } from "./hashicorp-vault.ts";
import { localEncrypted } from "./local-encrypted.ts";
import type { Provider } from "./provider.ts";

/** Every place where secrets can be kept, in the order in which they are shown. */
export const PROVIDERS: readonly Provider[] = [localEncrypted, awsSecretsManager, gcpSecretManager, hashicorpVault];

export function providerOf(id: ProviderId): Provider {
  const found = PROVIDERS.find(({ descriptor }) => descriptor.id === id);
  if (found) return found;
  throw new Error(`the database names a provider that does not exist: ${id}`);
}
