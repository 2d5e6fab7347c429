import type { Meta, StoryObj } from "@storybook/react-vite";
import { Copy, Trash2 } from "lucide-react";
import { ActionMenu } from "./menu.tsx";

export default { title: "Parts/Menu" } satisfies Meta;

const nothing = () => {};
const menu = (
  <ActionMenu
    label="More actions for gh-token"
    actions={[
      { id: "copy", label: "Copy key", icon: Copy, act: nothing },
      { id: "disable", label: "Disable secret", act: nothing },
      { id: "archive", label: "Archive secret", unavailable: "A run reads it right now", act: nothing },
      { id: "delete", label: "Delete secret", icon: Trash2, danger: true, act: nothing },
    ]}
  />
);

export const Closed: StoryObj = { render: () => menu };

export const Open: StoryObj = {
  render: () => menu,
  play: async ({ canvas, userEvent }) => userEvent.click(await canvas.findByRole("button")),
};
