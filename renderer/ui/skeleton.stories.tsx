import type { Meta, StoryObj } from "@storybook/react-vite";
import { SkeletonRows } from "./skeleton.tsx";

export default { title: "Parts/Skeleton" } satisfies Meta;

export const Rows: StoryObj = { render: () => <SkeletonRows label="Loading the secrets" /> };
