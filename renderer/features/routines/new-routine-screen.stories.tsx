import type { Meta } from "@storybook/react-vite";
import { databaseDown, refused } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import { idOf } from "../../stories/records/ids.ts";
import { aRoutine, aTrigger } from "../../stories/records/routines.ts";
import { aSecretDetail } from "../../stories/records/secrets.ts";
import { anAgent, aProject } from "../../stories/records/work.ts";

export default { title: "Routines/New routine" } satisfies Meta;

const place = "/routines/new";
const around: Answers = {
  "agents.list": { agents: [anAgent()] },
  "projects.list": { projects: [aProject()] },
  "secrets.get": aSecretDetail(),
};

export const Blank = panelStory({ place, answers: around });

export const WithoutTitle = panelStory({
  place,
  answers: around,
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("button", { name: "Create routine" }));
    await screen.findByText("Give the routine a title.");
  },
});

export const WithVariables = panelStory({
  place,
  answers: around,
  act: async ({ screen, user }) => {
    await user.type(await screen.findByLabelText("Title"), "Digest");
    await user.type(await screen.findByLabelText("Instructions"), "Write about {{{{topic}} for {{{{who}}.");
    await screen.findByRole("group", { name: "Variable who" });
  },
});

export const Refused = panelStory({
  place,
  answers: {
    ...around,
    "routines.create": refused("agent_missing", 'There is no agent "triage".', { fields: { agent: "was not found" } }),
  },
  act: async ({ screen, user }) => {
    await user.type(await screen.findByLabelText("Title"), "Digest");
    await user.click(await screen.findByRole("button", { name: "Create routine" }));
    await screen.findByText("was not found");
  },
});

export const Duplicate = panelStory({
  place: `${place}?from=${idOf("routine")}`,
  answers: { ...around, "routines.get": aRoutine(), "triggers.list": { triggers: [aTrigger()] } },
});

export const DuplicateFailing = panelStory({
  place: `${place}?from=${idOf("routine")}`,
  answers: { ...around, "routines.get": databaseDown, "triggers.list": databaseDown },
});
