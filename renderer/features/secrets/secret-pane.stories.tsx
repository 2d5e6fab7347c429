import type { Meta } from "@storybook/react-vite";
import { databaseDown, pageOf, pending, refused } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { daysAgo, hoursAgo, minutesAgo } from "../../stories/clock.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import { aBlast } from "../../stories/records/blast.ts";
import { idOf } from "../../stories/records/ids.ts";
import { aProviderVault } from "../../stories/records/provider-vaults.ts";
import { aSecret, aSecretDetail, aVersion, anAccessEvent } from "../../stories/records/secrets.ts";
import { aReadOnlyStatus, aStatusWithLockedVault } from "../../stories/records/system.ts";
import { aLockedVaultKeys, aVaultHealth } from "../../stories/records/vault.ts";

export default { title: "Secrets/Details" } satisfies Meta;

const place = `/secrets/${idOf("secret")}`;

const aUse = {
  targetType: "routine",
  targetId: idOf("routine"),
  targetName: "Nightly triage",
  configPath: "env.GH_TOKEN",
  selector: "latest" as const,
};

const answers: Answers = {
  "secrets.list": { secrets: [aSecret()], nextCursor: null },
  "secrets.get": aSecretDetail(),
  "secrets.usage": {
    usage: [
      aUse,
      { ...aUse, targetType: "agent", targetId: idOf("agent"), targetName: "triage", selector: 3 },
      { ...aUse, targetType: "project", targetId: idOf("project"), targetName: null, configPath: "env.TOKEN" },
    ],
  },
  "secrets.events": { events: [anAccessEvent()], nextCursor: null },
  "secrets.versionUse": {
    versions: [
      { version: 4, runs: 12, lastUsedAt: hoursAgo(3) },
      { version: 2, runs: 1_204, lastUsedAt: daysAgo(16) },
    ],
    accesses: 1_216,
    more: false,
  },
  "routines.blast": ({ change, version }) => aBlast({ change, version: version ?? null }),
};

const press =
  (name: string) =>
  async ({ screen, user }: StoryPage) =>
    user.click(await screen.findByRole("button", { name }));

export const Active = panelStory({ place, answers });

export const Disabled = panelStory({
  place,
  answers: { ...answers, "secrets.get": aSecretDetail({ status: "disabled" }) },
});

export const Archived = panelStory({
  place,
  answers: { ...answers, "secrets.get": aSecretDetail({ status: "archived" }) },
});

export const Deleted = panelStory({
  place,
  answers: { ...answers, "secrets.get": aSecretDetail({ status: "deleted", versions: [] }) },
});

export const Unused = panelStory({
  place,
  answers: {
    ...answers,
    "secrets.get": aSecretDetail({
      description: null,
      name: "gh-token",
      references: 0,
      lastResolvedAt: null,
      lastRotatedAt: null,
      latestVersion: 1,
      versions: [aVersion({ version: 1 })],
    }),
    "secrets.usage": { usage: [] },
    "secrets.events": { events: [], nextCursor: null },
  },
});

export const ManyVersions = panelStory({
  place,
  answers: {
    ...answers,
    "secrets.get": aSecretDetail({
      latestVersion: 400,
      versions: Array.from({ length: 400 }, (_, index) =>
        aVersion({
          version: 400 - index,
          status: index === 0 ? "current" : index % 7 === 0 ? "disabled" : index % 5 === 0 ? "failed" : "previous",
          note: index % 3 === 0 ? "Rotated because someone left, and a note may be long ".repeat(2) : null,
          createdAt: daysAgo(index),
          revokedAt: index % 7 === 0 && index > 0 ? daysAgo(index - 1) : null,
        }),
      ),
    }),
  },
});

const manyUses = {
  usage: Array.from({ length: 60 }, (_, index) => ({
    ...aUse,
    targetId: idOf("routine", index),
    targetName: index === 3 ? '<img src=x onerror="document.title=1"> سجل' : `Routine ${index} with a longer title`,
    selector: index % 4 === 0 ? 2 : ("latest" as const),
  })),
};

export const UsedByMany = panelStory({ place, answers: { ...answers, "secrets.usage": manyUses } });

const CODES = [
  "binding_missing",
  "secret_inactive",
  "version_inactive",
  "provider_error",
  "vault_locked",
  "secret_deleted",
] as const;

export const EventsWithRefusals = panelStory({
  place,
  answers: {
    ...answers,
    "secrets.events": (input) => {
      const { rows, nextCursor } = pageOf(input, 80, (index) => {
        const errorCode = index % 3 === 0 ? (CODES[(index / 3) % CODES.length] ?? null) : null;
        return anAccessEvent({
          id: idOf("entry", index),
          sequence: 80 - index,
          outcome: errorCode === null ? "success" : "failure",
          errorCode,
          version: errorCode === null ? 4 : null,
          ...(index % 5 === 0 ? { consumerId: idOf("routine", 99), consumerName: null } : {}),
          createdAt: minutesAgo(index * 17),
        });
      });
      return { events: rows, nextCursor };
    },
  },
});

export const EventsFailing = panelStory({ place, answers: { ...answers, "secrets.events": databaseDown } });

export const Loading = panelStory({ place, answers: { ...answers, "secrets.get": pending } });

export const Missing = panelStory({
  place,
  answers: { ...answers, "secrets.get": refused("secret_missing", "There is no such secret in this company.") },
});

export const Failing = panelStory({ place, answers: { ...answers, "secrets.get": databaseDown } });

export const Locked = panelStory({
  place,
  answers: {
    ...answers,
    "system.status": aStatusWithLockedVault(),
    "secrets.health": aVaultHealth({ state: "locked", keyId: null, level: "error" }),
    "keys.show": aLockedVaultKeys(),
  },
});

export const ReadOnly = panelStory({ place, answers: { ...answers, "system.status": aReadOnlyStatus() } });

export const EditDetails = panelStory({ place, answers, act: press("Edit name and description") });

export const EditRefused = panelStory({
  place,
  answers: {
    ...answers,
    "secrets.update": refused("secret_taken", "There is a secret with this name already.", {
      fields: { name: "is taken" },
    }),
  },
  act: async (page) => {
    await press("Edit name and description")(page);
    await press("Save details")(page);
  },
});

export const Rotate = panelStory({ place, answers, act: press("Rotate secret") });

export const RotateRefused = panelStory({
  place,
  answers: {
    ...answers,
    "secrets.rotate": refused("secret_value_invalid", "The value was not stored.", {
      fields: { value: "it is empty" },
    }),
  },
  act: async (page) => {
    await press("Rotate secret")(page);
    // The dialog begins in the field of the value.
    await page.user.keyboard("{Enter}");
  },
});

export const Disable = panelStory({ place, answers, act: press("Disable secret") });

export const Delete = panelStory({
  place,
  answers: {
    ...answers,
    "secrets.delete": refused("secret_in_use", "The secret is in use.", { next: "Take it out of the routines first." }),
  },
  act: async (page) => {
    await press("More actions")(page);
    await page.user.click(await page.screen.findByRole("menuitem", { name: "Delete secret" }));
    await press("Delete secret")(page);
  },
});

const atProvider = aSecretDetail({
  provider: "aws_secrets_manager",
  externalRef: "paperclip/desktop/10000000-0000-4000-8000-000000000001/gh-token",
  vaultId: idOf("vault"),
});

export const AtProvider = panelStory({
  place,
  answers: { ...answers, "secrets.get": atProvider, "providerVaults.list": { vaults: [aProviderVault()] } },
});

export const LinkedAtProvider = panelStory({
  place,
  answers: {
    ...answers,
    "secrets.get": {
      ...atProvider,
      managedMode: "external_reference",
      externalRef: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:team/gh-token-AbCdEf",
    },
    "providerVaults.list": { vaults: [aProviderVault()] },
  },
});

export const ProviderVaultRemoved = panelStory({
  place,
  answers: { ...answers, "secrets.get": { ...atProvider, vaultId: null } },
});
