import type { Meta } from "@storybook/react-vite";
import { within } from "storybook/test";
import { databaseDown, pending, refused } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { partStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import { aReadOnlyStatus } from "../../stories/records/system.ts";
import { aVaultHealth, someKeySources } from "../../stories/records/vault.ts";
import { KeySources } from "./key-sources.tsx";
import "./settings.css";

export default { title: "Settings/Sources of the key" } satisfies Meta;

const inFile: Answers = { "secrets.health": aVaultHealth() };

const noFile = { state: "absent", message: "There is no file /home/ada/.paperclip/secrets/master.key." } as const;

const inKeychain: Answers = {
  "secrets.health": aVaultHealth({
    custody: "keychain",
    sources: someKeySources({
      file: noFile,
      keychain: { state: "in_use", message: 'The entry "master key of /home/ada/.paperclip" holds the key in use.' },
    }),
  }),
};

const open = async ({ screen, user }: StoryPage) =>
  user.click(await screen.findByRole("button", { name: /^Move key to/ }));

const confirm = async (page: StoryPage) => {
  await open(page);
  const dialog = within(await page.screen.findByRole("dialog"));
  await page.user.click(await dialog.findByRole("button", { name: "Move key" }));
};

export const InFile = partStory(<KeySources />, { answers: inFile });

export const InKeychain = partStory(<KeySources />, { answers: inKeychain });

export const InEnvironment = partStory(<KeySources />, {
  answers: {
    "secrets.health": aVaultHealth({
      custody: "environment",
      sources: someKeySources({
        environment: { state: "in_use", message: "PAPERCLIP_SECRETS_MASTER_KEY holds the key in use." },
        file: {
          state: "other",
          message: "The file /home/ada/.paperclip/secrets/master.key holds the key 51c0ffee00ab34de.",
          next: "Put it away, so that nobody takes it for the key.",
        },
      }),
    }),
  },
});

export const Locked = partStory(<KeySources />, {
  answers: {
    "secrets.health": aVaultHealth({
      state: "locked",
      keyId: null,
      custody: "keychain",
      level: "error",
      sources: someKeySources({
        file: noFile,
        keychain: {
          state: "unusable",
          message: "The keychain cannot be reached: this session has no D-Bus.",
          next: "Start the app from a desktop session.",
        },
      }),
    }),
  },
});

export const ReadOnly = partStory(<KeySources />, { answers: { ...inFile, "system.status": aReadOnlyStatus() } });

export const Loading = partStory(<KeySources />, { answers: { "secrets.health": pending } });

export const Failing = partStory(<KeySources />, { answers: { "secrets.health": databaseDown } });

export const BeforeMove = partStory(<KeySources />, { answers: inFile, act: open });

export const BeforeMoveBack = partStory(<KeySources />, { answers: inKeychain, act: open });

export const Moving = partStory(<KeySources />, { answers: { ...inFile, "keys.setCustody": pending }, act: confirm });

export const Moved = partStory(<KeySources />, {
  answers: {
    ...inFile,
    "keys.setCustody": { custody: "keychain", moved: true, keyId: "9f2ab31c00ab34de", notes: [] },
  },
  act: confirm,
});

export const NotMoved = partStory(<KeySources />, {
  answers: {
    ...inFile,
    "keys.setCustody": refused(
      "keychain_unavailable",
      "The key was not moved. The keychain cannot be reached: this session has no D-Bus.",
      { next: "Start the app from a desktop session, or in one of its own with `dbus-run-session`." },
    ),
  },
  act: confirm,
});
