import type { Meta } from "@storybook/react-vite";
import { databaseDown, pending, refused } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { panelStory, partStory } from "../../stories/panel-story.tsx";
import { idOf } from "../../stories/records/ids.ts";
import { aRoutine } from "../../stories/records/routines.ts";
import { aSecret, aSecretDetail } from "../../stories/records/secrets.ts";
import { aReadOnlyStatus, aStatusWithoutDatabase, anActivityEntry } from "../../stories/records/system.ts";
import { aProject } from "../../stories/records/work.ts";
import { ChangedElsewhere } from "./changed-elsewhere.tsx";
import type { RecordForm } from "./use-record-form.ts";

export default { title: "Work/Projects" } satisfies Meta;

const list = (...projects: ReturnType<typeof aProject>[]): Answers => ({ "projects.list": { projects } });

export const Loading = panelStory({ place: "/projects", answers: { "projects.list": pending } });

export const Empty = panelStory({ place: "/projects", answers: list() });

export const One = panelStory({ place: "/projects", answers: list(aProject()) });

export const Many = panelStory({
  place: "/projects",
  answers: list(
    aProject({ id: idOf("project", 2_000), name: "<b>שלום</b> ".repeat(12), description: "long ".repeat(400) }),
    ...Array.from({ length: 1_000 }, (_, index) =>
      aProject({ id: idOf("project", index + 1), name: `Project ${index + 1}`, description: null, env: {} }),
    ),
  ),
});

export const ListFailed = panelStory({
  place: "/projects",
  answers: { "projects.list": databaseDown, "system.status": aStatusWithoutDatabase() },
});

export const New = panelStory({ place: "/projects/new" });

export const NewRefused = panelStory({
  place: "/projects/new",
  answers: {
    "projects.create": refused("name_taken", "The project was not saved: another one is named so.", {
      fields: { name: "is taken" },
      next: "Choose another name.",
    }),
  },
  act: async ({ screen, user }) => {
    await user.type(await screen.findByRole("textbox", { name: "Name" }), "Website");
    await user.click(await screen.findByRole("button", { name: "Create project" }));
  },
});

const project: Answers = {
  "projects.get": aProject({
    env: {
      LOG_LEVEL: { type: "plain", value: "debug" },
      GH_TOKEN: { type: "secret_ref", secretId: idOf("secret"), version: "latest" },
    },
  }),
  "secrets.get": aSecretDetail(),
  "secrets.list": { secrets: [aSecret()], nextCursor: null },
  "routines.list": { routines: [aRoutine(), aRoutine({ id: idOf("routine", 2), agentId: null })], nextCursor: null },
  "activity.list": {
    entries: [anActivityEntry({ action: "project.created", entityType: "project" })],
    nextCursor: null,
  },
};
const place = `/projects/${idOf("project")}`;

export const Project = panelStory({ place, answers: project });

export const ProjectWithoutRoutines = panelStory({
  place,
  answers: { ...project, "routines.list": { routines: [], nextCursor: null } },
});

export const ProjectRoutinesFailed = panelStory({ place, answers: { ...project, "routines.list": databaseDown } });

export const ProjectLoading = panelStory({ place, answers: { ...project, "projects.get": pending } });

export const ProjectMissing = panelStory({
  place,
  answers: { ...project, "projects.get": refused("project_missing", "There is no such project in this company.") },
});

export const ProjectReadOnly = panelStory({ place, answers: { ...project, "system.status": aReadOnlyStatus() } });

export const Unsaved = panelStory({
  place,
  answers: project,
  act: async ({ screen, user }) =>
    user.type(await screen.findByRole("textbox", { name: /^Description/ }), " And more."),
});

const nothing = () => {};
const form: RecordForm = {
  fields: {},
  base: {},
  conflicts: [],
  taken: ["env.LOG_LEVEL"],
  round: 0,
  edit: nothing,
  replace: nothing,
  decide: nothing,
  discard: nothing,
  saved: nothing,
};

export const TakenIn = partStory(<ChangedElsewhere what="project" form={form} />);

export const Conflicts = partStory(
  <ChangedElsewhere
    what="project"
    form={{
      ...form,
      conflicts: [
        { name: "description", mine: "<b>Mine</b> שלום", theirs: "Theirs ".repeat(200) },
        { name: "env.GH_TOKEN", mine: JSON.stringify([idOf("secret"), 3]), theirs: JSON.stringify(["plain"]) },
        { name: "env.OLD", mine: undefined, theirs: JSON.stringify([""]) },
      ],
    }}
  />,
  { answers: { "secrets.get": aSecretDetail() } },
);
