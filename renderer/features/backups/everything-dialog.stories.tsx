import type { Meta } from "@storybook/react-vite";
import { expect, waitFor, within } from "storybook/test";
import { pending, refused, vaultLocked } from "../../stories/answers.ts";
import { minutesAgo } from "../../stories/clock.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import { backupAnswers, wholeFullBackup } from "../../stories/records/backups.ts";
import { aStatusWithLockedVault } from "../../stories/records/system.ts";
import { fileNameOf } from "./backup-words.ts";

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

/** As from the menu, where nothing had the focus before. */
export const AskedAndLeft = panelStory({
  place: `${place}?ask=everything`,
  answers: backupAnswers,
  act: async (page) => {
    await page.screen.findByRole("dialog");
    // Back over what opens it to the cross; one Escape is enough there too.
    await page.user.keyboard("{Shift>}{Tab}{Tab}{/Shift}");
    await waitFor(() => expect(document.activeElement).toHaveAttribute("aria-label", "Close"));
    await page.user.keyboard("{Escape}");
    await waitFor(() => expect(document.activeElement).toBe(document.querySelector("main h1")));
    await page.user.click(await page.screen.findByRole("button", { name: "Restore…" }));
    await page.user.click(await page.screen.findByRole("button", { name: "Cancel" }));
    await waitFor(() => expect(document.activeElement).toHaveTextContent("Restore…"));
  },
});

export const EverythingUnderWay = panelStory({
  place: `${place}?ask=everything`,
  answers: {
    ...backupAnswers,
    "backups.takeFull": pending,
    "backups.follow": [
      {
        kind: "taking",
        automatic: false,
        startedAt: minutesAgo(1),
        done: 0.42,
        bytes: 118_000_000,
        rows: null,
        table: "logs/runs/2026-03-08/05554f00-1978-4a14-b6c9-e9fa1ff63f55-and-a-name-without-an-end.log",
      },
    ],
  },
  act: async (page) => {
    await type(page, "correct horse battery staple");
    await page.user.keyboard("{Enter}");
    await page.screen.findAllByText(/Backing up: 42 %/);
    // Whoever began it by the keyboard goes on with the keyboard.
    await waitFor(() =>
      expect(document.activeElement).toBe(document.querySelector("[role=dialog] input[type=password]")),
    );
  },
});

/** Begins one, leaves its dialog, and only then lets it end. */
const leftBefore = async (page: StoryPage, end: () => void) => {
  await type(page, "correct horse battery staple");
  await pressWithin(page, "Back up everything");
  await page.user.keyboard("{Escape}");
  await waitFor(() => expect(document.querySelector("[role=dialog]")).toBeNull());
  end();
};

let endTaken = () => {};

/** What goes on after its dialog was left says how it ended. */
export const LeftAndTaken = panelStory({
  place: `${place}?ask=everything`,
  answers: {
    ...backupAnswers,
    "backups.takeFull": () => new Promise((resolve) => (endTaken = () => resolve(wholeFullBackup))),
  },
  act: async (page) => {
    await leftBefore(page, () => endTaken());
    await page.screen.findByText(`Everything is backed up: ${fileNameOf(wholeFullBackup)}.`);
  },
});

let endRefused = () => {};

export const LeftAndRefused = panelStory({
  place: `${place}?ask=everything`,
  answers: {
    ...backupAnswers,
    "backups.takeFull": () =>
      new Promise((resolve) => {
        endRefused = () => resolve(refused("disk_full", "The backup was not written: the disk is full."));
      }),
  },
  act: async (page) => {
    await leftBefore(page, () => endRefused());
    await page.screen.findByText("Nothing was backed up. The backup was not written: the disk is full.");
  },
});

export const EverythingTaken = panelStory({
  place: `${place}?ask=everything`,
  answers: backupAnswers,
  act: async (page) => {
    await type(page, "correct horse battery staple");
    await page.user.keyboard("{Enter}");
    await page.screen.findByText("Everything is backed up");
    const dialog = await page.screen.findByRole("dialog");
    await waitFor(() => expect(dialog.contains(document.activeElement)).toBe(true));
  },
});

/** A made one is seen and kept before anything begins, and its sheet does not go by Escape alone. */
export const EverythingMade = panelStory({
  place: `${place}?ask=everything`,
  answers: backupAnswers,
  act: async (page) => {
    const { screen, user } = page;
    await pressWithin(page, "Make one");
    await expect(await screen.findByLabelText("Passphrase")).toHaveAttribute("type", "text");
    await expect(
      await within(await screen.findByRole("dialog")).findByRole("button", { name: "Back up everything" }),
    ).toBeDisabled();
    await user.click(await screen.findByLabelText(/written down or saved/));
    await pressWithin(page, "Back up everything");
    await screen.findByText("Everything is backed up");
    await user.keyboard("{Escape}");
    await screen.findByText("Is the passphrase kept?");
  },
});

export const EverythingMadeToKeep = panelStory({
  place: `${place}?ask=everything`,
  answers: backupAnswers,
  act: async (page) => {
    await pressWithin(page, "Make one");
    await page.screen.findByLabelText(/written down or saved/);
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
