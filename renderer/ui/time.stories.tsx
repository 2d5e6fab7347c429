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
