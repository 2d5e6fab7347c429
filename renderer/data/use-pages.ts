import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { failureOf } from "./failure.ts";
import type { Failure } from "./failure.ts";
import { countOf, noPages, onlyInSight, pagesInSight, rowOf, withPage } from "./pages.ts";
import type { Page, Pages } from "./pages.ts";

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
  readonly pages: Pages<Row>;
  readonly failure: Failure | null;
  readonly loaded: boolean;
}

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
  const empty: State<Row> = { pages: noPages(), failure: null, loaded: false };
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
      const cursor = before.pages.cursors[index];
      if (cursor === undefined || flights.current.has(index)) return;
      const flight = new AbortController();
      flights.current.set(index, flight);
      loadPage(cursor ?? undefined, flight.signal).then(
        (page) => {
          if (flight.signal.aborted) return;
          flights.current.delete(index);
          update(ofKey, ({ pages }) => ({
            pages: withPage(pages, index, cursor, page, pageSize, range.current),
            failure: null,
            loaded: true,
          }));
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
      for (const index of pagesInSight(current.pages, range.current, pageSize)) {
        if (!onlyMissing || !current.pages.kept.has(index)) fetchPage(index);
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
    update(latest.current.key, (current) => ({
      ...current,
      pages: onlyInSight(current.pages, range.current, pageSize),
    }));
    wanted(false);
  }, [version, wanted, abandon, update, pageSize]);

  // A page that moved leaves gaps in what is looked at, and one that came too late leaves its own.
  useEffect(() => wanted(true), [held, wanted]);

  const show = useCallback(
    (first: number, last: number) => {
      range.current = { first, last };
      wanted(true);
    },
    [wanted],
  );
  const retry = useCallback(() => {
    update(latest.current.key, (current) => ({ ...current, failure: null, loaded: current.pages.kept.size > 0 }));
    wanted(false);
  }, [update, wanted]);

  return useMemo(() => {
    const { pages, failure, loaded } = state;
    return {
      count: countOf(pages, pageSize),
      hasMore: loaded && pages.ended === null && failure === null,
      row: (index: number) => rowOf(pages, index, pageSize),
      loading: !loaded,
      failure,
      show,
      retry,
    };
  }, [state, pageSize, show, retry]);
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
    // Nothing observes it, so it would be collected after a while, and the list would hear of no change any more.
    cache.setQueryDefaults(marker, { gcTime: Number.POSITIVE_INFINITY });
    cache.setQueryData(marker, 0);
    return cache.getQueryCache().subscribe((event) => {
      // By what happened, not by how the marker stands: another list of the same kind may have heard first.
      if (event.type !== "updated" || event.action.type !== "invalidate") return;
      if (JSON.stringify(event.query.queryKey) !== JSON.stringify(marker)) return;
      cache.setQueryData(marker, 0);
      setVersion((known) => known + 1);
    });
  }, [cache, name]);
  return version;
}
