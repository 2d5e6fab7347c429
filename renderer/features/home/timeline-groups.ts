import type { TimelineMark } from "../../../preload/contract/runs.ts";
import { WORST_FIRST } from "../../../preload/rules/worst-status.ts";
import { BUCKETS, BUCKETS_AHEAD } from "./timeline-window.ts";

/** What is drawn as one: all that a routine did, and is to do, in neighbouring buckets. */
export interface TimelineGroup {
  /** Its buckets: from `first` up to, and without, `end`. */
  readonly first: number;
  readonly end: number;
  /** Where the middle of it is, from 0 to 1. */
  readonly at: number;
  /** In their order. */
  readonly marks: readonly TimelineMark[];
  /** The one that stands for all of them: the worst, of equals the newest. Null where nothing ran. */
  readonly worst: TimelineMark | null;
  /** Buckets in which it is due, in their order. */
  readonly due: readonly number[];
}

const ALL = BUCKETS + BUCKETS_AHEAD;

/** Lengths of a group in buckets. All but the last divide both the day and what is ahead, so that no group is cut where these meet. */
const LENGTHS: readonly number[] = [
  ...Array.from({ length: BUCKETS_AHEAD }, (_, index) => index + 1).filter((length) => BUCKETS_AHEAD % length === 0),
  ALL,
];

/** How many buckets are drawn as one, so that marks of that width do not overlap on a strip; both in pixels. */
export function groupLength(stripWidth: number, markWidth: number): number {
  return LENGTHS.find((length) => (length / ALL) * stripWidth >= markWidth) ?? ALL;
}

/** The groups of a line that hold something, in their order; each mark and each due bucket is in exactly one. */
export function groupsOf(marks: readonly TimelineMark[], due: readonly number[], length: number): TimelineGroup[] {
  const starts = new Set([...marks.map(({ bucket }) => bucket), ...due].map((bucket) => bucket - (bucket % length)));
  return [...starts]
    .toSorted((a, b) => a - b)
    .map((first) => {
      const end = first + length;
      const inside = (bucket: number) => bucket >= first && bucket < end;
      const own = marks.filter(({ bucket }) => inside(bucket)).toSorted((a, b) => a.bucket - b.bucket);
      return {
        first,
        end,
        at: (first + length / 2) / ALL,
        marks: own,
        worst: own.toReversed().toSorted((a, b) => rank(a) - rank(b))[0] ?? null,
        due: due.filter(inside).toSorted((a, b) => a - b),
      };
    });
}

const rank = ({ status }: TimelineMark): number => WORST_FIRST.indexOf(status);
