import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { failureOf } from "./failure.ts";
import type { Failure } from "./failure.ts";

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly nextCursor: string | null;
}

/** A long list of which only what is looked at is kept: rows by place, undefined where they are not loaded. */
export interface PagedList<Row> {
  /** Rows known so far; with `hasMore` there are further ones. */
  readonly count: number;
  readonly hasMore: boolean;
  readonly row: (index: number) => Row | undefined;
  /** The first page is being asked for and there is nothing to show yet. */
  readonly loading: boolean;
  readonly failure: Failure | null;
  /** Tells which rows are on screen (`last` inclusive), so that their pages are loaded and far ones let go. */
  show(first: number, last: number): void;
  retry(): void;
}

interface State<Row> {
  readonly cursors: readonly (string | null)[];
  readonly pages: ReadonlyMap<number, readonly Row[]>;
  /** Length of the last page where the end is known. */
  readonly ended: number | null;
  readonly failure: Failure | null;
  readonly loaded: boolean;
}

/** Pages that are kept on each side of what is looked at. Memory stays the same however long the list is. */
const KEPT_AROUND = 6;

/**
 * Loads a list page by page as it is scrolled. `key` names the question: another key starts over. `version` counts
 * changes: with another version the pages on screen are asked for anew, while the old rows stay until the new ones are there.
 */
export function usePages<Row>(
  key: string,
  version: number,
  pageSize: number,
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Row>>,
): PagedList<Row> {
  const empty: State<Row> = { cursors: [null], pages: new Map(), ended: null, failure: null, loaded: false };
  const [held, setHeld] = useState({ key, state: empty });
  const state = held.key === key ? held.state : empty;
  const latest = useRef({ key, state, load });
  useLayoutEffect(() => {
    latest.current = { key, state, load };
  });
  const range = useRef({ first: 0, last: 0 });
  const flights = useRef(new Map<number, AbortController>());

  const update = useCallback((ofKey: string, change: (state: State<Row>) => State<Row>) => {
    if (latest.current.key !== ofKey) return;
    const state = change(latest.current.state);
    latest.current = { ...latest.current, state };
    setHeld({ key: ofKey, state });
  }, []);

  const fetchPage = useCallback(
    (index: number) => {
      const { key: ofKey, state: before, load: loadPage } = latest.current;
      const cursor = before.cursors[index];
      if (cursor === undefined || flights.current.has(index)) return;
      const flight = new AbortController();
      flights.current.set(index, flight);
      loadPage(cursor ?? undefined, flight.signal).then(
        ({ rows, nextCursor }) => {
          if (flight.signal.aborted) return;
          flights.current.delete(index);
          update(ofKey, (current) => withPage(current, index, rows, nextCursor, pageSize, range.current));
        },
        (error: unknown) => {
          if (flight.signal.aborted) return;
          flights.current.delete(index);
          update(ofKey, (current) => ({ ...current, failure: failureOf(error), loaded: true }));
        },
      );
    },
    [pageSize, update],
  );

  const abandon = useCallback(() => {
    for (const flight of flights.current.values()) flight.abort();
    flights.current.clear();
  }, []);

  const wanted = useCallback(
    (onlyMissing: boolean) => {
      const { state: current } = latest.current;
      if (onlyMissing && current.failure) return;
      const first = Math.floor(range.current.first / pageSize);
      // One page ahead, so that scrolling seldom meets a gap.
      const last = Math.min(Math.floor(range.current.last / pageSize) + 1, current.cursors.length - 1);
      for (let index = first; index <= last; index += 1) {
        if (!onlyMissing || !current.pages.has(index)) fetchPage(index);
      }
    },
    [fetchPage, pageSize],
  );

  // Another question: what was under way for the old one is of no use.
  useEffect(() => {
    range.current = { first: 0, last: 0 };
    fetchPage(0);
    return abandon;
  }, [key, fetchPage, abandon]);

  const knownVersion = useRef(version);
  useEffect(() => {
    if (knownVersion.current === version) return;
    knownVersion.current = version;
    abandon();
    wanted(false);
  }, [version, wanted, abandon]);

  const show = useCallback(
    (first: number, last: number) => {
      range.current = { first, last };
      wanted(true);
    },
    [wanted],
  );
  const retry = useCallback(() => {
    update(latest.current.key, (current) => ({ ...current, failure: null, loaded: current.pages.size > 0 }));
    wanted(false);
  }, [update, wanted]);

  return useMemo(() => {
    const lastPage = state.cursors.length - 1;
    const count = state.ended === null ? lastPage * pageSize : lastPage * pageSize + state.ended;
    return {
      count,
      hasMore: state.loaded && state.ended === null && state.failure === null,
      row: (index: number) => state.pages.get(Math.floor(index / pageSize))?.[index % pageSize],
      loading: !state.loaded,
      failure: state.failure,
      show,
      retry,
    };
  }, [state, pageSize, show, retry]);
}

function withPage<Row>(
  state: State<Row>,
  index: number,
  rows: readonly Row[],
  nextCursor: string | null,
  pageSize: number,
  range: { readonly first: number; readonly last: number },
): State<Row> {
  const lowest = Math.floor(range.first / pageSize) - KEPT_AROUND;
  const highest = Math.floor(range.last / pageSize) + KEPT_AROUND;
  const pages = new Map([...state.pages].filter(([at]) => at >= lowest && at <= highest));
  pages.set(index, rows);
  // A page that moved on, because rows came in above it, moves the ones after it too.
  const moved = index + 1 < state.cursors.length && state.cursors[index + 1] !== nextCursor;
  const known = moved || nextCursor === null ? state.cursors.slice(0, index + 1) : state.cursors;
  if (moved) for (const at of pages.keys()) if (at > index) pages.delete(at);
  const cursors = nextCursor === null || known.length > index + 1 ? known : [...known, nextCursor];
  return {
    cursors,
    pages,
    ended: nextCursor === null ? rows.length : moved ? null : state.ended,
    failure: null,
    loaded: true,
  };
}

/** Counts the changes that were announced for a question, for `usePages`: pass the query key of its area. */
export function useVersion(queryKey: readonly unknown[]): number {
  const cache = useQueryClient();
  const [version, setVersion] = useState(0);
  const name = JSON.stringify(queryKey);
  useEffect(() => {
    const key = JSON.parse(name) as unknown[];
    // A query of our own under the key, so that `invalidateQueries` reaches the list too.
    const marker = [...key, { pages: true }];
    cache.setQueryData(marker, 0);
    return cache.getQueryCache().subscribe(({ type, query }) => {
      if (type !== "updated" || JSON.stringify(query.queryKey) !== JSON.stringify(marker)) return;
      if (!query.state.isInvalidated) return;
      cache.setQueryData(marker, 0);
      setVersion((known) => known + 1);
    });
  }, [cache, name]);
  return version;
}
