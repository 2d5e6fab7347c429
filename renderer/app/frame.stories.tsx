import type { Meta } from "@storybook/react-vite";
import { panelStory } from "../stories/panel-story.tsx";

export default { title: "App/Frame" } satisfies Meta;

export const Ready = panelStory({ place: "/projects/new" });
