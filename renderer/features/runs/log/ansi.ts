import { nearestColour, paletteColour } from "./ansi-colours.ts";
import type { Colour } from "./ansi-colours.ts";

/*
 * What a line of a log says once the sequences that terminals understand are taken out of it. Colours and weights are kept
 * as names of the panel's own; everything else of a sequence is left out. Nothing that a program printed is interpreted
 * beyond that: a control character is shown by its name.
 */

export interface TextStyle {
  readonly foreground: Colour | null;
  readonly background: Colour | null;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
}

export interface TextPart {
  /** Empty where a control character stands. */
  readonly text: string;
  readonly style: TextStyle;
  /** The name of a control character that stands here, such as `BEL` or `RLO`. */
  readonly control: string | null;
}

export const PLAIN: TextStyle = {
  foreground: null,
  background: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
};

/**
 * Control sequences (CSI), those with a string (OSC, DCS, SOS, PM, APC) and the short ones. Every part ends at the next
 * escape at the latest. The search of the control plane leaves out the same.
 */
const SEQUENCE =
  // oxlint-disable-next-line no-control-regex
  /(?:\u001b\[|\u009b)([0-?]*)[ -/]*([@-~])|\u001b[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-~]/g;

/** C0 without tab and carriage return, DEL, C1, embeddings, overrides and isolates of direction, and line separators. */
const CONTROL =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000a-\u000c\u000e-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

const HAS_ANY =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

/** The parts of a line, in their order. Never throws; the text of the parts together is never longer than the line. */
export function partsOf(line: string): readonly TextPart[] {
  if (!HAS_ANY.test(line)) return line === "" ? [] : [{ text: line, style: PLAIN, control: null }];
  const canvas = createCanvas();
  let style = PLAIN;
  let from = 0;
  for (const match of line.matchAll(SEQUENCE)) {
    const [sequence, parameters, final] = match;
    canvas.write(line.slice(from, match.index), style);
    from = match.index + sequence.length;
    if (final === "m") style = styled(style, parameters ?? "");
    if (final === "K") canvas.erase(parameters ?? "");
  }
  canvas.write(line.slice(from), style);
  return canvas.parts();
}

/** What the parts say, as one text. */
export function textOf(parts: readonly TextPart[]): string {
  return parts.map(({ text }) => text).join("");
}

/**
 * A line as it is written. A carriage return goes back to its beginning, and what follows takes the place of what was
 * there, so that a progress bar shows its last state.
 */
function createCanvas() {
  let done: TextPart[] = [];
  /** What stood there before the last carriage return, beyond what was written since. */
  let below: TextPart[] = [];
  const put = (part: TextPart) => {
    const last = done.at(-1);
    if (last && last.control === null && part.control === null && last.style === part.style) {
      done[done.length - 1] = { ...last, text: last.text + part.text };
    } else done.push(part);
    below = after(below, part.control === null ? part.text.length : 1);
  };
  const writeText = (text: string, style: TextStyle) => {
    let from = 0;
    for (const match of text.matchAll(CONTROL)) {
      if (match.index > from) put({ text: text.slice(from, match.index), style, control: null });
      put({ text: "", style, control: controlName(match[0]) });
      from = match.index + match[0].length;
    }
    if (from < text.length) put({ text: text.slice(from), style, control: null });
  };
  return {
    write: (text: string, style: TextStyle) => {
      const [first = "", ...rewritten] = text.split("\r");
      writeText(first, style);
      for (const piece of rewritten) {
        below = [...done, ...below];
        done = [];
        writeText(piece, style);
      }
    },
    erase: (parameters: string) => {
      if (parameters === "" || parameters === "0" || parameters === "2") below = [];
    },
    parts: (): readonly TextPart[] => [...done, ...below],
  };
}

/** The parts without their first characters. A name of a control character counts as one. */
function after(parts: TextPart[], length: number): TextPart[] {
  if (parts.length === 0) return parts;
  let left = length;
  let at = 0;
  for (; at < parts.length; at += 1) {
    const part = parts[at];
    if (part === undefined) break;
    const size = part.control === null ? part.text.length : 1;
    if (left < size)
      return left === 0 ? parts.slice(at) : [{ ...part, text: part.text.slice(left) }, ...parts.slice(at + 1)];
    left -= size;
  }
  return [];
}

const C0 =
  "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US".split(
    " ",
  );
const NAMED: ReadonlyMap<number, string> = new Map([
  [0x7f, "DEL"],
  [0x85, "NEL"],
  [0x9b, "CSI"],
  [0x2028, "LS"],
  [0x2029, "PS"],
  [0x202a, "LRE"],
  [0x202b, "RLE"],
  [0x202c, "PDF"],
  [0x202d, "LRO"],
  [0x202e, "RLO"],
  [0x2066, "LRI"],
  [0x2067, "RLI"],
  [0x2068, "FSI"],
  [0x2069, "PDI"],
]);

function controlName(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return C0[code] ?? NAMED.get(code) ?? `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** A style after a sequence that selects how text looks (SGR). What is not known changes nothing. */
function styled(style: TextStyle, parameters: string): TextStyle {
  const codes = parameters.split(/[;:]/).map((code) => (code === "" ? 0 : Number(code)));
  let next = style;
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    if (code === 38 || code === 48) {
      const { colour, used } = extendedColour(codes, at + 1);
      at += used;
      if (colour !== null) next = withStyle(next, code === 38 ? { foreground: colour } : { background: colour });
    } else next = code === 0 ? PLAIN : withStyle(next, simpleStyle(code));
  }
  return next;
}

function withStyle(style: TextStyle, change: Partial<TextStyle>): TextStyle {
  return { ...style, ...change };
}

/** The colour after 38 or 48: `5;n` of the palette of 256, or `2;r;g;b`. */
function extendedColour(codes: readonly number[], at: number): { colour: Colour | null; used: number } {
  const [kind, first = 0, second = 0, third = 0] = codes.slice(at, at + 4);
  if (kind === 5) return { colour: paletteColour(first), used: 2 };
  if (kind === 2) return { colour: nearestColour(first, second, third), used: 4 };
  return { colour: null, used: 0 };
}

function simpleStyle(code: number): Partial<TextStyle> {
  if (code >= 30 && code <= 37) return { foreground: paletteColour(code - 30) };
  if (code >= 40 && code <= 47) return { background: paletteColour(code - 40) };
  if (code >= 90 && code <= 97) return { foreground: paletteColour(code - 82) };
  if (code >= 100 && code <= 107) return { background: paletteColour(code - 92) };
  switch (code) {
    case 1:
      return { bold: true };
    case 2:
      return { dim: true };
    case 3:
      return { italic: true };
    case 4:
    case 21:
      return { underline: true };
    case 7:
      return { inverse: true };
    case 22:
      return { bold: false, dim: false };
    case 23:
      return { italic: false };
    case 24:
      return { underline: false };
    case 27:
      return { inverse: false };
    case 39:
      return { foreground: null };
    case 49:
      return { background: null };
    default:
      return {};
  }
}
