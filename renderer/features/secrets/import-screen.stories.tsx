import type { Meta } from "@storybook/react-vite";
import type { ImportConflict, ImportedRow, RemoteSecret } from "../../../preload/contract/providers.ts";
import { pageOf, pending, refused } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { daysAgo } from "../../stories/clock.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import { idOf } from "../../stories/records/ids.ts";
import { aProviderVault } from "../../stories/records/provider-vaults.ts";
import { aSecret } from "../../stories/records/secrets.ts";
import { aReadOnlyStatus } from "../../stories/records/system.ts";

export default { title: "Secrets/Import" } satisfies Meta;

const place = "/secrets/import";

const vaults: Answers = {
  "providerVaults.list": {
    vaults: [aProviderVault(), aProviderVault({ id: idOf("vault", 2), name: "Staging account", isDefault: false })],
  },
};

const refOf = (name: string) => `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}-AbCdEf`;

const aRemote = (name: string, conflict: ImportConflict | null = null, reason: string | null = null): RemoteSecret => ({
  externalRef: refOf(name),
  name,
  key: name.replaceAll(/[^a-z0-9_.-]+/g, "-"),
  changedAt: daysAgo(name.length),
  conflict,
  reason,
});

const remote = (...secrets: readonly RemoteSecret[]): Answers => ({
  ...vaults,
  "providerVaults.remoteSecrets": { secrets: [...secrets], nextCursor: null },
});

const few = [
  aRemote("team/slack-hook"),
  aRemote("team/npm-publish"),
  aRemote("team/gh-token", "key", 'there is a secret with the key "team-gh-token" already'),
  aRemote("team/stripe", "name", 'there is a secret with the name "team/stripe" already'),
  aRemote("team/pager", "exact_reference", 'the secret "pager" is linked to it already'),
  aRemote(
    "paperclip/desktop/10000000-0000-4000-8000-000000000001/own",
    "provider_guardrail",
    "names below paperclip/desktop/ are managed by this app and are not linked",
  ),
];

export const NoVault = panelStory({
  place,
  answers: {
    "providerVaults.list": {
      vaults: [aProviderVault({ status: "disabled" }), aProviderVault({ id: idOf("vault", 2), status: "coming_soon" })],
    },
  },
});

export const Loading = panelStory({ place, answers: { ...vaults, "providerVaults.remoteSecrets": pending } });

export const Empty = panelStory({ place, answers: remote() });

export const Conflicts = panelStory({ place, answers: remote(...few) });

export const Many = panelStory({
  place,
  answers: {
    ...vaults,
    "providerVaults.remoteSecrets": (input) => {
      const { rows, nextCursor } = pageOf(input, 400, (index) => aRemote(`team/service-${index}/api-key`));
      return { secrets: rows, nextCursor };
    },
  },
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("button", { name: "Choose all shown" }));
    await user.click(await screen.findByRole("button", { name: "Show more" }));
  },
});

/** The first page came, and the next one did not. */
export const NextPageFails = panelStory({
  place,
  answers: {
    ...vaults,
    "providerVaults.remoteSecrets": ({ cursor }) =>
      cursor === undefined
        ? { secrets: few.slice(0, 2), nextCursor: "next" }
        : refused(
            "throttled",
            "The secrets at the provider were not listed: AWS Secrets Manager was asked too often.",
            {
              next: "Wait a minute, then try again.",
            },
          ),
  },
  act: async ({ screen, user }) => user.click(await screen.findByRole("button", { name: "Show more" })),
});

const failing = (...failure: Parameters<typeof refused>) =>
  panelStory({ place, answers: { ...vaults, "providerVaults.remoteSecrets": refused(...failure) } });
const what = "The secrets at the provider were not listed: AWS Secrets Manager";

export const TimesOut = failing("provider_unavailable", `${what} did not answer in time or could not be reached.`, {
  next: "Check the network and the endpoint of the provider vault, then try again.",
});

export const Denied = failing("access_denied", `${what} refused access, or no credentials for it were found.`, {
  next: "Check the credentials and permissions that this app runs with; docs/SECRETS.md lists both.",
});

export const Throttled = failing("throttled", `${what} was asked too often.`, {
  next: "Wait a minute, then try again.",
});

export const Garbage = failing("provider_error", `${what} answered in a way that cannot be used.`, {
  next: "Try again; if it stays, check the endpoint of the provider vault and the state of the provider.",
});

export const ReadOnly = panelStory({
  place,
  answers: { ...remote(...few), "system.status": aReadOnlyStatus() },
  act: (page) => review(page),
});

async function review({ screen, user }: StoryPage): Promise<void> {
  for (const name of ["team/slack-hook", "team/npm-publish", "team/gh-token", "team/stripe"]) {
    await user.click(await screen.findByRole("checkbox", { name }));
  }
  await user.click(await screen.findByRole("button", { name: /^Review/ }));
}

export const Review = panelStory({ place, answers: remote(...few), act: review });

const row = (name: string, different: Partial<ImportedRow>): ImportedRow => ({
  externalRef: refOf(name),
  result: "imported",
  conflict: null,
  message: null,
  secret: null,
  ...different,
});

const take = async (page: StoryPage) => {
  await review(page);
  await page.user.click(await page.screen.findByRole("button", { name: /^Import/ }));
};

const results = (...rows: readonly ImportedRow[]): Answers => {
  const count = (result: ImportedRow["result"]) => rows.filter((one) => one.result === result).length;
  return {
    ...remote(...few),
    "providerVaults.importSecrets": {
      rows: [...rows],
      imported: count("imported"),
      skipped: count("skipped"),
      errors: count("error"),
    },
  };
};

const imported = (number: number, key: string) => aSecret({ id: idOf("secret", number), key, name: key });

export const AllImported = panelStory({
  place,
  answers: results(
    row("team/slack-hook", { secret: imported(1, "team-slack-hook") }),
    row("team/npm-publish", { secret: imported(2, "team-npm-publish") }),
  ),
  act: take,
});

export const SomeFailed = panelStory({
  place,
  answers: results(
    row("team/slack-hook", { secret: imported(1, "team-slack-hook") }),
    row("team/npm-publish", { result: "error", message: "Nothing was saved: the database is read-only." }),
    row("team/gh-token", {
      result: "skipped",
      conflict: "key",
      message: 'there is a secret with the key "team-gh-token" already',
    }),
    row("team/stripe", {
      result: "skipped",
      conflict: "exact_reference",
      message: 'the secret "stripe" is linked to it already',
    }),
  ),
  act: take,
});

export const NothingImported = panelStory({
  place,
  answers: {
    ...remote(...few),
    "providerVaults.importSecrets": refused(
      "provider_vault_unusable",
      'Nothing was imported: the provider vault "Production account" is disabled.',
      { next: "Enable it: `paperclip-desktop provider-vaults enable main`" },
    ),
  },
  act: take,
});
