import type { Meta, StoryObj } from "@storybook/react-vite";
import { Mark, MarkShape, STATES } from "./mark.tsx";

export default { title: "Parts/Mark" } satisfies Meta;

export const AllStates: StoryObj = {
  render: () => (
    <ul className="stories-grid">
      {STATES.map((state) => (
        <li key={state}>
          <Mark state={state} />
        </li>
      ))}
    </ul>
  ),
};

export const OtherWords: StoryObj = { render: () => <Mark state="starting">Opening the instance</Mark> };

export const ShapesAlone: StoryObj = {
  render: () => (
    <div className="stories-row">
      <MarkShape state="failed" label="failed" />
      <MarkShape state="succeeded" label="succeeded" />
      <MarkShape state="running" label="running" />
    </div>
  ),
};
