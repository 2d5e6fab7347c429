import type { TextPart, TextStyle } from "./ansi.ts";
import { textOf } from "./ansi.ts";

/** A piece of a line that is drawn in one way. */
export interface Segment {
  /** Its place among the pieces of the line, from 0. */
  readonly place: number;
  readonly text: string;
  readonly style: TextStyle;
  readonly control: string | null;
  /** It is what was searched for. */
  readonly found: boolean;
}

export interface LineSegments {
  readonly segments: readonly Segment[];
  /** Characters that were left out at the end. */
  readonly leftOut: number;
}

/** The parts of a line up to a number of characters, cut where a text that is searched for begins and ends. */
export function segmentsOf(parts: readonly TextPart[], limit: number, find: string): LineSegments {
  const found = find === "" ? [] : foundIn(textOf(parts), find);
  const segments: Segment[] = [];
  let at = 0;
  let leftOut = 0;
  for (const part of parts) {
    const kept = wholeCharacters(part.text, limit - at);
    leftOut += part.text.length - kept.length;
    if (part.control !== null) {
      if (at < limit) segments.push({ ...part, place: segments.length, found: false });
      continue;
    }
    let from = 0;
    while (from < kept.length) {
      const range = found.find(({ end }) => end > at + from);
      const inside = range !== undefined && range.start <= at + from;
      const until = range === undefined ? kept.length : (inside ? range.end : range.start) - at;
      const end = Math.min(until, kept.length);
      segments.push({
        place: segments.length,
        text: kept.slice(from, end),
        style: part.style,
        control: null,
        found: inside,
      });
      from = end;
    }
    at += part.text.length;
  }
  return { segments, leftOut };
}

/** The beginning of a text, never with half a character at its end. */
function wholeCharacters(text: string, length: number): string {
  if (length >= text.length) return text;
  if (length <= 0) return "";
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

/** Ranges of a line that hold a text, whatever its case. */
function foundIn(line: string, find: string): readonly { readonly start: number; readonly end: number }[] {
  const pattern = new RegExp(find.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "giu");
  return [...line.matchAll(pattern)].map((match) => ({ start: match.index, end: match.index + match[0].length }));
}
