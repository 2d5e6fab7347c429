/*
 * What is known of a long list that is loaded page by page: a page begins after the cursor with which the one before it
 * ended. Only pages near what is looked at are kept.
 */

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly nextCursor: string | null;
}

export interface Pages<Row> {
  /** The cursor with which each known page begins; null for the first one. */
  readonly cursors: readonly (string | null)[];
  /** Rows of the pages that are kept, by number. */
  readonly kept: ReadonlyMap<number, readonly Row[]>;
  /** Rows of the last page where the end is known. */
  readonly ended: number | null;
}

/** Numbers of rows, both inclusive. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** Pages that are kept on each side of what is looked at. Memory stays the same however long the list is. */
export const KEPT_AROUND = 6;

export function noPages<Row>(): Pages<Row> {
  return { cursors: [null], kept: new Map(), ended: null };
}

/** Rows known so far. */
export function countOf({ cursors, ended }: Pages<unknown>, pageSize: number): number {
  return (cursors.length - 1) * pageSize + (ended ?? 0);
}

export function rowOf<Row>({ kept }: Pages<Row>, index: number, pageSize: number): Row | undefined {
  return kept.get(Math.floor(index / pageSize))?.[index % pageSize];
}

/** Numbers of the known pages that are looked at, and of the one after them, so that scrolling seldom meets a gap. */
export function pagesInSight({ cursors }: Pages<unknown>, { first, last }: Range, pageSize: number): number[] {
  const from = Math.floor(first / pageSize);
  const to = Math.min(Math.floor(last / pageSize) + 1, cursors.length - 1);
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}

/**
 * Puts in a page that was asked for with a cursor. Where that cursor no longer is the page's, because rows came or went
 * above it, the page is of no use: it would leave out rows, or have them twice.
 */
export function withPage<Row>(
  known: Pages<Row>,
  index: number,
  cursor: string | null,
  { rows, nextCursor }: Page<Row>,
  pageSize: number,
  range: Range,
): Pages<Row> {
  if (index >= known.cursors.length || known.cursors[index] !== cursor) return known;
  const lowest = Math.floor(range.first / pageSize) - KEPT_AROUND;
  const highest = Math.floor(range.last / pageSize) + KEPT_AROUND;
  const following = known.cursors[index + 1];
  const stays = following !== undefined && following === nextCursor;
  // A page that ends elsewhere than before moves the ones after it.
  const kept = new Map([...known.kept].filter(([at]) => at >= lowest && at <= highest && (stays || at < index)));
  kept.set(index, rows);
  if (stays) return { ...known, kept };
  const before = known.cursors.slice(0, index + 1);
  return nextCursor === null
    ? { cursors: before, kept, ended: rows.length }
    : { cursors: [...before, nextCursor], kept, ended: null };
}

/** Lets go of what is not looked at, because it may have changed; it is loaded anew when it is scrolled to. */
export function onlyInSight<Row>(known: Pages<Row>, range: Range, pageSize: number): Pages<Row> {
  const seen = pagesInSight(known, range, pageSize);
  return { ...known, kept: new Map([...known.kept].filter(([at]) => seen.includes(at))) };
}
