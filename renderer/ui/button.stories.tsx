import type { Meta, StoryObj } from "@storybook/react-vite";
import { Play, Plus, Trash2 } from "lucide-react";
import { Button, buttonClass, IconButton } from "./button.tsx";

export default { title: "Parts/Button" } satisfies Meta;

export const Variants: StoryObj = {
  render: () => (
    <div className="stories-row">
      <Button variant="primary" icon={Play}>
        Run now
      </Button>
      <Button icon={Plus}>Add key</Button>
      <Button variant="quiet">Clear filters</Button>
      <Button variant="danger" icon={Trash2}>
        Delete secret
      </Button>
      <a className={buttonClass("secondary")} href="#routines">
        Open routine
      </a>
      <IconButton icon={Trash2} label="Remove key" />
    </div>
  ),
};

export const Pending: StoryObj = {
  render: () => (
    <div className="stories-row">
      <Button variant="primary" isPending>
        Save routine
      </Button>
      <Button isPending>Test agent</Button>
      <Button variant="danger" isPending>
        Delete secret
      </Button>
    </div>
  ),
};

export const Disabled: StoryObj = {
  render: () => (
    <div className="stories-row">
      <Button variant="primary" isDisabled>
        Save routine
      </Button>
      <Button isDisabled>Add key</Button>
      <Button variant="quiet" isDisabled>
        Clear filters
      </Button>
      <Button variant="danger" isDisabled>
        Delete secret
      </Button>
      <IconButton icon={Trash2} label="Remove key" isDisabled />
    </div>
  ),
};

export const Focused: StoryObj = {
  render: () => <Button variant="primary">Run now</Button>,
  play: async ({ userEvent }) => userEvent.tab(),
};

export const WithTooltip: StoryObj = {
  render: () => <IconButton icon={Trash2} label="Remove key" />,
  play: async ({ userEvent }) => userEvent.tab(),
};
