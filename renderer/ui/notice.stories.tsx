import type { Meta, StoryObj } from "@storybook/react-vite";
import { KeyRound } from "lucide-react";
import { Button } from "./button.tsx";
import { EmptyState, Notice } from "./notice.tsx";

export default { title: "Parts/Notice" } satisfies Meta;

export const Tones: StoryObj = {
  render: () => (
    <div className="stories-column">
      <Notice title="The scheduler is off." next="Start the routine by hand." />
      <Notice tone="good" title="The agent answers." />
      <Notice
        tone="doubtful"
        title="Revision 8 came in between."
        next="Take it over, or save on top of it."
        actions={<Button>Compare revisions</Button>}
      />
      <Notice
        tone="bad"
        title="The secrets cannot be shown."
        next="Start the database, or run `paperclip-desktop doctor`."
        actions={
          <>
            <Button>Start the database</Button>
            <Button>Try again</Button>
          </>
        }
      >
        The database does not answer.
      </Notice>
    </div>
  ),
};

export const LongWords: StoryObj = {
  render: () => (
    <Notice
      tone="bad"
      title={`The routine ${"with-a-name-that-does-not-end-".repeat(10)} was not saved.`}
      next={`Look into \`/home/operator/${"a-folder-".repeat(30)}\`.`}
    >
      {"wordswithoutaspace".repeat(20)}
    </Notice>
  ),
};

export const Empty: StoryObj = {
  render: () => (
    <EmptyState icon={KeyRound} title="No secrets yet" action={<Button variant="primary">Create secret</Button>}>
      A secret gives a routine a value that no log and no page shows.
    </EmptyState>
  ),
};

export const NothingMatches: StoryObj = {
  render: () => (
    <EmptyState icon={KeyRound} title="No secret matches" action={<Button>Clear filters</Button>}>
      No active secret has “npm” in its key or name.
    </EmptyState>
  ),
};
