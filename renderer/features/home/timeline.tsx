import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { KeyboardEvent, RefObject } from "react";
import type { Absence } from "../../../preload/contract/scheduler.ts";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { failureOf } from "../../data/failure.ts";
import { useQueries } from "../../data/panel-context.tsx";
import { Button } from "../../ui/button.tsx";
import { MarkShape, wordOf } from "../../ui/mark.tsx";
import { Section } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { instantText } from "../../ui/time-text.ts";
import { Time } from "../../ui/time.tsx";
import { groupLength, groupsOf, type TimelineGroup } from "./timeline-groups.ts";
import { linesOf, type TimelineLine } from "./timeline-lines.ts";
import { axisOf, bucketStart, BUCKETS, BUCKETS_AHEAD, placeIn, windowAt, withAhead } from "./timeline-window.ts";
import type { TimelineWindow } from "./timeline-window.ts";
import "./timeline.css";

/** How often it is looked how far the day moved on, in milliseconds. */
const LOOK_MS = 60_000;
/** Lines that are there without asking for more. */
const SHOWN = 12;
const ALL_BUCKETS = BUCKETS + BUCKETS_AHEAD;
/** What a mark takes of a strip, with the number below one that stands for several, in pixels. */
const MARK_WIDTH = 20;

/**
 * The last 24 hours and the next six, one line per routine: a mark for each half hour in which it ran, whose shape is the worst
 * outcome; a hollow one where it is due; hatched where no scheduler was awake. Marks that would overlap are drawn as one, with
 * their number.
 */
export function Timeline() {
  const company = useCompany();
  const queries = useQueries();
  const [all, setAll] = useState(false);
  const now = useNow();
  const strip = useRef<HTMLDivElement>(null);
  const length = useGroupLength(strip);
  const day = windowAt(now);
  const shown = withAhead(day);
  const timeline = useQuery({
    ...queries.runs.timeline.queryOptions({ input: { company: company.id, ...day, buckets: BUCKETS } }),
    placeholderData: (before) => before,
  });
  const outlook = useQuery({
    ...queries.scheduler.outlook.queryOptions({ input: { company: company.id, ...shown, buckets: ALL_BUCKETS } }),
    placeholderData: (before) => before,
  });
  const due = outlook.data?.routines ?? [];
  const absences = outlook.data?.absences ?? [];
  return (
    <Section title="Last 24 hours">
      {outlook.error === null ? null : (
        <FailureNotice
          what="What is due next cannot be shown"
          failure={failureOf(outlook.error)}
          onRetry={() => void outlook.refetch()}
        />
      )}
      <Answered query={timeline} what="The last 24 hours cannot be shown" loading={<SkeletonRows rows={3} />}>
        {({ routines, more }) => {
          const lines = linesOf(routines, due);
          if (lines.length === 0) return <p className="quiet">Nothing ran in the last 24 hours, and nothing is due.</p>;
          const hidden = all ? 0 : Math.max(0, lines.length - SHOWN);
          const unlisted = more + (outlook.data?.more ?? 0);
          return (
            <div ref={strip}>
              <Axis window={shown} now={now} absences={absences} />
              <ul>
                {lines.slice(0, lines.length - hidden).map((line) => (
                  <Line key={line.routineId} line={line} length={length} window={shown} now={now} absences={absences} />
                ))}
              </ul>
              <p className="timeline-foot quiet small">
                <span className="timeline-key">
                  <span className="timeline-ahead" /> due
                </span>
                {absences.length === 0 ? null : (
                  <span className="timeline-key">
                    <span className="timeline-asleep" /> no scheduler was awake
                  </span>
                )}
                {unlisted > 0 ? <span>And {unlisted} more routines.</span> : null}
              </p>
              <ul className="unseen" aria-label="When no scheduler was awake">
                {absences.map((absence) => (
                  <li key={absence.from}>{absenceText(absence)}</li>
                ))}
              </ul>
              {lines.length > SHOWN ? (
                <Button variant="quiet" onPress={() => setAll(!all)}>
                  {all ? `Show ${SHOWN} only` : `Show all ${lines.length} routines`}
                </Button>
              ) : null}
            </div>
          );
        }}
      </Answered>
    </Section>
  );
}

/** Milliseconds since 1970, to the minute. */
function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), LOOK_MS);
    return () => window.clearInterval(timer);
  }, []);
  return now;
}

interface StripProps {
  readonly window: TimelineWindow;
  readonly now: number;
  readonly absences: readonly Absence[];
}

function Axis({ window: shown, now, absences }: StripProps) {
  return (
    <div className="timeline-row timeline-axis" aria-hidden="true">
      <span />
      <div className="timeline-strip">
        <Asleep window={shown} absences={absences} />
        {axisOf(shown).map(({ at, label }) => (
          <span key={label + at} className="timeline-hour" style={{ left: `${at * 100}%` }}>
            {label}
          </span>
        ))}
        <span className="timeline-now" style={{ left: `${placeIn(shown, now) * 100}%` }} />
      </div>
      <span className="timeline-next">Next</span>
    </div>
  );
}

function Asleep({ window: shown, absences }: Omit<StripProps, "now">) {
  return absences.map((absence) => {
    const left = placeIn(shown, Date.parse(absence.from));
    const right = placeIn(shown, Date.parse(absence.until));
    return (
      <span
        key={absence.from}
        className="timeline-asleep"
        style={{ left: `${left * 100}%`, width: `${(right - left) * 100}%` }}
        title={absenceText(absence)}
      />
    );
  });
}

function absenceText({ from, until, why }: Absence): string {
  return `${instantText(from)} to ${instantText(until)}: ${why}`;
}

interface LineProps extends StripProps {
  readonly line: TimelineLine;
  /** Buckets that are drawn as one. */
  readonly length: number;
}

function Line({ line, length, window: shown, now, absences }: LineProps) {
  return (
    <li className="timeline-row">
      <Link
        to="/routines/$routineId"
        params={{ routineId: line.routineId }}
        search={{ tab: "runs" }}
        className="timeline-title truncate"
        dir="auto"
      >
        {line.title}
      </Link>
      <div className="timeline-strip">
        <Asleep window={shown} absences={absences} />
        <span className="timeline-now" style={{ left: `${placeIn(shown, now) * 100}%` }} />
        <Groups line={line} groups={groupsOf(line.marks, line.ahead, length)} window={shown} />
      </div>
      <span className="timeline-next quiet">
        {line.next === null ? null : (
          <>
            <span className="unseen">Next </span>
            <Time instant={line.next.at} zone={line.next.zone} />
          </>
        )}
      </span>
    </li>
  );
}

interface GroupsProps {
  readonly line: TimelineLine;
  readonly groups: readonly TimelineGroup[];
  readonly window: TimelineWindow;
}

/** One stop of the Tab key; the arrow keys go from mark to mark. Each leads to its run, or to the triggers of what is due. */
function Groups({ line, groups, window: shown }: GroupsProps) {
  const [chosen, setChosen] = useState<number | null>(null);
  const newest = groups.findLast(({ worst }) => worst !== null) ?? groups[0];
  const stop = groups.find(({ first }) => first === chosen) ?? newest;
  return (
    <ul className="timeline-marks" aria-label={summaryOf(line)} onKeyDown={moveAmongLinks}>
      {groups.map((group) => {
        const { first, at, worst, marks, due } = group;
        const words = wordsOf(group, shown);
        const isSeveral = marks.length > 1 || (worst === null && due.length > 1);
        const props = {
          className: "timeline-mark",
          // What is drawn stands in the name too.
          "aria-label": `${isSeveral ? `${countOf(group)} ${worst === null ? "due" : "runs"}: ` : ""}${words.join("; ")}`,
          "data-words": words.join("\n"),
          tabIndex: group === stop ? 0 : -1,
          onFocus: () => setChosen(first),
        };
        const drawn = (
          <>
            {worst === null ? <span className="timeline-ahead" /> : <MarkShape state={worst.status} />}
            {isSeveral ? <span className="timeline-count">{countOf(group)}</span> : null}
          </>
        );
        return (
          <li
            key={first}
            className={at < 0.5 ? "timeline-place" : "timeline-place timeline-late"}
            style={{ left: `${at * 100}%` }}
          >
            {worst === null ? (
              <Link
                to="/routines/$routineId"
                params={{ routineId: line.routineId }}
                search={{ tab: "triggers" }}
                {...props}
              >
                {drawn}
              </Link>
            ) : (
              <Link to="/runs/$runId" params={{ runId: worst.runId }} {...props}>
                {drawn}
              </Link>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** Runs of a group, or the half hours in which something is due; three characters at most. */
function countOf({ marks, due }: TimelineGroup): string {
  const count = marks.length === 0 ? due.length : marks.reduce((sum, mark) => sum + mark.count, 0);
  return count > 99 ? "99+" : String(count);
}

function moveAmongLinks(event: KeyboardEvent<HTMLElement>): void {
  const links = Array.from(event.currentTarget.querySelectorAll("a"));
  const at = links.findIndex((link) => link === document.activeElement);
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: links.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  links[to]?.focus();
}

/** What is inside a group, a line for each half hour. */
function wordsOf({ marks, due }: TimelineGroup, shown: TimelineWindow): string[] {
  return [
    ...marks.map(
      ({ bucket, status, count }) =>
        `${wordOf(status)}, ${count === 1 ? "1 run" : `${count} runs`} from ${clock(bucketStart(shown, bucket))}`,
    ),
    ...due.map((bucket) => `due from ${clock(bucketStart(shown, bucket))}`),
  ];
}

/** How many buckets are drawn as one on the strips of a time line, by their width now. */
function useGroupLength(place: RefObject<HTMLElement | null>): number {
  const [length, setLength] = useState(1);
  useLayoutEffect(() => {
    const strip = place.current?.querySelector(".timeline-strip");
    if (!strip) return undefined;
    const measure = () => setLength(groupLength(strip.clientWidth, MARK_WIDTH));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(strip);
    return () => observer.disconnect();
  });
  return length;
}

/** What the line shows, for those who hear it: `12 runs; 1 half hour failed, 8 half hours succeeded`. */
function summaryOf({ marks, ahead }: TimelineLine): string {
  const runs = marks.reduce((sum, { count }) => sum + count, 0);
  const outcomes = new Map<string, number>();
  for (const { status } of marks) outcomes.set(wordOf(status), (outcomes.get(wordOf(status)) ?? 0) + 1);
  const parts = [...outcomes].map(([word, halves]) => `${halfHours(halves)} ${word}`);
  const ran = runs === 0 ? "No runs" : `${runs === 1 ? "1 run" : `${runs} runs`}; ${parts.join(", ")}`;
  return ahead.length === 0 ? ran : `${ran}; due in ${halfHours(ahead.length)} of the next 6 hours`;
}

function halfHours(count: number): string {
  return count === 1 ? "1 half hour" : `${count} half hours`;
}

function clock(instant: string): string {
  return new Date(instant).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}
