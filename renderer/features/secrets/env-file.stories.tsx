import type { Meta } from "@storybook/react-vite";
import type { ImportRow } from "../../../preload/contract/inline-secrets.ts";
import { databaseDown, refused } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { panelStory, partStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import { idOf } from "../../stories/records/ids.ts";
import { aSecret } from "../../stories/records/secrets.ts";
import { aReadOnlyStatus, aStatusWithLockedVault } from "../../stories/records/system.ts";
import { aVaultHealth } from "../../stories/records/vault.ts";
import { EnvFileForm } from "./env-file-dialog.tsx";

export default { title: "Secrets/Import of a .env file" } satisfies Meta;

const row = (key: string, line: number, changes: Partial<ImportRow>): ImportRow => ({
  key,
  line,
  outcome: "plain",
  secretKey: null,
  replaces: false,
  sealable: true,
  plainAllowed: true,
  why: null,
  ...changes,
});

const NAME = "Its name is that of a credential.";
const everyKind: readonly ImportRow[] = [
  row("GH_TOKEN", 1, { outcome: "new_secret", secretKey: "gh-token", plainAllowed: false, why: NAME }),
  row("NPM_TOKEN", 2, { outcome: "existing_secret", secretKey: "npm-publish", plainAllowed: false, why: NAME }),
  row("LOG_LEVEL", 4, {}),
  row("REGION", 5, { outcome: "unchanged" }),
  row("DATABASE_URL", 7, {
    outcome: "conflict",
    plainAllowed: false,
    why: "The agent has another value under DATABASE_URL; it stays unless it is to be replaced.",
  }),
  row("PORT", 8, { sealable: false }),
  row("SHORT_KEY", 9, {
    outcome: "refused",
    sealable: false,
    plainAllowed: false,
    why: `it cannot be sealed: it has fewer than 4 characters. ${NAME}`,
  }),
  row("A_KEY_WHOSE_NAME_DOES_NOT_END_".repeat(4), 10, { why: "Its value is random enough to be a credential." }),
];

const answersWith = (rows: readonly ImportRow[], notes: readonly string[] = []): Answers => {
  const answer = (
    applied: boolean,
    chosen: { leaveOut?: string[] | undefined; plain?: string[] | undefined; replace?: boolean | string[] | undefined },
  ) => ({
    applied,
    layer: "agent" as const,
    targetId: idOf("agent"),
    targetName: "coder",
    rows: rows.map((one): ImportRow => {
      if (chosen.leaveOut?.includes(one.key)) return { ...one, outcome: "left_out", secretKey: null };
      if (chosen.plain?.includes(one.key)) return { ...one, outcome: "plain", secretKey: null };
      if (Array.isArray(chosen.replace) && chosen.replace.includes(one.key)) {
        return { ...one, outcome: "new_secret", secretKey: "database-url", replaces: true, why: null };
      }
      return one;
    }),
    notes: [...notes],
  });
  return {
    "inlineSecrets.importPreview": (input) => answer(false, input),
    "inlineSecrets.importFile": (input) => answer(true, input),
  };
};

const answers = answersWith(everyKind, [
  "Line 10: LOG_LEVEL is here again; this one counts, not that of line 4.",
  "Keys in conflict keep what the env has, unless they are to be replaced.",
]);
const form = <EnvFileForm into={{ layer: "agent", id: idOf("agent"), name: "coder" }} onClose={() => undefined} />;

const look = async ({ screen, user }: StoryPage) => {
  await user.click(await screen.findByLabelText("Content of the file"));
  await user.paste("GH_TOKEN=not-a-real-token\nLOG_LEVEL=debug\n");
  await user.click(await screen.findByRole("button", { name: "Preview import" }));
};
const review = async (page: StoryPage) => {
  await look(page);
  await page.screen.findByRole("list", { name: "Keys of the file" });
};

export const Empty = partStory(form, { answers });

export const Reviewed = partStory(form, { answers, act: review });

export const Chosen = partStory(form, {
  answers,
  act: async (page) => {
    await review(page);
    const { screen, user } = page;
    await user.click(await screen.findByRole("button", { name: /What becomes of DATABASE_URL/ }));
    await user.click(await screen.findByRole("option", { name: "Replace by a secret" }));
    await screen.findByText("replaces what is there");
    await user.click(await screen.findByRole("button", { name: /What becomes of LOG_LEVEL/ }));
    await user.click(await screen.findByRole("option", { name: "Leave out" }));
    await screen.findByText("left out");
  },
});

export const Imported = partStory(form, {
  answers,
  act: async (page) => {
    await review(page);
    await page.user.click(await page.screen.findByRole("button", { name: "Import 5 keys" }));
    await page.screen.findByText(/5 keys are imported/);
  },
});

export const NothingImported = partStory(form, {
  answers: { ...answers, "inlineSecrets.importFile": databaseDown },
  act: async (page) => {
    await review(page);
    await page.user.click(await page.screen.findByRole("button", { name: "Import 5 keys" }));
    await page.screen.findByText(/Nothing was imported/);
  },
});

export const NotUnderstood = partStory(form, {
  answers: {
    "inlineSecrets.importPreview": refused(
      "invalid_input",
      "The file was not imported: line 2: there is no KEY=value here. 1 further lines are not understood either.",
      {
        next: "Mend the file there: each line is KEY=value, a comment, or blank.",
        fields: { "text.2": "there is no KEY=value here.", "text.3": "the quote of B is not closed." },
      },
    ),
  },
  act: async (page) => {
    await look(page);
    await page.screen.findByText(/Line 3/);
  },
});

export const NothingNew = partStory(form, {
  answers: answersWith([row("REGION", 1, { outcome: "unchanged" })]),
  act: review,
});

export const ManyKeys = partStory(form, {
  answers: answersWith(Array.from({ length: 500 }, (_, index) => row(`KEY_${index}`, index + 1, {}))),
  act: review,
});

export const Locked = partStory(form, {
  answers: { ...answers, "system.status": aStatusWithLockedVault(), "secrets.health": aVaultHealth() },
});

export const ReadOnly = partStory(form, { answers: { ...answers, "system.status": aReadOnlyStatus() } });

const owners: Answers = {
  ...answers,
  "secrets.list": { secrets: [aSecret()], nextCursor: null },
  "agents.list": { agents: [] },
  "projects.list": { projects: [] },
};

export const FromTheSecretsScreen = panelStory({
  place: "/secrets",
  answers: owners,
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("button", { name: "Import a .env file…" }));
    await screen.findByRole("dialog");
  },
});
