import type { Meta, StoryObj } from "@storybook/react-vite";
import { DiffLines } from "./diff-lines.tsx";

export default { title: "Parts/Diff lines" } satisfies Meta;

export const Changed: StoryObj = {
  render: () => (
    <DiffLines
      label="Instructions, revision 5 to revision 7"
      lines={[
        { op: "same", text: "Read the issues that came in since yesterday." },
        { op: "removed", text: "Label each." },
        { op: "added", text: "Label each, and write what needs an answer." },
        { op: "same", text: "" },
        { op: "added", text: "לפרסם את הסיכום" },
        { op: "same", text: `One line that does not end: ${"very ".repeat(80)}long.` },
      ]}
    />
  ),
};

export const Same: StoryObj = {
  render: () => <DiffLines label="Instructions" lines={[{ op: "same", text: "Read the issues." }]} />,
};
