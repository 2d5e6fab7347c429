import type { Meta, StoryObj } from "@storybook/react-vite";
import { CopyButton } from "./copy-button.tsx";

export default { title: "Parts/Copy button" } satisfies Meta;

export const Ready: StoryObj = { render: () => <CopyButton text="8f3c9a2e" label="Copy run id" /> };
