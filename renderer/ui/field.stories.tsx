import type { Meta, StoryObj } from "@storybook/react-vite";
import type { ReactNode } from "react";
import { expect, screen } from "storybook/test";
import { Checkbox, ComboBox, Form, SearchField, Select, Switch, TextField } from "./field.tsx";
import type { Option } from "./field.tsx";

export default { title: "Parts/Field" } satisfies Meta;

const options: readonly Option[] = [
  { id: "triage", label: "triage", detail: "process" },
  { id: "writer", label: "writer", detail: "claude" },
  { id: "old", label: "old", detail: "Paused; resume it first", disabled: true },
];
const many = Array.from({ length: 200 }, (_, index) => ({ id: `key-${index}`, label: `key-${index}` }));

/** One story of fields in a form. */
function fields(children: ReactNode, play?: StoryObj["play"], errors: Record<string, string> = {}): StoryObj {
  return { render: () => <Form validationErrors={errors}>{children}</Form>, ...(play ? { play } : {}) };
}

export const Text = fields(
  <>
    <TextField label="Title" name="title" />
    <TextField label="Key" name="key" mono defaultValue="gh-token" help="Routines name the secret by it." />
    <TextField label="Description" name="description" optional placeholder="What it is for" />
    <TextField label="Instructions" name="instructions" rows={4} defaultValue="Read the issues." />
    <TextField label="Name" name="disabled" isDisabled defaultValue="Acme" help="Nothing can be changed now." />
    <TextField label="Id" name="readonly" isReadOnly mono defaultValue="8f3c9a2e" />
    <TextField label="Hidden label" labelUnseen name="unseen" defaultValue="in a row" />
  </>,
);

export const TextWrong = fields(
  <>
    <TextField label="Title" name="title" defaultValue="" />
    <TextField label="Key" name="key" mono defaultValue="GH TOKEN" help="Routines name the secret by it." />
    <TextField label="Instructions" name="instructions" rows={3} />
    <Select label="Agent" name="agent" options={options} />
    <ComboBox label="Secret" name="secret" options={many} />
  </>,
  undefined,
  {
    title: "must not be empty",
    key: "small letters, digits, and - between them",
    instructions: "must be at most 200,000 characters",
    agent: "The agent old is paused.",
    secret: "There is no secret with this key.",
  },
);

export const SelectClosed = fields(
  <>
    <Select label="Agent" name="agent" options={options} placeholder="Choose an agent" help="Who does the work." />
    <Select label="Chosen" name="chosen" options={options} defaultValue="writer" />
    <Select label="Not now" name="disabled" options={options} defaultValue="writer" isDisabled />
  </>,
);

export const SelectOpen = fields(
  <Select label="Agent" name="agent" options={options} defaultValue="triage" />,
  async ({ canvas, userEvent }) => userEvent.click(await canvas.findByRole("button")),
);

export const ComboBoxOpen = fields(
  <ComboBox label="Secret" name="secret" mono options={many} />,
  async ({ canvas, userEvent }) => {
    await userEvent.type(await canvas.findByRole("combobox"), "key-19");
    await expect(await screen.findAllByRole("option")).toHaveLength(11);
  },
);

export const ComboBoxNothingFound = fields(
  <ComboBox label="Secret" name="secret" mono options={many} allowsEmptyCollection />,
  async ({ canvas, userEvent }) => {
    await userEvent.type(await canvas.findByRole("combobox"), "nowhere");
    await screen.findByText("Nothing found");
  },
);

export const ComboBoxDisabled = fields(
  <ComboBox label="Secret" name="secret" options={many} defaultValue="key-3" isDisabled />,
);

export const Search = fields(
  <>
    <SearchField label="Search secrets" />
    <SearchField label="Search routines" defaultValue="triage" />
  </>,
);

export const Toggles = fields(
  <>
    <Checkbox name="a">Running it twice is safe</Checkbox>
    <Checkbox name="b" defaultSelected>
      Required
    </Checkbox>
    <Checkbox name="c" isIndeterminate>
      All keys
    </Checkbox>
    <Checkbox name="d" isDisabled>
      Not now
    </Checkbox>
    <Switch name="e">Wrap lines</Switch>
    <Switch name="f" defaultSelected>
      Follow the log
    </Switch>
    <Switch name="g" isDisabled>
      Not now
    </Switch>
  </>,
);
