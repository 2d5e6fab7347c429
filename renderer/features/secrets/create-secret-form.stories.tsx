import type { Meta } from "@storybook/react-vite";
import { refused, vaultLocked } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { partStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import { aProviderVault } from "../../stories/records/provider-vaults.ts";
import { aStatusWithLockedVault } from "../../stories/records/system.ts";
import { CreateSecretForm } from "./create-secret-form.tsx";

export default { title: "Secrets/Create" } satisfies Meta;

const nothing = () => {};
const form = <CreateSecretForm onCreated={nothing} onCancel={nothing} />;

const create = async ({ screen, user }: StoryPage) =>
  user.click(await screen.findByRole("button", { name: "Create secret" }));

const refusing = (answer: NonNullable<Answers["secrets.create"]>): Answers => ({ "secrets.create": answer });

export const Empty = partStory(form);

export const KeyIsNormalised = partStory(form, {
  act: async ({ screen, user }) => user.type(await screen.findByRole("textbox", { name: "Key" }), "GitHub Token (CI)"),
});

export const ErrorsAtFields = partStory(form, {
  answers: refusing(
    refused("invalid_input", "No secret was created.", {
      fields: {
        key: "must hold a letter, digit, dot or underscore",
        value: "it has fewer than 4 characters",
        name: "must be at most 120 characters",
      },
    }),
  ),
  act: create,
});

export const KeyTaken = partStory(form, {
  answers: refusing(
    refused("secret_taken", "Nothing was saved: there is a secret with the key already.", {
      fields: { key: "is taken" },
    }),
  ),
  act: create,
});

export const Refused = partStory(form, { answers: refusing(vaultLocked), act: create });

export const SeveralLines = partStory(form, {
  act: async ({ screen, user }) => user.click(await screen.findByRole("checkbox", { name: "Several lines" })),
});

export const SealsPlainValue = partStory(
  <CreateSecretForm suggestedKey="gh-token" value="only-for-the-story" onCreated={nothing} onCancel={nothing} />,
);

export const Locked = partStory(form, { answers: { "system.status": aStatusWithLockedVault() } });

const withVault: Answers = { "providerVaults.list": { vaults: [aProviderVault()] } };

/** Where there is a provider vault, it can be chosen; this machine stays the first choice. */
export const KeptHere = partStory(form, { answers: withVault });

export const KeptAtProvider = partStory(form, {
  answers: {
    ...withVault,
    ...refusing(
      refused("throttled", "No secret was created: AWS Secrets Manager was asked too often.", {
        next: "Wait a minute, then try again.",
      }),
    ),
  },
  act: async (page) => {
    await page.user.click(await page.screen.findByRole("button", { name: /Kept$/ }));
    await page.user.click(await page.screen.findByRole("option", { name: "Production account" }));
    await create(page);
  },
});
