import type { Meta } from "@storybook/react-vite";
import { refused } from "../../stories/answers.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import {
  backupAnswers,
  backupToTheCode,
  sealedBackup,
  someBackups,
  unreadableBackup,
} from "../../stories/records/backups.ts";
import { fileNameOf } from "./backup-words.ts";

export default { title: "Backups/One" } satisfies Meta;

const place = "/backups";

const press = async ({ screen, user }: StoryPage, name: string | RegExp) =>
  user.click(await screen.findByRole("button", { name }));
const type = async ({ screen, user }: StoryPage, text: string) => {
  await user.click(await screen.findByLabelText("Passphrase"));
  await user.paste(text);
};

export const OfTheDatabase = panelStory({
  place: `${place}?file=${fileNameOf(someBackups[0] ?? sealedBackup)}`,
  answers: backupAnswers,
});

export const OfEverythingProven = panelStory({
  place: `${place}?file=${fileNameOf(sealedBackup)}`,
  answers: backupAnswers,
  act: async (page) => {
    await type(page, "correct horse battery staple");
    await press(page, "Prove backup");
    await page.screen.findByText("It was restored, and every table of this app came back the same");
  },
});

export const ToTheRecoveryCode = panelStory({
  place: `${place}?file=${fileNameOf(backupToTheCode)}`,
  answers: backupAnswers,
});

export const WrongPassphrase = panelStory({
  place: `${place}?file=${fileNameOf(sealedBackup)}`,
  answers: {
    ...backupAnswers,
    "backups.verify": refused("passphrase_wrong", "The file was not opened: the passphrase is another one.", {
      next: "Give the passphrase that was chosen when it was taken; upper and lower case and blanks matter.",
      fields: { passphrase: "does not open it" },
    }),
  },
  act: async (page) => {
    await type(page, "another passphrase");
    await press(page, "Verify backup");
    await page.screen.findByText("does not open it");
  },
});

export const Unreadable = panelStory({
  place: `${place}?file=${fileNameOf(unreadableBackup)}`,
  answers: backupAnswers,
});
