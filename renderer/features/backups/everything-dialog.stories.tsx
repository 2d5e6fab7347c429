import type { Meta } from "@storybook/react-vite";
import { within } from "storybook/test";
import { vaultLocked } from "../../stories/answers.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import { backupAnswers } from "../../stories/records/backups.ts";
import { aStatusWithLockedVault } from "../../stories/records/system.ts";

export default { title: "Backups/Everything" } satisfies Meta;

const place = "/backups";

const pressWithin = async ({ screen, user }: StoryPage, name: string) =>
  user.click(await within(await screen.findByRole("dialog")).findByRole("button", { name }));
const type = async ({ screen, user }: StoryPage, text: string) => {
  await user.click(await screen.findByLabelText("Passphrase"));
  await user.paste(text);
};

export const EverythingWeak = panelStory({
  place: `${place}?ask=everything`,
  answers: backupAnswers,
  act: async (page) => {
    await type(page, "short");
    await page.screen.findByText(/Cannot be used/);
  },
});

export const EverythingTaken = panelStory({
  place: `${place}?ask=everything`,
  answers: backupAnswers,
  act: async (page) => {
    await type(page, "correct horse battery staple");
    await pressWithin(page, "Back up everything");
    await page.screen.findByText("Everything is backed up");
  },
});

export const EverythingLockedVault = panelStory({
  place: `${place}?ask=everything`,
  answers: { ...backupAnswers, "system.status": aStatusWithLockedVault(), "backups.takeFull": vaultLocked },
  act: async (page) => {
    await type(page, "correct horse battery staple");
    await pressWithin(page, "Back up everything");
    await page.screen.findByText(/Nothing was backed up/);
  },
});
