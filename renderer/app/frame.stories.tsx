import type { Meta } from "@storybook/react-vite";
import { databaseDown, pending, refused } from "../stories/answers.ts";
import { panelStory } from "../stories/panel-story.tsx";
import { idOf } from "../stories/records/ids.ts";
import { aReadOnlyStatus, aStatus, aStatusWithLockedVault, aStatusWithoutDatabase } from "../stories/records/system.ts";
import { aCompany } from "../stories/records/work.ts";

export default { title: "App/Frame" } satisfies Meta;

/** A place whose screen asks for little, so that the frame is what is seen. */
const place = "/projects";
const answers = { "projects.list": { projects: [] } };

export const Ready = panelStory({ place, answers });

export const StateUnknown = panelStory({ place, answers: { ...answers, "system.status": pending } });

export const Opening = panelStory({ place, answers: { "companies.list": pending } });

export const CompaniesFailed = panelStory({ place, answers: { "companies.list": databaseDown } });

export const CompaniesForbidden = panelStory({
  place,
  answers: { "companies.list": refused("instance_permissions", "The instance folder cannot be read.") },
});

export const ManyCompanies = panelStory({
  place,
  answers: {
    ...answers,
    "companies.list": {
      companies: Array.from({ length: 50 }, (_, index) =>
        aCompany({ id: idOf("company", index + 1), name: `Company ${index + 1}`, issuePrefix: `C${index + 1}` }),
      ),
    },
  },
  act: async ({ screen, user }) => user.click(await screen.findByRole("button", { name: /Switch company/ })),
});

export const NewCompany = panelStory({
  place,
  answers,
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("button", { name: /Switch company/ }));
    await user.click(await screen.findByRole("menuitem", { name: "New company" }));
    await screen.findByRole("dialog", { name: "New company" });
  },
});

export const LongCompanyName = panelStory({
  place,
  answers: {
    ...answers,
    "companies.list": { companies: [aCompany({ name: "An-enterprise-whose-name-does-not-end-".repeat(3) })] },
  },
});

export const HostileCompanyName = panelStory({
  place,
  answers: {
    ...answers,
    "companies.list": { companies: [aCompany({ name: '<img src=x onerror="document.title=1"> שלום' })] },
  },
});

export const ConnectionLost = panelStory({ place, answers, connectionThen: { kind: "lost", attempt: 1 } });

export const ConnectionLostForLong = panelStory({ place, answers, connectionThen: { kind: "lost", attempt: 9 } });

export const ReadOnly = panelStory({ place, answers: { ...answers, "system.status": aReadOnlyStatus() } });

export const VaultLocked = panelStory({ place, answers: { ...answers, "system.status": aStatusWithLockedVault() } });

export const DatabaseDown = panelStory({
  place,
  answers: { "projects.list": databaseDown, "system.status": aStatusWithoutDatabase() },
});

export const DatabaseRecovering = panelStory({
  place,
  answers: {
    ...answers,
    "system.status": aStatus({
      database: { mode: "embedded", state: "recovering", version: null, schema: null, pending: 0 },
      runs: null,
    }),
  },
});

export const NotFound = panelStory({ place: "/a/place/from/another/version" });

export const HeldSinceRestore = panelStory({
  place,
  answers: {
    ...answers,
    "system.status": aStatus({
      held: {
        kind: "restore",
        source: "paperclip-20260307T090000000Z-manual.tar",
        stateOf: "2026-03-07T09:00:00.000Z",
        beganAt: "2026-03-08T11:55:00.000Z",
        queued: 3,
      },
    }),
    "restore.release": { released: true, triggers: 2, queued: 3 },
  },
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("button", { name: "Release" }));
    await screen.findByText("Schedules and webhooks work again, from now on.");
  },
});
