import type { Meta } from "@storybook/react-vite";
import type { DefinitionRow, DefinitionsImport } from "../../../../preload/contract/definitions.ts";
import { refused } from "../../../stories/answers.ts";
import { panelStory } from "../../../stories/panel-story.tsx";
import type { StoryPage } from "../../../stories/panel-story.tsx";
import { idOf } from "../../../stories/records/ids.ts";
import { aRoutine } from "../../../stories/records/routines.ts";

export default { title: "Routines/Files" } satisfies Meta;

const list = { "routines.list": { routines: [aRoutine()], nextCursor: null } };

const trigger = { kind: "schedule", label: "mornings", zone: "Europe/Berlin", graceSeconds: 300, missedCap: 25 };
const added: DefinitionRow = {
  title: "Weekly digest",
  line: 3,
  outcome: "added",
  routineId: idOf("routine", 2),
  diff: null,
  reasons: [],
  notes: ["Done by the agent triage.", "It is active at once.", "Starts by itself: At 09:00, Monday, Europe/Berlin."],
};
const answer: DefinitionsImport = {
  applied: false,
  rows: [
    added,
    {
      title: "Nightly triage",
      line: 20,
      outcome: "changed",
      routineId: idOf("routine"),
      diff: {
        from: 7,
        to: 8,
        fields: [
          {
            field: `triggers.${idOf("trigger")}`,
            from: { ...trigger, expression: "0 9 * * 1-5" },
            to: { ...trigger, expression: "0 10 * * 1-5" },
          },
        ],
        instructions: [],
        env: [{ key: "GH_TOKEN", change: "added", from: null, to: "gh-token latest" }],
      },
      reasons: [],
      notes: [],
    },
    {
      title: "Publish package",
      line: 41,
      outcome: "refused",
      routineId: null,
      diff: null,
      reasons: [
        'There is no agent "publisher" in this company.',
        'NPM_TOKEN wants the secret "npm-publish", which is not in this company.',
      ],
      notes: [],
    },
  ],
  left: [],
  notes: [],
};

const open = async ({ screen, user }: StoryPage) => {
  await user.click(await screen.findByRole("button", { name: "Import…" }));
  await screen.findByRole("dialog");
};
const preview = async (page: StoryPage) => {
  await open(page);
  await page.user.click(await page.screen.findByRole("button", { name: "Preview import" }));
};

export const Import = panelStory({ place: "/routines", answers: list, act: open });

export const ImportPreview = panelStory({
  place: "/routines",
  answers: { ...list, "definitions.importPreview": answer },
  act: async (page) => {
    await preview(page);
    await page.user.click(await page.screen.findByText("What changes"));
  },
});

export const BadFile = panelStory({
  place: "/routines",
  answers: {
    ...list,
    "definitions.importPreview": refused("invalid_input", "The file was not read: line 4, column 3", {
      fields: { text: "line 4, column 3: this is not YAML or JSON (bad indent)." },
    }),
  },
  act: async (page) => {
    await preview(page);
    await page.screen.findByText(/bad indent/);
  },
});

export const CrontabPreview = panelStory({
  place: "/routines",
  answers: {
    ...list,
    "definitions.crontabPreview": {
      applied: false,
      rows: [
        {
          ...added,
          title: "Back the database up",
          notes: ["Done by the agent crontab.", "It starts paused."],
        },
      ],
      left: [{ line: 9, why: "@reboot is none of a schedule: it is due when the machine starts." }],
      notes: [
        "Line 5: API_TOKEN looks like a credential and becomes the secret api-token.",
        'Commands are done by the agent crontab, which is new: it starts ["/bin/sh", "-c", COMMAND] in /home/operator.',
      ],
    },
  },
  act: async (page) => {
    await open(page);
    await page.user.click(await page.screen.findByRole("button", { name: /What is imported/ }));
    await page.user.click(await page.screen.findByRole("option", { name: "Crontab" }));
    await page.user.click(await page.screen.findByRole("button", { name: "Preview import" }));
    await page.screen.findByText(/@reboot/);
  },
});

export const Export = panelStory({
  place: `/routines/${idOf("routine")}?tab=runs`,
  answers: {
    "routines.get": aRoutine(),
    "runs.list": { runs: [], nextCursor: null },
    "definitions.export": {
      format: "yaml",
      name: "nightly-triage.yaml",
      text: "title: Nightly triage\nagent: triage\ninstructions: |\n  Look.\nenv:\n  GH_TOKEN:\n    type: secret_ref\n    secret: gh-token\n    version: latest\n",
      count: 1,
      notes: [],
    },
  },
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("button", { name: "More actions" }));
    await user.click(await screen.findByRole("menuitem", { name: "Export routine…" }));
    await screen.findByText(/GH_TOKEN/);
  },
});
