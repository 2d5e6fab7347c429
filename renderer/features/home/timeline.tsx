import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { TimelineRoutine } from "../../../preload/contract/runs.ts";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { MarkShape, wordOf } from "../../ui/mark.tsx";
import { Section } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { axisOf, bucketStart, BUCKETS, windowAt } from "./timeline-window.ts";
import type { TimelineWindow } from "./timeline-window.ts";
import "./timeline.css";

/** How often it is looked whether the day moved on, in milliseconds. */
const LOOK_MS = 60_000;

/** The last 24 hours, one line per routine, a mark for each half hour in which it ran: its shape is the worst outcome. */
export function Timeline() {
  const company = useCompany();
  const day = useDay();
  const timeline = useQuery({
    ...useQueries().runs.timeline.queryOptions({ input: { company: company.id, ...day, buckets: BUCKETS } }),
    placeholderData: (before) => before,
  });
  return (
    <Section title="Last 24 hours">
      <Answered query={timeline} what="The last 24 hours cannot be shown" loading={<SkeletonRows rows={3} />}>
        {({ routines, more }) =>
          routines.length === 0 ? (
            <p className="quiet">Nothing ran in the last 24 hours.</p>
          ) : (
            <div>
              <Axis day={day} />
              <ul>
                {routines.map((routine) => (
                  <Line key={routine.routineId} routine={routine} day={day} />
                ))}
              </ul>
              {more > 0 ? <p className="quiet">And {more} more routines that ran.</p> : null}
            </div>
          )
        }
      </Answered>
    </Section>
  );
}

function useDay(): TimelineWindow {
  const [day, setDay] = useState(() => windowAt(Date.now()));
  useEffect(() => {
    const timer = window.setInterval(() => {
      const next = windowAt(Date.now());
      setDay((known) => (known.until === next.until ? known : next));
    }, LOOK_MS);
    return () => window.clearInterval(timer);
  }, []);
  return day;
}

function Axis({ day }: { readonly day: TimelineWindow }) {
  return (
    <div className="timeline-row timeline-axis" aria-hidden="true">
      <span />
      <div className="timeline-strip">
        {axisOf(day).map(({ at, label }) => (
          <span key={label + at} className="timeline-hour" style={{ left: `${at * 100}%` }}>
            {label}
          </span>
        ))}
      </div>
    </div>
  );
}

function Line({ routine, day }: { readonly routine: TimelineRoutine; readonly day: TimelineWindow }) {
  return (
    <li className="timeline-row">
      <Link
        to="/routines/$routineId"
        params={{ routineId: routine.routineId }}
        search={{ tab: "runs" }}
        className="timeline-title truncate"
        dir="auto"
      >
        {routine.title}
      </Link>
      <div className="timeline-strip" role="img" aria-label={summaryOf(routine)}>
        {routine.marks.map(({ bucket, status, count }) => (
          <span
            key={bucket}
            className="timeline-mark"
            style={{ left: `${((bucket + 0.5) / BUCKETS) * 100}%` }}
            title={`${wordOf(status)}, ${count === 1 ? "1 run" : `${count} runs`} from ${clock(bucketStart(day, bucket))}`}
          >
            <MarkShape state={status} />
          </span>
        ))}
      </div>
    </li>
  );
}

/** What the line shows, for those who hear it: `12 runs; in 1 half hour failed, in 8 succeeded`. */
function summaryOf({ marks }: TimelineRoutine): string {
  const runs = marks.reduce((sum, { count }) => sum + count, 0);
  const outcomes = new Map<string, number>();
  for (const { status } of marks) outcomes.set(wordOf(status), (outcomes.get(wordOf(status)) ?? 0) + 1);
  const parts = [...outcomes].map(
    ([word, halves]) => `${halves === 1 ? "1 half hour" : `${halves} half hours`} ${word}`,
  );
  return `${runs === 1 ? "1 run" : `${runs} runs`}; ${parts.join(", ")}`;
}

function clock(instant: string): string {
  return new Date(instant).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}
