import type { Meta } from "@storybook/react-vite";
import type { ProviderVaultRecord } from "../../../preload/contract/providers.ts";
import { databaseDown, pending, refused } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import { idOf } from "../../stories/records/ids.ts";
import { aProviderVault, aVaultReport } from "../../stories/records/provider-vaults.ts";
import { aReadOnlyStatus, aStatusWithoutDatabase } from "../../stories/records/system.ts";

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
    ...Array.from({ length: 200 }, (_, index) =>
      aProviderVault({ id: idOf("vault", index + 1), name: `Account ${index + 1}`, isDefault: index === 0 }),
    ),
  ),
});

export const Loading = panelStory({ place, answers: { "providerVaults.list": pending } });

export const Failing = panelStory({
  place,
  answers: { "providerVaults.list": databaseDown, "system.status": aStatusWithoutDatabase() },
});

export const ReadOnly = panelStory({ place, answers: { ...list(), "system.status": aReadOnlyStatus() } });

const one = (vault: ProviderVaultRecord): Answers => ({ ...list(vault), "providerVaults.get": vault });
const open = `${place}/${idOf("vault")}`;

export const Details = panelStory({ place: open, answers: one(aProviderVault({ isDefault: false })) });

export const NotChecked = panelStory({ place: open, answers: one(aProviderVault({ health: null })) });

export const Unhealthy = panelStory({
  place: open,
  answers: one(
    aProviderVault({
      health: aVaultReport({
        status: "error",
        code: "access_denied",
        message: "AWS Secrets Manager refused access, or no credentials for it were found.",
        next: "Check the credentials and permissions that this app runs with; docs/SECRETS.md lists both.",
      }),
    }),
  ),
});

export const AskedTooOften = panelStory({
  place: open,
  answers: one(
    aProviderVault({
      health: aVaultReport({
        status: "warning",
        code: "throttled",
        message: "AWS Secrets Manager was asked too often.",
        next: "Wait a minute, then try again.",
      }),
    }),
  ),
});

export const Disabled = panelStory({
  place: open,
  answers: one(aProviderVault({ status: "disabled", isDefault: false })),
});

export const MetadataOnly = panelStory({
  place: open,
  answers: one(
    aProviderVault({
      provider: "vault",
      name: "Vault of the data centre",
      status: "coming_soon",
      isDefault: false,
      secrets: 0,
      config: { address: "https://vault.acme.test:8200", namespace: "team" },
      health: aVaultReport({
        status: "coming_soon",
        code: "runtime_locked",
        message: "HashiCorp Vault is kept as metadata only in this version: nothing is read from it.",
      }),
    }),
  ),
});

export const Gone = panelStory({
  place: open,
  answers: { ...list(), "providerVaults.get": refused("provider_vault_missing", "There is no such provider vault.") },
});

/** Presses buttons, one after the other. The first of several with a name is meant. */
const press =
  (...names: readonly string[]) =>
  async ({ screen, user }: StoryPage) => {
    for (const name of names) {
      const [button] = await screen.findAllByRole("button", { name });
      if (button) await user.click(button);
    }
  };

/** Chooses from the menu of a provider vault, and then presses the button where one is named. */
const choose =
  (action: string, ...then: readonly string[]) =>
  async (page: StoryPage) => {
    await press("More actions")(page);
    await page.user.click(await page.screen.findByRole("menuitem", { name: action }));
    await press(...then)(page);
  };

export const CheckFails = panelStory({
  place: open,
  answers: { ...one(aProviderVault()), "providerVaults.health": databaseDown },
  act: press("Check health"),
});

export const AskBeforeDisabling = panelStory({
  place: open,
  answers: one(aProviderVault()),
  act: choose("Disable provider vault"),
});

/** A secret came into it in between. */
export const NotRemoved = panelStory({
  place: open,
  answers: {
    ...one(aProviderVault({ secrets: 0 })),
    "providerVaults.remove": refused(
      "provider_vault_in_use",
      '"Production account" was not removed: 1 secret is in it.',
      {
        next: "Delete or unlink them first, or disable the provider vault: then nothing is read from it, and nothing is lost.",
        fields: { vault: "holds secrets" },
      },
    ),
  },
  act: choose("Remove provider vault", "Remove provider vault"),
});

export const Create = panelStory({ place, answers: list(), act: press("Create provider vault") });

export const CreateErrorsAtFields = panelStory({
  place,
  answers: {
    ...list(aProviderVault()),
    "providerVaults.create": refused("invalid_input", "The provider vault was not saved.", {
      fields: {
        "config.region": "must be a region of AWS such as eu-central-1",
        "config.kmsKeyId": "looks like a credential, and none is kept here",
        name: "is taken",
      },
    }),
  },
  act: async (page) => {
    await press("Create provider vault")(page);
    await page.user.click(
      (await page.screen.findAllByRole("button", { name: "Create provider vault" })).at(-1) ?? document.body,
    );
  },
});

export const CreateMetadataOnly = panelStory({
  place,
  answers: list(aProviderVault()),
  act: async (page) => {
    await press("Create provider vault")(page);
    await page.user.click(await page.screen.findByRole("button", { name: /Provider$/ }));
    await page.user.click(await page.screen.findByRole("option", { name: "HashiCorp Vault" }));
  },
});

/** Its names are made of what is set here. */
export const EditInUse = panelStory({
  place: open,
  answers: {
    ...one(aProviderVault()),
    "providerVaults.update": refused(
      "provider_vault_in_use",
      'Nothing was saved: secrets of "Production account" are found by its region.',
      {
        next: "Create another provider vault with these settings; this one keeps its secrets.",
        fields: { "config.region": "stays while the vault holds secrets" },
      },
    ),
  },
  act: choose("Edit provider vault", "Save provider vault"),
});

export const Link = panelStory({
  place: open,
  answers: one(aProviderVault()),
  act: async (page) => {
    await press("Link secret")(page);
    await page.user.type(
      await page.screen.findByRole("textbox", { name: "Reference" }),
      "arn:aws:secretsmanager:eu-central-1:123456789012:secret:team/slack-AbCdEf",
    );
  },
});

export const LinkRefused = panelStory({
  place: open,
  answers: {
    ...one(aProviderVault()),
    "secrets.link": refused("external_reference", "No secret was linked: names below paperclip/desktop/ are not.", {
      next: "Give the name or the ARN of a secret that is kept there by somebody else.",
      fields: { externalRef: "names below paperclip/desktop/ are managed by this app and are not linked" },
    }),
  },
  act: async (page) => {
    await press("Link secret")(page);
    await page.user.type(await page.screen.findByRole("textbox", { name: "Reference" }), "paperclip/desktop/one/two");
    await page.user.click((await page.screen.findAllByRole("button", { name: "Link secret" })).at(-1) ?? document.body);
  },
});
