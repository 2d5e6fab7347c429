import type { ProviderId, ProviderVaultRecord, VaultHealthReport } from "../../../preload/contract/providers.ts";
import type { State } from "../../ui/mark.tsx";

/** A state with the word that stands beside its shape. */
export interface MarkedWord {
  readonly state: State;
  readonly word: string;
}

const PROVIDERS: Readonly<Record<ProviderId, string>> = {
  local_encrypted: "Sealed on this machine",
  aws_secrets_manager: "AWS Secrets Manager",
  gcp_secret_manager: "GCP Secret Manager",
  vault: "HashiCorp Vault",
};

/** A provider as its makers call it. */
export function providerLabel(id: ProviderId): string {
  return PROVIDERS[id];
}

/** Whether secrets can be kept in a vault. */
export function vaultState({ status }: Pick<ProviderVaultRecord, "status">): MarkedWord {
  switch (status) {
    case "ready":
      return { state: "ready", word: "ready" };
    case "warning":
      return { state: "warn", word: "warning" };
    case "coming_soon":
      return { state: "off", word: "metadata only" };
    case "disabled":
      return { state: "disabled", word: "disabled" };
  }
}

const CODES: Readonly<Record<string, string>> = {
  ok: "answers",
  runtime_locked: "is not asked",
  vault_disabled: "is not asked",
  access_denied: "access denied",
  throttled: "asked too often",
  not_found: "not found",
  invalid_request: "settings refused",
  provider_unavailable: "does not answer",
  provider_error: "unusable answer",
};

/** What the last check of a vault found, in two or three words. */
export function vaultHealth(health: VaultHealthReport | null): MarkedWord {
  if (health === null) return { state: "unknown", word: "not checked" };
  const word = CODES[health.code] ?? health.status;
  switch (health.status) {
    case "ready":
      return { state: "ok", word };
    case "warning":
      return { state: "warn", word };
    case "error":
      return { state: "error", word };
    case "coming_soon":
    case "disabled":
      return { state: "off", word };
  }
}

/** Whether secrets can be kept in a vault or linked from it. */
export function isUsable({ status }: Pick<ProviderVaultRecord, "status">): boolean {
  return status === "ready" || status === "warning";
}
