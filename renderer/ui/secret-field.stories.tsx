import type { Meta, StoryObj } from "@storybook/react-vite";
import { useRef } from "react";
import { SecretField } from "./secret-field.tsx";
import type { SecretFieldHandle, SecretFieldProps } from "./secret-field.tsx";

export default { title: "Parts/Secret field" } satisfies Meta;

function Field(props: Omit<SecretFieldProps, "ref" | "label">) {
  const field = useRef<SecretFieldHandle>(null);
  return <SecretField ref={field} label="Value" {...props} />;
}

export const Empty: StoryObj = { render: () => <Field help="It is kept as it is, to the byte." /> };
export const Typed: StoryObj = {
  render: () => <Field lines />,
  play: async ({ canvas, userEvent }) => userEvent.type(await canvas.findByLabelText("Value"), "only-for-the-story"),
};
export const Wrong: StoryObj = { render: () => <Field error="must not be empty" /> };
export const Disabled: StoryObj = { render: () => <Field isDisabled /> };
