import type { Meta, StoryObj } from "@storybook/react-vite";
import { daysAgo, hoursAgo, minutesAgo } from "../stories/clock.ts";
import { Time } from "./time.tsx";

export default { title: "Parts/Time" } satisfies Meta;

export const Instants: StoryObj = {
  render: () => (
    <ul className="stories-column">
      {[minutesAgo(0), minutesAgo(0.5), minutesAgo(12), hoursAgo(3), daysAgo(2), daysAgo(90), daysAgo(800)].map(
        (instant) => (
          <li key={instant}>
            <Time instant={instant} />
          </li>
        ),
      )}
    </ul>
  ),
};

export const Exactly: StoryObj = { render: () => <Time instant={hoursAgo(3)} exactly /> };

export const InAnEntryWithTheFocus: StoryObj = {
  render: () => (
    <ul className="stories-column">
      <li>
        {/* The story shows what the focus shows. */}
        {/* oxlint-disable-next-line jsx-a11y/no-autofocus */}
        <button type="button" autoFocus>
          Nightly triage
        </button>{" "}
        <Time instant={hoursAgo(3)} />
      </li>
    </ul>
  ),
};
