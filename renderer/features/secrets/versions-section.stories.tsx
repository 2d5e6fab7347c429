import type { Meta } from "@storybook/react-vite";
import type { SecretDetail } from "../../../preload/contract/secrets.ts";
import { databaseDown, pageOf, pending, refused } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { daysAgo, hoursAgo, minutesAgo } from "../../stories/clock.ts";
import { partStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import { aBlast, anAffectedRoutine } from "../../stories/records/blast.ts";
import { idOf } from "../../stories/records/ids.ts";
import { aSecretDetail, aVersion, anAccessEvent } from "../../stories/records/secrets.ts";
import { aReadOnlyStatus, aStatusWithLockedVault } from "../../stories/records/system.ts";
import { VersionsSection } from "./versions-section.tsx";

export default { title: "Secrets/Versions" } satisfies Meta;

const secret = aSecretDetail({
  latestVersion: 5,
  versions: [
    aVersion({ version: 5, note: "value of version 3" }),
    aVersion({
      version: 4,
      status: "disabled",
      note: "Leaked in a log",
      revokedAt: hoursAgo(5),
      createdAt: daysAgo(3),
    }),
    aVersion({
      version: 3,
      status: "previous",
      createdAt: daysAgo(20),
      createdBy: { type: "agent", id: idOf("agent") },
    }),
    aVersion({ version: 2, status: "destroyed", keyId: null, revokedAt: daysAgo(18), createdAt: daysAgo(60) }),
    aVersion({ version: 1, status: "previous", createdAt: daysAgo(90) }),
  ],
});

const answers: Answers = {
  "secrets.versionUse": {
    versions: [
      { version: 5, runs: 1, lastUsedAt: minutesAgo(4) },
      { version: 4, runs: 12, lastUsedAt: hoursAgo(6) },
      { version: 2, runs: 1_204, lastUsedAt: daysAgo(19) },
    ],
    accesses: 1_217,
    more: false,
  },
  "secrets.events": (input) => {
    const { rows, nextCursor } = pageOf(input, 40, (index) =>
      anAccessEvent({
        id: idOf("entry", index),
        version: input.version ?? null,
        runId: idOf("run", index),
        createdAt: minutesAgo(index * 31),
      }),
    );
    return { events: rows, nextCursor };
  },
  "routines.blast": ({ change, version }) =>
    aBlast({
      change,
      version: version ?? null,
      routines: [
        change === "rollback"
          ? anAffectedRoutine({ effect: "gets_new_value" }, { version: 5, nextVersion: 6 })
          : anAffectedRoutine({}, { code: "version_inactive", selector: version ?? "latest" }),
        anAffectedRoutine(
          { routineId: idOf("routine", 2), title: "Release notes", effect: "unaffected" },
          { selector: 1, version: 1, nextVersion: 1, reason: "pinned" },
        ),
      ],
    }),
};

const choose = (version: number, action: string) => async (page: StoryPage) => {
  await page.user.click(await page.screen.findByRole("button", { name: `Actions on version ${version}` }));
  await page.user.click(await page.screen.findByRole("menuitem", { name: action }));
};
const story = (act?: (page: StoryPage) => Promise<unknown>, different: Answers = {}, shown: SecretDetail = secret) =>
  partStory(<VersionsSection secret={shown} />, { answers: { ...answers, ...different }, ...(act ? { act } : {}) });

export const States = story();

export const AtAProvider = story(
  async ({ screen, user }) => user.click(await screen.findByRole("button", { name: "Actions on version 3" })),
  {},
  {
    ...secret,
    provider: "aws_secrets_manager",
    versions: [
      aVersion({ version: 6, status: "disabled", keyId: null }),
      aVersion({ version: 5, keyId: null }),
      aVersion({ version: 4, status: "failed", keyId: null }),
      aVersion({ version: 3, status: "previous", keyId: null }),
    ],
  },
);

export const ActionsOfAnOlderOne = story(async ({ screen, user }) =>
  user.click(await screen.findByRole("button", { name: "Actions on version 3" })),
);

export const Disable = story(choose(5, "Disable version"));

export const RollBack = story(choose(3, "Roll back to this"));

export const RollBackRefused = story(
  async (page) => {
    await choose(3, "Roll back to this")(page);
    await page.user.click(await page.screen.findByRole("button", { name: "Roll back" }));
  },
  {
    "secrets.rollback": refused("version_current", 'The secret "gh-token" got no new version.', {
      next: "Choose a version with another value; nothing is needed for this one.",
    }),
  },
);

export const Destroy = story(choose(4, "Destroy version"));

export const DestroyNamed = story(async (page) => {
  await choose(4, "Destroy version")(page);
  await page.user.keyboard("gh-token");
});

export const EnableRefused = story(choose(4, "Enable version"), { "secrets.enableVersion": databaseDown });

export const RunsOfAVersion = story(async ({ screen, user }) =>
  user.click(await screen.findByRole("button", { name: "12 runs had it" })),
);

export const ManyAccesses = story(undefined, {
  "secrets.versionUse": {
    versions: [{ version: 5, runs: 9_120, lastUsedAt: minutesAgo(1) }],
    accesses: 10_000,
    more: true,
  },
});

export const UseLoading = story(undefined, { "secrets.versionUse": pending });

export const UseFailing = story(undefined, { "secrets.versionUse": databaseDown });

export const Locked = story(
  async ({ screen, user }) => user.click(await screen.findByRole("button", { name: "Actions on version 3" })),
  { "system.status": aStatusWithLockedVault() },
);

export const ReadOnly = story(
  async ({ screen, user }) => user.click(await screen.findByRole("button", { name: "Actions on version 3" })),
  { "system.status": aReadOnlyStatus() },
);
