import { stripVTControlCharacters } from "node:util";

/*
 * Text for a terminal. What is printed may come from a routine's title or a program's output, so control sequences are
 * taken out of it: they could move the cursor, set the window's title, or hide a line.
 */

const COLOUR = new RegExp(`${String.fromCodePoint(27)}\\[[0-9;]{0,20}m`, "g");
const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE4F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{1F300}-\u{1F64F}\u{1F680}-\u{1F6FF}\u{1F900}-\u{1F9FF}\u{20000}-\u{3FFFD}]/u;
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]/u;

/** One line without control characters; line ends and tabs become spaces. */
export function oneLine(text: string): string {
  return withoutControls(stripVTControlCharacters(text).replaceAll(/\s+/g, " ")).trim();
}

/** Lines without control characters but tabs. Colours stay where they are wanted. */
export function plainLines(text: string, keepColours: boolean): string {
  if (!keepColours) return withoutControls(stripVTControlCharacters(text));
  const parts: string[] = [];
  let from = 0;
  for (const match of text.matchAll(COLOUR)) {
    parts.push(plainLines(text.slice(from, match.index), false), match[0]);
    from = match.index + match[0].length;
  }
  parts.push(plainLines(text.slice(from), false));
  return parts.join("") + (parts.length > 1 ? "\u001B[0m" : "");
}

function withoutControls(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, "").replaceAll(/[\u202A-\u202E\u2066-\u2069]/g, "");
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Columns that a text takes on a terminal; colours take none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text.replaceAll(COLOUR, ""))) width += segmentWidth(segment);
  return width;
}

/** The text cut to so many columns, with an ellipsis where something was cut. For texts without colours. */
export function truncate(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = "";
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    width += segmentWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

function segmentWidth(segment: string): number {
  if (ZERO.test(segment)) return 0;
  return WIDE.test(segment) ? 2 : 1;
}
