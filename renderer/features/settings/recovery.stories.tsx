import type { Meta } from "@storybook/react-vite";
import { pending, refused } from "../../stories/answers.ts";
import { within } from "storybook/test";
import type { Answers } from "../../stories/answers.ts";
import { daysAgo, minutesAgo } from "../../stories/clock.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import { aReadOnlyStatus, aStatusWithLockedVault } from "../../stories/records/system.ts";
import { aLockedVaultKeys, aRecovery, aVaultHealth, aVaultKeys } from "../../stories/records/vault.ts";

export default { title: "Settings/Recovery" } satisfies Meta;

const place = "/settings?section=secrets";

/** In the shape of a code; it opens nothing. */
const CODE = `AGE-SECRET-KEY-1${"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L".repeat(2).slice(0, 58)}`;

const made = aRecovery({ createdAt: minutesAgo(0), testedAt: null });

const answers: Answers = {
  "settings.get": {
    section: "secrets",
    values: { provider: "local_encrypted", strictMode: true, custody: "file", keyFilePath: null },
    restartNeeded: false,
  },
  "secrets.health": aVaultHealth(),
  "keys.createRecovery": { ...made, code: CODE, replaced: null },
  "keys.testRecovery": aRecovery({ testedAt: minutesAgo(0) }),
};

const none: Answers = { ...answers, "keys.show": aVaultKeys({ recovery: null }) };

const locked: Answers = {
  ...answers,
  "system.status": aStatusWithLockedVault(),
  "secrets.health": aVaultHealth({
    state: "locked",
    keyId: null,
    level: "error",
    whoCanRead: "Nobody, as far as this program can tell.",
    findings: [
      {
        level: "error",
        message: "The master key 9f2ab31c64e08d57 is missing: there is no file secrets/master.key.",
        next: "Put the key file back from a copy, or give the key in PAPERCLIP_SECRETS_MASTER_KEY. No other key is made in its place.",
      },
    ],
  }),
};

const lockedWithCode: Answers = { ...locked, "keys.show": aLockedVaultKeys() };

const mistaken = refused("recovery_code_invalid", "The code was not tested: the recovery code has a mistake in it.", {
  next: "Compare it with what was written down. Upper or lower case, blanks and line ends do not matter.",
  fields: { code: "has a mistake in it" },
});

const press = async ({ screen, user }: StoryPage, name: string) =>
  user.click(await screen.findByRole("button", { name }));

/** Presses what is in the dialog that is open; the page behind it may have the same words. */
const pressWithin = async ({ screen, user }: StoryPage, name: string) =>
  user.click(await within(await screen.findByRole("dialog")).findByRole("button", { name }));

const give = async ({ screen, user }: StoryPage, code: string) => {
  await user.click(await within(await screen.findByRole("dialog")).findByLabelText("Recovery code"));
  await user.paste(code);
};

const create = async (page: StoryPage) => {
  await press(page, "Create recovery code");
  await pressWithin(page, "Create recovery code");
};

export const None = panelStory({ place, answers: none });

export const Unproven = panelStory({ place, answers: { ...answers, "keys.show": aVaultKeys({ recovery: made }) } });

export const Proven = panelStory({ place, answers });

export const ReadOnly = panelStory({ place, answers: { ...none, "system.status": aReadOnlyStatus() } });

export const NoKeyYet = panelStory({
  place,
  answers: {
    ...answers,
    "keys.show": aVaultKeys({
      state: "uninitialized",
      keyId: null,
      expectedKeyId: null,
      createdAt: null,
      recovery: null,
      rotation: { running: false, done: 0, left: 0, possible: false, why: "There is no key yet.", next: null },
    }),
  },
});

export const Explained = panelStory({ place, answers: none, act: (page) => press(page, "Create recovery code") });

export const BeingMade = panelStory({ place, answers: { ...none, "keys.createRecovery": pending }, act: create });

export const NotMade = panelStory({
  place,
  answers: {
    ...none,
    "keys.createRecovery": refused("vault_locked", "The vault is locked: its master key is not there.", {
      next: "Put the key file back from a copy.",
    }),
  },
  act: create,
});

export const BeingShown = panelStory({ place, answers: none, act: create });

/** The window of the app has no downloads. */
export const BeingShownInTheWindow = panelStory({
  place,
  answers: { ...none, "shell.info": { host: "window", platform: "darwin", canOpenFolder: true } },
  act: create,
});

export const LeftUnproven = panelStory({
  place,
  answers: none,
  act: async (page) => {
    await create(page);
    await page.screen.findByText("It is kept: prove it");
    await page.user.keyboard("{Escape}");
  },
});

export const BeingProven = panelStory({
  place,
  answers: none,
  act: async (page) => {
    await create(page);
    await press(page, "It is kept: prove it");
  },
});

export const WrongCode = panelStory({
  place,
  answers: { ...none, "keys.testRecovery": mistaken },
  act: async (page) => {
    await create(page);
    await press(page, "It is kept: prove it");
    await give(page, CODE.replace("QPZ", "QPP"));
    await pressWithin(page, "Test recovery code");
  },
});

export const Done = panelStory({
  place,
  answers: none,
  act: async (page) => {
    await create(page);
    await press(page, "It is kept: prove it");
    await give(page, CODE);
    await pressWithin(page, "Test recovery code");
  },
});

export const BeforeReplacing = panelStory({ place, answers, act: (page) => press(page, "Replace recovery code") });

export const ReplacedAndLeft = panelStory({
  place,
  answers: { ...answers, "keys.createRecovery": { ...made, code: CODE, replaced: daysAgo(39) } },
  act: async (page) => {
    await press(page, "Replace recovery code");
    await pressWithin(page, "Replace recovery code");
    await page.screen.findByText("It is kept: prove it");
    await page.user.keyboard("{Escape}");
  },
});

export const Drill = panelStory({ place, answers, act: (page) => press(page, "Test recovery code") });

export const DrillWithTheCodeOfBefore = panelStory({
  place,
  answers: {
    ...answers,
    "keys.testRecovery": refused(
      "recovery_code_wrong",
      "The code was not tested: this recovery code was replaced by a newer one on 2026-02-01.",
      {
        next: `Give the code that was made on 2026-02-01; its public half is ${aRecovery().recipient}.`,
        fields: { code: "is not the one in force" },
      },
    ),
  },
  act: async (page) => {
    await press(page, "Test recovery code");
    await give(page, CODE);
    await pressWithin(page, "Test recovery code");
  },
});

export const DrillPassed = panelStory({
  place,
  answers,
  act: async (page) => {
    await press(page, "Test recovery code");
    await give(page, CODE);
    await pressWithin(page, "Test recovery code");
  },
});

export const Locked = panelStory({ place, answers: lockedWithCode });

export const LockedWithoutCode = panelStory({
  place,
  answers: { ...locked, "keys.show": aLockedVaultKeys({ recovery: null }) },
});

/** A wrong key in the environment wins over any that could be put in place. */
export const LockedByTheEnvironment = panelStory({
  place,
  answers: { ...locked, "keys.show": aLockedVaultKeys({ custody: "environment" }) },
});

export const Opening = panelStory({
  place,
  answers: lockedWithCode,
  act: (page) => press(page, "Open with recovery code"),
});

const open = async (page: StoryPage) => {
  await press(page, "Open with recovery code");
  await give(page, CODE);
  await pressWithin(page, "Open vault");
};

export const NotOpened = panelStory({
  place,
  answers: {
    ...lockedWithCode,
    "keys.openWithRecovery": refused(
      "recovery_code_wrong",
      "Nothing was changed: this recovery code belongs to another instance, or to an older copy of this one.",
      {
        next: `Give the code that was made on 2026-01-28; its public half is ${aRecovery().recipient}.`,
        fields: { code: "is not the one in force" },
      },
    ),
  },
  act: open,
});

export const Opened = panelStory({
  place,
  answers: {
    ...lockedWithCode,
    "keys.openWithRecovery": {
      state: "ready",
      keyId: "9f2ab31c64e08d57",
      keptAside: "/home/operator/.paperclip/instances/default/secrets/master.key.replaced-2026-03-08T12-00-00.000Z",
    },
  },
  act: open,
});
