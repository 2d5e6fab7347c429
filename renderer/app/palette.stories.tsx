import type { Meta } from "@storybook/react-vite";
import { panelStory } from "../stories/panel-story.tsx";

export default { title: "App/Palette" } satisfies Meta;

const place = "/projects";
const answers = { "projects.list": { projects: [] } };

export const Open = panelStory({
  place,
  answers,
  act: async ({ screen, user }) => user.click(screen.getByRole("button", { name: /^Go to/ })),
});

export const Found = panelStory({
  place,
  answers,
  act: async ({ screen, user }) => {
    await user.click(screen.getByRole("button", { name: /^Go to/ }));
    await user.type(await screen.findByRole("searchbox"), "se");
  },
});

export const NothingFound = panelStory({
  place,
  answers,
  act: async ({ screen, user }) => {
    await user.click(screen.getByRole("button", { name: /^Go to/ }));
    await user.type(await screen.findByRole("searchbox"), "nowhere");
  },
});
