import type { Meta, StoryObj } from "@storybook/react-vite";
import { Kbd } from "./kbd.tsx";

export default { title: "Parts/Kbd" } satisfies Meta;

export const Chords: StoryObj = {
  render: () => (
    <div className="stories-row">
      <Kbd keys="mod+k" />
      <Kbd keys="mod+Enter" />
      <Kbd keys="shift+a" />
    </div>
  ),
};
