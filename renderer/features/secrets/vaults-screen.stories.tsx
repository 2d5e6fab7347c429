import type { Meta } from "@storybook/react-vite";
import type { ProviderVaultRecord } from "../../../preload/contract/providers.ts";
import { databaseDown, pending } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import { aProviderVault, aStatusWithoutDatabase, aVaultReport, idOf } from "../../stories/records.ts";

export default { title: "Secrets/Provider vaults" } satisfies Meta;

const place = "/secrets/vaults";

const list = (...vaults: readonly ProviderVaultRecord[]): Answers => ({
  "providerVaults.list": { vaults: [...vaults] },
});

export const Empty = panelStory({ place, answers: list() });

export const One = panelStory({ place, answers: list(aProviderVault()) });

/** In every state, and with everything that a check can find. */
export const EveryState = panelStory({
  place,
  answers: list(
    aProviderVault({ secrets: 1_204 }),
    aProviderVault({ id: idOf("vault", 2), name: "Staging", isDefault: false, health: null }),
    ...(["access_denied", "provider_unavailable", "provider_error", "invalid_request"] as const).map((code, index) =>
      aProviderVault({
        id: idOf("vault", 3 + index),
        name: `Unhealthy ${code}`,
        isDefault: false,
        health: aVaultReport({ status: "error", code, message: "AWS Secrets Manager refused access." }),
      }),
    ),
    aProviderVault({
      id: idOf("vault", 8),
      name: "A name that is long enough to be cut in a list ".repeat(2),
      health: aVaultReport({ status: "warning", code: "throttled", message: "It was asked too often." }),
    }),
    aProviderVault({
      id: idOf("vault", 9),
      name: "Old account",
      status: "disabled",
      isDefault: false,
      health: aVaultReport({
        status: "disabled",
        code: "vault_disabled",
        message: "It is disabled and was not asked.",
      }),
    }),
    aProviderVault({
      id: idOf("vault", 10),
      name: "Google project",
      provider: "gcp_secret_manager",
      status: "coming_soon",
      isDefault: false,
      config: { projectId: "acme-prod" },
      health: aVaultReport({ status: "coming_soon", code: "runtime_locked", message: "Nothing is read from it." }),
    }),
    aProviderVault({
      id: idOf("vault", 11),
      name: "Vault of the data centre",
      provider: "vault",
      status: "coming_soon",
      isDefault: false,
      config: { address: "https://vault.acme.test" },
      health: null,
    }),
  ),
});

export const Many = panelStory({
  place,
  answers: list(
    ...Array.from({ length: 12 }, (_, index) =>
      aProviderVault({ id: idOf("vault", index + 1), name: `Account ${index + 1}`, isDefault: index === 0 }),
    ),
  ),
});

export const Loading = panelStory({ place, answers: { "providerVaults.list": pending } });

export const Failing = panelStory({
  place,
  answers: { "providerVaults.list": databaseDown, "system.status": aStatusWithoutDatabase() },
});
