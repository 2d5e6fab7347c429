import type { Meta, StoryObj } from "@storybook/react-vite";
import { LayerTags, SecretTag, Tag } from "./tag.tsx";

export default { title: "Parts/Tag" } satisfies Meta;

export const Tags: StoryObj = {
  render: () => (
    <div className="stories-row">
      <Tag>revision 7</Tag>
      <Tag accent>current</Tag>
    </div>
  ),
};

export const Secrets: StoryObj = {
  render: () => (
    <div className="stories-column">
      <SecretTag secretKey="gh-token" />
      <SecretTag secretKey="gh-token" selector="latest" version={4} />
      <SecretTag secretKey="gh-token" selector="latest" version={null} />
      <SecretTag secretKey="npm-publish" selector={2} />
      <SecretTag secretKey={null} shortId="9f2ab31c" selector="latest" />
      <SecretTag secretKey={"a-key-that-does-not-end-".repeat(10)} selector="latest" version={12} />
    </div>
  ),
};

export const Layers: StoryObj = {
  render: () => (
    <div className="stories-column">
      <LayerTags winner="routine" overrides={["agent", "project"]} />
      <LayerTags winner="project" overrides={["agent"]} />
      <LayerTags winner="agent" overrides={[]} />
    </div>
  ),
};
