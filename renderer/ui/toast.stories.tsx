import type { Meta, StoryObj } from "@storybook/react-vite";
import { useEffect } from "react";
import { say, Toasts } from "./toast.tsx";

export default { title: "Parts/Toast" } satisfies Meta;

function Said({ sentences }: { readonly sentences: readonly string[] }) {
  useEffect(() => {
    for (const sentence of sentences) say(sentence);
  }, [sentences]);
  return <Toasts />;
}

const ONE = ["Revision 8 is saved."];
const SEVERAL = ["Revision 8 is saved.", "Secret gh-token is rotated.", `Secret ${"long-key-".repeat(20)} is created.`];

export const One: StoryObj = { render: () => <Said sentences={ONE} /> };
export const Several: StoryObj = { render: () => <Said sentences={SEVERAL} /> };
