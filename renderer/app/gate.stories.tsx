import type { Meta } from "@storybook/react-vite";
import { panelStory } from "../stories/panel-story.tsx";

export default { title: "App/Gate" } satisfies Meta;

export const Connecting = panelStory({ place: "/", connection: { kind: "connecting" } });

export const NeedsALink = panelStory({ place: "/", connection: { kind: "closed" } });

export const NotAnswering = panelStory({ place: "/", connection: { kind: "lost", attempt: 3 } });
