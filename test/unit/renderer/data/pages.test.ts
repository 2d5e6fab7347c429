import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  countOf,
  KEPT_AROUND,
  noPages,
  onlyInSight,
  pagesInSight,
  rowOf,
  withPage,
} from "../../../../renderer/data/pages.ts";
import type { Page, Pages, Range } from "../../../../renderer/data/pages.ts";

const SIZE = 3;
const TOP: Range = { first: 0, last: 0 };

/** One page of a list as the control plane gives it: the rows after the one that the cursor names, by ascending number. */
function pageOf(rows: readonly number[], cursor: string | null): Page<number> {
  const rest = cursor === null ? rows : rows.filter((row) => row > Number(cursor));
  const page = rest.slice(0, SIZE);
  return { rows: page, nextCursor: rest.length > SIZE ? String(page.at(-1)) : null };
}

/** Loads what is in sight until nothing is missing, as the panel does once nothing changes any more. */
function settled(known: Pages<number>, rows: readonly number[], range: Range): Pages<number> {
  let pages = known;
  for (;;) {
    const missing = pagesInSight(pages, range, SIZE).find((index) => !pages.kept.has(index));
    if (missing === undefined) return pages;
    const cursor = pages.cursors[missing] ?? null;
    pages = withPage(pages, missing, cursor, pageOf(rows, cursor), SIZE, range);
  }
}

const seen = (pages: Pages<number>) =>
  Array.from({ length: countOf(pages, SIZE) }, (_, index) => rowOf(pages, index, SIZE));

describe("pages", () => {
  const rows = Array.from({ length: 8 }, (_, index) => index + 1);

  test("come one by one, and the end is known with the last", () => {
    const first = withPage(noPages<number>(), 0, null, pageOf(rows, null), SIZE, TOP);
    expect([countOf(first, SIZE), first.ended]).toEqual([3, null]);
    const all = settled(noPages(), rows, { first: 0, last: 7 });
    expect(seen(all)).toEqual(rows);
    expect(all.ended).toBe(2);
  });

  test("an empty list has no rows and an end", () => {
    const pages = settled(noPages(), [], TOP);
    expect([countOf(pages, SIZE), pages.ended]).toEqual([0, 0]);
  });

  test("a page that came with a cursor of before is of no use", () => {
    const range = { first: 0, last: 4 };
    const before = settled(noPages(), rows, range);
    const late = pageOf(rows, "3");
    const newer = [0.5, ...rows];
    const moved = withPage(before, 0, null, pageOf(newer, null), SIZE, range);
    expect(withPage(moved, 1, "3", late, SIZE, range)).toBe(moved);
    expect(seen(settled(moved, newer, range)).slice(0, 6)).toEqual([0.5, 1, 2, 3, 4, 5]);
  });

  test("a last page that goes on is the last no more", () => {
    const range = { first: 0, last: 7 };
    const before = settled(noPages(), rows, range);
    const longer = [...rows, 9, 10, 11];
    const grown = withPage(before, 2, "6", pageOf(longer, "6"), SIZE, range);
    expect([countOf(grown, SIZE), grown.ended]).toEqual([9, null]);
    expect(seen(settled(grown, longer, { first: 0, last: 10 }))).toEqual(longer);
  });

  test("what is not looked at is let go after a change, and its place is kept", () => {
    const many = Array.from({ length: 30 }, (_, index) => index + 1);
    const all = settled(noPages(), many, { first: 0, last: 14 });
    const left = onlyInSight(all, TOP, SIZE);
    expect([...left.kept.keys()]).toEqual([0, 1]);
    expect(countOf(left, SIZE)).toBe(countOf(all, SIZE));
  });
});

/** Asks for everything in sight anew, as the panel does when a change is announced. */
function renewed(known: Pages<number>, rows: readonly number[], range: Range): Pages<number> {
  let pages = onlyInSight(known, range, SIZE);
  for (const index of pagesInSight(pages, range, SIZE)) {
    const cursor = pages.cursors[index];
    if (cursor !== undefined) pages = withPage(pages, index, cursor, pageOf(rows, cursor), SIZE, range);
  }
  return pages;
}

/** Every row that somebody meets who scrolls from the top to the end, and what is known then. */
function scrolledThrough(known: Pages<number>, rows: readonly number[]): { met: number[]; pages: Pages<number> } {
  let pages = known;
  const met: number[] = [];
  for (let index = 0; ; index += 1) {
    pages = settled(pages, rows, { first: index, last: index });
    const row = rowOf(pages, index, SIZE);
    if (row === undefined) return { met, pages };
    met.push(row);
  }
}

/** What may happen to a list while somebody scrolls through it. */
const event = fc.oneof(
  fc.record({ kind: fc.constant("scroll" as const), to: fc.nat(200), rows: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ kind: fc.constant("insert" as const), row: fc.integer({ min: 1, max: 1_000 }) }),
  fc.record({ kind: fc.constant("delete" as const), at: fc.nat(60) }),
  fc.record({ kind: fc.constant("ask" as const) }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("answer" as const), which: fc.nat(20) }) },
);
const list = fc
  .uniqueArray(fc.integer({ min: 1, max: 1_000 }), { maxLength: 90, size: "max" })
  .map((rows) => rows.toSorted((one, other) => one - other));

test("however a list changes and in whatever order its pages come, rows are in order, none twice, none lost, pages few", () => {
  fc.assert(
    fc.property(list, fc.nat(90), fc.array(event, { maxLength: 60, size: "max" }), (start, from, events) => {
      let rows = start;
      let range: Range = { first: 0, last: from };
      let pages = settled(noPages(), rows, range);
      const flights: { index: number; cursor: string | null; page: Page<number> }[] = [];
      const land = (which: number) => {
        const [flight] = flights.splice(which % Math.max(1, flights.length), 1);
        if (flight) pages = withPage(pages, flight.index, flight.cursor, flight.page, SIZE, range);
      };
      for (const happens of events) {
        if (happens.kind === "scroll") {
          const first = Math.min(happens.to, Math.max(0, countOf(pages, SIZE) - 1));
          range = { first, last: first + happens.rows - 1 };
        } else if (happens.kind === "insert") {
          rows = [...new Set([...rows, happens.row])].toSorted((one, other) => one - other);
        } else if (happens.kind === "delete") {
          rows = rows.filter((_, index) => index !== happens.at);
        } else if (happens.kind === "ask") {
          for (const index of pagesInSight(pages, range, SIZE)) {
            const cursor = pages.cursors[index] ?? null;
            flights.push({ index, cursor, page: pageOf(rows, cursor) });
          }
        } else {
          land(happens.which);
        }
        const loaded = seen(pages).filter((row) => row !== undefined);
        expect(loaded).toEqual([...new Set(loaded)].toSorted((one, other) => one - other));
      }
      pages = renewed(pages, rows, { first: 0, last: 0 });
      const end = scrolledThrough(pages, rows);
      expect(end.met).toEqual(rows);
      expect(countOf(end.pages, SIZE)).toBe(rows.length);
    }),
    { numRuns: 200 },
  );
});

test("whoever scrolls far keeps few pages", () => {
  const rows = Array.from({ length: 3_000 }, (_, index) => index + 1);
  const { met, pages } = scrolledThrough(noPages(), rows);
  expect(met).toEqual(rows);
  expect(pages.kept.size).toBeLessThanOrEqual(2 * KEPT_AROUND + 2);
});
