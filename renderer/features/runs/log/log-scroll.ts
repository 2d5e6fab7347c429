/*
 * Where one looks in a log, apart from the page. A browser cannot make an element of any height, so a very long log has a
 * scroll bar for less than its true height: small steps move by as much as they say, great ones in proportion.
 */

/** The end is kept in sight as lines come; or it stands at a line, whatever comes after it. */
export type LogPlace =
  | { readonly kind: "end" }
  | {
      readonly kind: "line";
      readonly line: number;
      /** Pixels of the line that are above the edge. */
      readonly into: number;
      /** How much further down it truly is than the scroll bar says. */
      readonly shift: number;
      /** Lines that were there when the end was left, or have been in sight since. */
      readonly seen: number;
    };

/** Height of an element at most, in CSS pixels: half of what browsers can do at 200 % zoom. */
export const MOST_PX = 8_000_000;

export interface LogExtent {
  /** True height of all lines. */
  readonly content: number;
  readonly viewport: number;
}

/** How far down the true content and the scroll bar go. */
export function depths({ content, viewport }: LogExtent): { readonly content: number; readonly bar: number } {
  const most = Math.max(0, content - viewport);
  return { content: most, bar: Math.min(most, Math.max(0, MOST_PX - viewport)) };
}

/** The true place of the upper edge after the scroll bar went from one place to another. */
export function scrolledTop(
  extent: LogExtent,
  before: number,
  bar: { readonly from: number; readonly to: number },
): number {
  const { content, bar: lowest } = depths(extent);
  if (content === lowest) return bar.to;
  if (bar.to <= 0) return 0;
  if (bar.to >= lowest - 1) return content;
  const moved = bar.to - bar.from;
  if (Math.abs(moved) <= 2 * extent.viewport) return Math.min(content, Math.max(0, before + moved));
  return (bar.to / lowest) * content;
}

/** Where the scroll bar stands for a true place. */
export function barOf(extent: LogExtent, top: number): number {
  const { content, bar } = depths(extent);
  return content === bar ? top : (top / content) * bar;
}
