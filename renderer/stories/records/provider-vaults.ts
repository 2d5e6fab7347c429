import type { ProviderVaultRecord, VaultHealthReport } from "../../../preload/contract/providers.ts";
import { daysAgo, hoursAgo } from "../clock.ts";
import { idOf } from "./ids.ts";

export function aProviderVault(different: Partial<ProviderVaultRecord> = {}): ProviderVaultRecord {
  return {
    id: idOf("vault"),
    companyId: idOf("company"),
    provider: "aws_secrets_manager",
    name: "Production account",
    status: "ready",
    isDefault: true,
    config: {
      region: "eu-central-1",
      prefix: "paperclip",
      deployment: "desktop",
      environment: "production",
      recoveryWindowDays: 30,
      timeoutSeconds: 30,
    },
    secrets: 3,
    health: aVaultReport(),
    createdAt: daysAgo(30),
    updatedAt: daysAgo(12),
    ...different,
  };
}

/** What a check of a provider vault found. */
export function aVaultReport(different: Partial<VaultHealthReport> = {}): VaultHealthReport {
  return {
    status: "ready",
    code: "ok",
    message: "AWS Secrets Manager answers.",
    next: null,
    checkedAt: hoursAgo(2),
    ...different,
  };
}
