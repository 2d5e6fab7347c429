import { useCallback, useEffect, useLayoutEffect, useMemo, useState } from "react";
import type { RefCallback } from "react";
import { flushSync } from "react-dom";
import { createLineHeights } from "./line-heights.ts";
import { barOf, depths, MOST_PX, scrolledTop } from "./log-scroll.ts";
import type { LogPlace } from "./log-scroll.ts";

/** Height of a line that does not wrap, in CSS pixels, as the style sheet has it. */
const ROW_PX = 20;
/** Lines that are drawn beyond each edge. */
const OVERSCAN = 12;
/** Pixels from the end at which it counts as being looked at. */
const NEAR_END = 4;

export interface LogScroll {
  readonly scroller: RefCallback<HTMLDivElement>;
  /** To be put on every line that is drawn. */
  readonly measure: RefCallback<HTMLElement>;
  /** Height of what is scrolled, and where the drawn lines begin in it. */
  readonly height: number;
  readonly offset: number;
  /** The lines that are drawn, `last` inclusive; -1 where there is none. */
  readonly first: number;
  readonly last: number;
  readonly atEnd: boolean;
  /** Lines that came since the end was left. */
  readonly unseen: number;
  /** Takes where the scroll bar stands. */
  onScroll(scrollTop: number): void;
  onScrollEnd(): void;
  toEnd(): void;
  toLine(line: number): void;
}

/** Draws only the lines in sight of a log of any length, and stays at its end while one is there. */
export function useLogScroll(total: number, wraps: boolean): LogScroll {
  const [element, setElement] = useState<HTMLDivElement | null>(null);
  const [size, setSize] = useState({ width: 0, height: 600 });
  const [place, setPlace] = useState<LogPlace>({ kind: "end" });
  const [, setMeasured] = useState(0);
  const width = wraps ? size.width : 0;
  // Other widths make other heights.
  const [held, setHeld] = useState(() => ({ width, heights: createLineHeights(ROW_PX) }));
  if (held.width !== width) setHeld({ width, heights: createLineHeights(ROW_PX) });
  const { heights } = held;

  const extent = { content: heights.topOf(total), viewport: size.height };
  const depth = depths(extent);
  const top = place.kind === "end" ? depth.content : Math.min(depth.content, heights.topOf(place.line) + place.into);
  const wantedBar = place.kind === "end" ? depth.bar : top - place.shift;
  const firstSeen = heights.lineAt(top, total).line;
  const lastSeen = total === 0 ? -1 : heights.lineAt(top + size.height, total).line;
  const first = Math.max(0, firstSeen - OVERSCAN);
  const last = Math.min(total - 1, lastSeen + OVERSCAN);

  const stand = (nextTop: number, nextBar: number) => {
    const { line, into } = heights.lineAt(nextTop, total);
    const seen = Math.max(
      place.kind === "line" ? place.seen : total,
      heights.lineAt(nextTop + size.height, total).line + 1,
    );
    return nextTop >= depth.content - NEAR_END
      ? ({ kind: "end" } as const)
      : ({ kind: "line", line, into, shift: nextTop - nextBar, seen } as const);
  };

  // The page follows what is said here: when lines come at the end, and when lines above turn out higher than thought.
  useLayoutEffect(() => {
    if (element === null || Math.abs(element.scrollTop - wantedBar) < 1) return;
    element.scrollTo({ top: wantedBar, behavior: "instant" });
  }, [element, wantedBar]);

  useEffect(() => {
    if (element === null) return;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);

  const observer = useMemo(
    () =>
      new ResizeObserver((entries) => {
        let news = false;
        for (const { target } of entries) {
          if (!(target instanceof HTMLElement) || !target.isConnected) continue;
          if (heights.measure(Number(target.dataset["line"]), target.offsetHeight)) news = true;
        }
        // Before the page is painted, so that nothing is seen to move.
        if (news) flushSync(() => setMeasured((count) => count + 1));
      }),
    [heights],
  );
  useEffect(() => () => observer.disconnect(), [observer]);
  const measure = useCallback(
    (element: HTMLElement | null) => {
      if (element === null) return;
      observer.observe(element);
      return () => observer.unobserve(element);
    },
    [observer],
  );

  return {
    scroller: setElement,
    measure,
    height: Math.min(extent.content, MOST_PX),
    offset: Math.max(0, heights.topOf(first) - (top - wantedBar)),
    first,
    last,
    atEnd: place.kind === "end",
    unseen: place.kind === "end" ? 0 : Math.max(0, total - place.seen),
    onScroll: (to) => {
      // What the operator did not scroll is no other place.
      if (Math.abs(to - wantedBar) < 1) return;
      flushSync(() => setPlace(stand(scrolledTop(extent, top, { from: wantedBar, to }), to)));
    },
    onScrollEnd: () => {
      if (place.kind === "end" || depth.content === depth.bar) return;
      setPlace(stand(top, Math.round(barOf(extent, top))));
    },
    toEnd: () => setPlace({ kind: "end" }),
    toLine: (line) => {
      const wanted = Math.min(depth.content, Math.max(0, heights.topOf(line) - Math.floor(size.height / 3)));
      setPlace({ ...stand(wanted, Math.round(barOf(extent, wanted))) });
    },
  };
}
