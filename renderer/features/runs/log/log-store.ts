import type { LogLine, NumberedLine } from "../../../../preload/contract/runs.ts";
import { failureOf } from "../../../data/failure.ts";
import type { Failure } from "../../../data/failure.ts";

/** Lines asked for at a time, and kept ahead of what is looked at on each side. */
const ASKED = 500;
const AHEAD = 250;
/** Lines and characters that are kept at most; those furthest from what is looked at are let go first. */
const KEPT_LINES = 4_000;
const KEPT_CHARACTERS = 8 * 1024 * 1024;

export interface LogSnapshot {
  /** Lines that the log has by now; null before the first answer. */
  readonly total: number | null;
  /** No line comes after these. */
  readonly complete: boolean;
  readonly failure: Failure | null;
  /** Counts the changes, so that what is shown is drawn anew. */
  readonly version: number;
}

export type LoadLines = (
  from: number,
  count: number,
  signal: AbortSignal,
) => Promise<{ readonly lines: readonly NumberedLine[]; readonly total: number; readonly complete: boolean }>;

/** The log of one attempt, of which only what is near the lines that are looked at is kept, however long it is. */
export interface LogStore {
  snapshot(): LogSnapshot;
  subscribe(listener: () => void): () => void;
  /** A line by its number, from 0; undefined while it is not here. */
  line(number: number): LogLine | undefined;
  /** Says which lines are looked at, so that they are asked for. `last` is inclusive. */
  show(first: number, last: number): void;
  /** Takes lines as they come, from the number of the first one on. */
  append(first: number, lines: readonly LogLine[]): void;
  /** Asks again how long the log is, after a failure, a lost connection, or when the attempt is over. */
  refresh(): void;
  /** Begins to ask; the answer ends it. */
  open(): () => void;
}

export function createLogStore(load: LoadLines): LogStore {
  let snapshot: LogSnapshot = { total: null, complete: false, failure: null, version: 0 };
  const lines = new Map<number, LogLine>();
  let characters = 0;
  let shown = { first: 0, last: 0 };
  let asking: AbortController | null = null;
  /** The length is to be asked for, whatever lines are there. */
  let stale = true;
  let closed = true;
  const listeners = new Set<() => void>();

  const become = (change: Partial<LogSnapshot>) => {
    snapshot = { ...snapshot, ...change, version: snapshot.version + 1 };
    for (const listener of listeners) listener();
  };
  const keep = (number: number, line: LogLine) => {
    const before = lines.get(number);
    characters += line.text.length - (before?.text.length ?? 0);
    lines.set(number, line);
  };
  const distance = (number: number) => Math.max(shown.first - number, number - shown.last, 0);
  const letGo = () => {
    if (lines.size <= KEPT_LINES && characters <= KEPT_CHARACTERS) return;
    const byDistance = [...lines.keys()].toSorted((one, other) => distance(other) - distance(one));
    for (const number of byDistance) {
      if (distance(number) === 0) return;
      // Down to three quarters, so that not every further line has to sort them anew.
      if (lines.size <= KEPT_LINES * 0.75 && characters <= KEPT_CHARACTERS * 0.75) return;
      characters -= lines.get(number)?.text.length ?? 0;
      lines.delete(number);
    }
  };

  /** The next stretch that is not here: what is looked at before what is near it. */
  const missing = (): { from: number; count: number } | null => {
    const end = snapshot.total ?? 0;
    const near = characters < KEPT_CHARACTERS / 2 ? AHEAD : 0;
    return (
      gap(shown.first, Math.min(shown.last + 1, end)) ??
      gap(shown.last + 1, Math.min(shown.last + 1 + near, end)) ??
      gap(Math.max(0, shown.first - near), Math.min(shown.first, end))
    );
  };
  const gap = (from: number, end: number) => {
    let first = from;
    while (first < end && lines.has(first)) first += 1;
    if (first >= end) return null;
    let count = 1;
    while (count < ASKED && first + count < (snapshot.total ?? 0) && !lines.has(first + count)) count += 1;
    return { from: first, count };
  };

  const pump = () => {
    if (asking !== null || closed || snapshot.failure !== null) return;
    const next = stale ? (missing() ?? { from: shown.first, count: snapshot.total === null ? ASKED : 1 }) : missing();
    if (next === null) return;
    stale = false;
    const flight = new AbortController();
    asking = flight;
    load(next.from, next.count, flight.signal).then(
      (answer) => {
        if (flight.signal.aborted) return;
        asking = null;
        for (const { number, ...line } of answer.lines) keep(number, line);
        // A log whose end was cut off would be asked for its missing lines for ever.
        const short = answer.lines.length === 0 && next.from < answer.total;
        letGo();
        become({
          total: Math.max(short ? 0 : (snapshot.total ?? 0), answer.total),
          complete: answer.complete,
        });
        if (!short) pump();
      },
      (error: unknown) => {
        if (flight.signal.aborted) return;
        asking = null;
        become({ failure: failureOf(error) });
      },
    );
  };

  return {
    snapshot: () => snapshot,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    line: (number) => lines.get(number),
    show: (first, last) => {
      if (shown.first === first && shown.last === last) return;
      shown = { first, last };
      pump();
    },
    append: (first, added) => {
      const total = Math.max(snapshot.total ?? 0, first + added.length);
      // Of a flood only the end can be looked at; what was skipped is asked for where somebody scrolls to it.
      const from = Math.max(0, added.length - ASKED);
      added.slice(from).forEach((line, index) => keep(first + from + index, line));
      // Whoever looks at the end goes on with it.
      if (snapshot.total !== null && shown.last >= snapshot.total - 1) {
        shown = { first: Math.max(0, total - (shown.last - shown.first) - 1), last: total - 1 };
      }
      letGo();
      become({ total });
    },
    refresh: () => {
      stale = true;
      if (snapshot.failure !== null) become({ failure: null });
      pump();
    },
    open: () => {
      closed = false;
      pump();
      return () => {
        closed = true;
        stale = true;
        asking?.abort();
        asking = null;
      };
    },
  };
}
