// First of all, so that everything after it takes its time from there.
import "../renderer/stories/clock.ts";
import type { Preview } from "@storybook/react-vite";
import "../renderer/ui/tokens.css";
import "../renderer/ui/base.css";
import "./preview.css";

const preview: Preview = {
  parameters: { layout: "fullscreen", controls: { disable: true }, actions: { disable: true } },
  globalTypes: {
    theme: {
      description: "Theme of the panel",
      toolbar: { icon: "contrast", items: ["light", "dark"], dynamicTitle: true },
    },
  },
  initialGlobals: { theme: "light" },
  decorators: [
    (Story, { globals, parameters }) => {
      const isWhole = parameters["wholePage"] === true;
      document.documentElement.dataset["theme"] = globals["theme"] === "dark" ? "dark" : "light";
      document.documentElement.dataset["whole"] = String(isWhole);
      // A whole page has its own landmarks; a part stands in a place where it has room.
      return isWhole ? (
        <Story />
      ) : (
        <main className="story-part">
          <Story />
        </main>
      );
    },
  ],
  // The stories' test waits for this mark: the story is drawn and everything it does is done.
  afterEach: ({ id }) => {
    document.documentElement.dataset["story"] = id;
  },
};

export default preview;
