import type { Meta } from "@storybook/react-vite";
import { databaseDown } from "../stories/answers.ts";
import type { Answers } from "../stories/answers.ts";
import { panelStory } from "../stories/panel-story.tsx";
import type { StoryPage } from "../stories/panel-story.tsx";
import { idOf } from "../stories/records/ids.ts";
import { aRoutine } from "../stories/records/routines.ts";
import { aSecret } from "../stories/records/secrets.ts";
import { anAgent, aProject } from "../stories/records/work.ts";

export default { title: "App/Palette" } satisfies Meta;

const place = "/projects";
const nothing: Answers = {
  "projects.list": { projects: [] },
  "routines.list": { routines: [], nextCursor: null },
  "secrets.list": { secrets: [], nextCursor: null },
  "agents.list": { agents: [] },
};

/** Opens the palette and types into it. */
const typed =
  (text: string, until: RegExp) =>
  async ({ screen, user }: StoryPage) => {
    await user.click(await screen.findByRole("button", { name: /^Go to/ }));
    await user.type(await screen.findByRole("searchbox"), text);
    await screen.findAllByText(until);
  };

export const Open = panelStory({
  place,
  answers: nothing,
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("button", { name: /^Go to/ }));
    await screen.findByRole("searchbox");
  },
});

export const Found = panelStory({
  place,
  answers: {
    "projects.list": { projects: [aProject({ name: "Token service" })] },
    "routines.list": {
      routines: [
        aRoutine({ title: "Rotate tokens" }),
        aRoutine({ id: idOf("routine", 2), title: "<b>token</b> שלום" }),
      ],
      nextCursor: null,
    },
    "secrets.list": { secrets: [aSecret()], nextCursor: null },
    "agents.list": { agents: [anAgent({ name: "token-keeper" })] },
  },
  act: typed("token", /Rotate tokens/),
});

export const NothingFound = panelStory({ place, answers: nothing, act: typed("nowhere", /Nothing found/) });

export const SearchFailed = panelStory({
  place,
  answers: { ...nothing, "routines.list": databaseDown },
  act: typed("nowhere", /cannot be searched/),
});
