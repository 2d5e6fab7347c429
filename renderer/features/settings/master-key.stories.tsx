import type { Meta } from "@storybook/react-vite";
import { databaseDown, pending, refused } from "../../stories/answers.ts";
import { within } from "storybook/test";
import type { Answers } from "../../stories/answers.ts";
import { daysAgo } from "../../stories/clock.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import { aReadOnlyStatus } from "../../stories/records/system.ts";
import { aVaultHealth, aVaultKeys } from "../../stories/records/vault.ts";

export default { title: "Settings/Master key" } satisfies Meta;

const place = "/settings?section=secrets";

const answers: Answers = {
  "settings.get": {
    section: "secrets",
    values: { provider: "local_encrypted", strictMode: true, custody: "file", keyFilePath: null },
    restartNeeded: false,
  },
  "secrets.health": aVaultHealth(),
};

const rotation = aVaultKeys().rotation;

const before = { keyId: "51c0ffee00ab34de", createdAt: daysAgo(200), retiredAt: daysAgo(39), versions: 0 };
const longBefore = { keyId: "0b5e55ed00ab34de", createdAt: daysAgo(420), retiredAt: daysAgo(200), versions: 0 };
const retired = [before, longBefore];

const press =
  (...names: readonly (string | RegExp)[]) =>
  async ({ screen, user }: StoryPage) => {
    for (const name of names) await user.click(await screen.findByRole("button", { name }));
  };

export const InUse = panelStory({ place, answers });

export const Loading = panelStory({ place, answers: { ...answers, "keys.show": pending } });

export const Failing = panelStory({ place, answers: { ...answers, "keys.show": databaseDown } });

export const ReadOnly = panelStory({
  place,
  answers: { ...answers, "system.status": aReadOnlyStatus(), "keys.show": aVaultKeys({ retired }) },
});

export const BeforeRotation = panelStory({ place, answers, act: press("Rotate master key") });

/** Started in this window, which waits for its end. */
export const Rotating = panelStory({
  place,
  answers: { ...answers, "keys.rotate": pending },
  act: async (page) => {
    await press("Rotate master key")(page);
    const dialog = within(await page.screen.findByRole("dialog"));
    await page.user.click(await dialog.findByRole("button", { name: "Rotate master key" }));
  },
});

/** Started elsewhere. */
export const RotationRunning = panelStory({
  place,
  answers: {
    ...answers,
    "keys.show": aVaultKeys({
      retired: [{ ...before, versions: 7_500 }, longBefore],
      rotation: { ...rotation, running: true, done: 2_500, left: 7_500 },
    }),
  },
});

export const RotationRefused = panelStory({
  place,
  answers: {
    ...answers,
    "keys.rotate": refused("disk_full", "The new master key was not written: there is no space left on the disk.", {
      next: "Make room on the disk and try again.",
    }),
  },
  act: async (page) => {
    await press("Rotate master key")(page);
    const dialog = within(await page.screen.findByRole("dialog"));
    await page.user.click(await dialog.findByRole("button", { name: "Rotate master key" }));
  },
});

export const KeyFromTheEnvironment = panelStory({
  place,
  answers: {
    ...answers,
    "keys.show": aVaultKeys({
      custody: "environment",
      rotation: {
        ...rotation,
        possible: false,
        why: "The master key was not rotated: it comes from PAPERCLIP_SECRETS_MASTER_KEY, which this program cannot change.",
        next: "Keep it in the file /home/operator/.paperclip/instances/default/secrets/master.key instead: write it there (mode 0600), unset the variable and start again.",
      },
    }),
  },
});

export const RetiredKeys = panelStory({ place, answers: { ...answers, "keys.show": aVaultKeys({ retired }) } });

/** A rotation was cut off, or some material is damaged. */
export const VersionsLeft = panelStory({
  place,
  answers: {
    ...answers,
    "keys.show": aVaultKeys({
      retired: [{ ...before, versions: 3 }, longBefore],
      rotation: { ...rotation, left: 3 },
    }),
  },
});

export const ForgetKey = panelStory({
  place,
  answers: { ...answers, "keys.show": aVaultKeys({ retired }) },
  act: press("Forget key 51c0ffee00ab34de"),
});

export const ForgetRefused = panelStory({
  place,
  answers: {
    ...answers,
    "keys.show": aVaultKeys({ retired }),
    "keys.forget": refused(
      "key_in_use",
      "The key 51c0ffee00ab34de was not forgotten: 1 version is still wrapped by it.",
      {
        next: "They are wrapped anew at the next start of the app, or by another rotation.",
      },
    ),
  },
  act: press("Forget key 51c0ffee00ab34de", "Forget key"),
});
