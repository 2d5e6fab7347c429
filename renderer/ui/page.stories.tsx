import type { Meta, StoryObj } from "@storybook/react-vite";
import { Button } from "./button.tsx";
import { SearchField } from "./field.tsx";
import { Mark } from "./mark.tsx";
import { Page, pageStripClass, PageTabs, Section, SidePane, Split, Stack } from "./page.tsx";

export default { title: "Parts/Page" } satisfies Meta;

const nothing = () => {};

export const Whole: StoryObj = {
  render: () => (
    <Page
      title="Nightly triage"
      up={<a href="#routines">Routines</a>}
      facts={<Mark state="active" />}
      actions={
        <>
          <Button>Preview run</Button>
          <Button variant="primary">Run now</Button>
        </>
      }
      toolbar={<SearchField label="Search keys" />}
    >
      <Stack>
        <Section title="Needs you" actions={<Button>Open secret</Button>}>
          <p>The secret gh-token is disabled.</p>
        </Section>
        <Section title="Last runs">
          <p className="quiet">It has not run yet.</p>
        </Section>
      </Stack>
    </Page>
  ),
};

export const LongTitle: StoryObj = {
  render: () => (
    <Page
      title={"a-title-that-does-not-end-".repeat(12)}
      facts={<Mark state="paused" />}
      actions={<Button variant="primary">Run now</Button>}
    >
      <p>The rest of the page keeps its place.</p>
    </Page>
  ),
};

export const Strip: StoryObj = {
  render: () => (
    <Page
      title="Secrets"
      strip={
        <nav aria-label="Secrets" className={pageStripClass.nav}>
          <a href="#inventory" className={pageStripClass.link}>
            Inventory
          </a>
          <a href="#vaults" className={pageStripClass.link} aria-current="page">
            Provider vaults
          </a>
        </nav>
      }
      toolbar={<SearchField label="Search vaults" />}
      actions={<Button variant="primary">Create vault</Button>}
    >
      <p>What is at this place</p>
    </Page>
  ),
};

export const Tabs: StoryObj = {
  render: () => (
    <Page title="Nightly triage" body="tabs">
      <PageTabs
        label="Nightly triage"
        selected="runs"
        onSelect={nothing}
        tabs={[
          { id: "overview", label: "Overview", content: () => <p>What it does</p> },
          { id: "runs", label: "Runs", content: () => <p>What ran</p> },
          { id: "history", label: "History", content: () => <p>What was changed</p> },
        ]}
      />
    </Page>
  ),
};

export const SplitClosed: StoryObj = { render: () => <Split list={<p>The list</p>} pane={null} /> };

export const SplitOpen: StoryObj = {
  render: () => (
    <Split
      list={<p>The list</p>}
      pane={
        <SidePane title="gh-token" onClose={nothing}>
          <p>Details beside the list</p>
        </SidePane>
      }
    />
  ),
};
