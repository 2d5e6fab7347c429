/** One key of a .env file. */
export interface DotenvEntry {
  readonly key: string;
  readonly value: string;
  /** Of its key, from 1. */
  readonly line: number;
}

/** Something to say about one line of the file. It never repeats a value. */
export interface DotenvRemark {
  readonly line: number;
  readonly message: string;
}

export interface Dotenv {
  /** In the order of the file; of equal keys the last one. */
  readonly entries: readonly DotenvEntry[];
  /** What was read in a way that may surprise. */
  readonly notes: readonly DotenvRemark[];
  /** Lines that mean nothing. Where there is one, the file was not understood. */
  readonly problems: readonly DotenvRemark[];
}

/**
 * Reads a .env file: `KEY=value`, with or without `export`, comments after `#`, blank lines. Quotes keep spaces, `#` and
 * line ends; single quotes and backticks take everything as it stands, double quotes know `\n`, `\r`, `\t`, `\"`, `\\` and
 * `\$`. `$NAME` is never filled in. CRLF is read as LF, and a byte order mark is passed over. Takes time in proportion to
 * the text.
 */
export function parseDotenv(text: string): Dotenv {
  const source = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  const entries = new Map<string, DotenvEntry>();
  const notes: DotenvRemark[] = [];
  const problems: DotenvRemark[] = [];
  let at = 0;
  let line = 1;
  while (at < source.length) {
    const end = lineEnd(source, at);
    const read = readLine(source, at, end);
    if (read.kind === "problem") problems.push({ line, message: read.message });
    if (read.kind === "entry") {
      const { key, value } = read;
      const earlier = entries.get(key);
      if (earlier)
        notes.push({ line, message: `${key} is here again; this one counts, not that of line ${earlier.line}.` });
      if (read.mayExpand && /\$(?:\w|\{)/.test(value)) {
        notes.push({ line, message: `${key} is taken as it stands: nothing is filled in for the $ in it.` });
      }
      // The last one counts at its own place.
      entries.delete(key);
      entries.set(key, { key, value, line });
    }
    const next = read.kind === "entry" ? read.end : end;
    line += linesBetween(source, at, next) + 1;
    at = next + 1;
  }
  return { entries: [...entries.values()], notes, problems };
}

type Read =
  | { readonly kind: "nothing" }
  | { readonly kind: "problem"; readonly message: string }
  | {
      readonly kind: "entry";
      readonly key: string;
      readonly value: string;
      /** Other readers would fill in variables here. */
      readonly mayExpand: boolean;
      /** Where its last line ends. */
      readonly end: number;
    };

function readLine(source: string, start: number, end: number): Read {
  const line = source.slice(start, end);
  if (/^\s*(?:#|$)/.test(line)) return { kind: "nothing" };
  const head = /^[ \t]*(?:export[ \t]+)?([^=\s'"]*)[ \t]*(=?)[ \t]*/.exec(line);
  const key = head?.[1] ?? "";
  if (!head || head[2] === "") return { kind: "problem", message: "there is no KEY=value here." };
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) || key === "__proto__") {
    return { kind: "problem", message: "what stands before = cannot be the name of a variable." };
  }
  const from = start + head[0].length;
  const quote = source.charAt(from);
  if (from < end && (quote === "'" || quote === '"' || quote === "`")) return readQuoted(source, key, quote, from);
  return { kind: "entry", key, value: bare(source.slice(from, end)), mayExpand: true, end };
}

function readQuoted(source: string, key: string, quote: string, from: number): Read {
  const close = quote === '"' ? closingDouble(source, from + 1) : source.indexOf(quote, from + 1);
  if (close === -1) return { kind: "problem", message: `the quote of ${key} is not closed.` };
  const end = lineEnd(source, close);
  if (!/^[ \t]*(?:#.*)?$/.test(source.slice(close + 1, end))) {
    return { kind: "problem", message: `something stands behind the closing quote of ${key}.` };
  }
  const inner = source.slice(from + 1, close);
  return { kind: "entry", key, value: quote === '"' ? unescaped(inner) : inner, mayExpand: quote === '"', end };
}

function closingDouble(source: string, from: number): number {
  for (let at = from; at < source.length; at += 1) {
    const character = source.charAt(at);
    if (character === '"') return at;
    if (character === "\\") at += 1;
  }
  return -1;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\", $: "$" };

function unescaped(inner: string): string {
  return inner.replaceAll(/\\([^])/g, (whole, letter: string) => ESCAPES[letter] ?? whole);
}

/** A value without quotes: a `#` begins a comment at its front or behind a space. */
function bare(text: string): string {
  const comment = text.search(/(?:^|[ \t])#/);
  return (comment === -1 ? text : text.slice(0, comment)).trim();
}

function lineEnd(source: string, from: number): number {
  const end = source.indexOf("\n", from);
  return end === -1 ? source.length : end;
}

function linesBetween(source: string, from: number, to: number): number {
  let count = 0;
  for (let at = source.indexOf("\n", from); at !== -1 && at < to; at = source.indexOf("\n", at + 1)) count += 1;
  return count;
}
