/** One field of an expression: what it allows, and how it was written. */
export interface CronField {
  /** As written, in small letters. */
  readonly text: string;
  /** In ascending order; days of the week from 0 (Sunday) to 6. */
  readonly values: readonly number[];
  /** Begins with `*`: the field leaves its unit to the clock, also with a step as in Vixie cron. */
  readonly star: boolean;
}

export interface CronExpression {
  readonly minute: CronField;
  readonly hour: CronField;
  readonly dayOfMonth: CronField;
  readonly month: CronField;
  readonly dayOfWeek: CronField;
}

/** What is wrong with a text, and where: `position` counts characters from 0, over `length` characters. */
export interface CronProblem {
  readonly message: string;
  readonly position: number;
  readonly length: number;
}

export type CronParsed =
  | { readonly ok: true; readonly expression: CronExpression }
  | { readonly ok: false; readonly problem: CronProblem };

/** Characters of an expression. All sixty minutes written out, in each field, are fewer. */
const LONGEST_EXPRESSION = 1_000;

interface FieldRule {
  readonly name: string;
  readonly lowest: number;
  readonly highest: number;
  /** What the end of a `*` or of `n/step` is; 7 is a second name of Sunday, and no eighth day. */
  readonly last: number;
  /** Names of the values, from `lowest`. */
  readonly names: readonly string[];
}

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const RULES = {
  minute: { name: "minute", lowest: 0, highest: 59, last: 59, names: [] },
  hour: { name: "hour", lowest: 0, highest: 23, last: 23, names: [] },
  dayOfMonth: { name: "day of the month", lowest: 1, highest: 31, last: 31, names: [] },
  month: { name: "month", lowest: 1, highest: 12, last: 12, names: MONTHS },
  dayOfWeek: { name: "day of the week", lowest: 0, highest: 7, last: 6, names: DAYS },
} as const satisfies Record<keyof CronExpression, FieldRule>;

const NICKNAMES: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

/** Days that a month has at most, from January. */
const LONGEST_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A piece of the text and where it begins. */
interface Piece {
  readonly text: string;
  readonly at: number;
}

/** Raised within this file only, to leave the descent at the first problem. */
class Problem extends Error {
  readonly problem: CronProblem;

  constructor({ text, at }: Piece, message: string) {
    super(message);
    this.problem = { message, position: at, length: Math.max(1, text.length) };
  }
}

/**
 * Reads five fields (`*`, lists, ranges, steps, names, 7 for Sunday) or a nickname such as `@daily`. Junk is a problem with
 * its position, and so is what no day ever matches, such as 31 February.
 */
export function parseCron(source: string): CronParsed {
  try {
    return { ok: true, expression: expressionOf(source) };
  } catch (error) {
    if (error instanceof Problem) return { ok: false, problem: error.problem };
    throw error;
  }
}

/** The five fields as text. Parsing it gives an equal expression. */
export function printCron({ minute, hour, dayOfMonth, month, dayOfWeek }: CronExpression): string {
  return [minute, hour, dayOfMonth, month, dayOfWeek].map(({ text }) => text).join(" ");
}

/** Day of the month and day of the week are alternatives when neither begins with `*`. */
export function daysAreAlternatives({ dayOfMonth, dayOfWeek }: CronExpression): boolean {
  return !dayOfMonth.star && !dayOfWeek.star;
}

/** The text with the problem's place marked: `0 >25< * * *`. */
export function markProblem(source: string, { position, length }: CronProblem): string {
  const [from, to] = [Math.max(0, position - 60), position + Math.min(length, 60)];
  const head = `${from > 0 ? "…" : ""}${source.slice(from, position)}`;
  const tail = `${source.slice(to, to + 60)}${source.length > to + 60 ? "…" : ""}`;
  return `${head}>${source.slice(position, to)}<${tail}`;
}

function expressionOf(source: string): CronExpression {
  if (source.length > LONGEST_EXPRESSION) {
    throw new Problem(
      { text: source.slice(LONGEST_EXPRESSION), at: LONGEST_EXPRESSION },
      `it is longer than ${LONGEST_EXPRESSION} characters`,
    );
  }
  const pieces = piecesOf(source);
  const [first] = pieces;
  if (!first) throw new Problem({ text: "", at: 0 }, "it is empty; five fields are wanted");
  const fields = first.text.startsWith("@") ? fieldsOfNickname(first, pieces) : pieces;
  const [minute, hour, dayOfMonth, month, dayOfWeek, surplus] = fields;
  if (surplus) {
    const seconds = fields.length === 6 ? "; there is none for seconds or years" : "";
    throw new Problem(surplus, `it has ${fields.length} fields instead of five${seconds}`);
  }
  if (!minute || !hour || !dayOfMonth || !month || !dayOfWeek) {
    const words = Object.values(RULES)
      .slice(fields.length)
      .map(({ name }) => name);
    throw new Problem(
      { text: "", at: source.length },
      `the ${words.join(", ")} ${words.length > 1 ? "are" : "is"} missing`,
    );
  }
  const expression: CronExpression = {
    minute: readField(minute, RULES.minute),
    hour: readField(hour, RULES.hour),
    dayOfMonth: readField(dayOfMonth, RULES.dayOfMonth),
    month: readField(month, RULES.month),
    dayOfWeek: readField(dayOfWeek, RULES.dayOfWeek),
  };
  if (!canMatch(expression)) {
    const days = expression.dayOfMonth.values.join(", ");
    throw new Problem(dayOfMonth, `it never matches: none of its months has a day ${days}`);
  }
  return expression;
}

function piecesOf(source: string): Piece[] {
  return [...source.matchAll(/[^ \t]+/g)].map((match) => ({ text: match[0], at: match.index }));
}

function fieldsOfNickname(first: Piece, pieces: readonly Piece[]): Piece[] {
  const fields = NICKNAMES[first.text.toLowerCase()];
  if (fields === undefined || !Object.hasOwn(NICKNAMES, first.text.toLowerCase())) {
    throw new Problem(first, `${quoted(first)} is none of ${Object.keys(NICKNAMES).join(", ")}`);
  }
  const [, surplus] = pieces;
  if (surplus) throw new Problem(surplus, `nothing may follow ${first.text}`);
  return piecesOf(fields);
}

/** Every day of every month falls on each day of the week in some year, so only the lengths of months decide. */
function canMatch(expression: CronExpression): boolean {
  if (daysAreAlternatives(expression)) return true;
  const [day = 1] = expression.dayOfMonth.values;
  return expression.month.values.some((month) => day <= (LONGEST_MONTH[month - 1] ?? 0));
}

function readField(piece: Piece, rule: FieldRule): CronField {
  const values = new Set<number>();
  let at = piece.at;
  for (const text of piece.text.split(",")) {
    for (const value of readItem({ text, at }, rule)) values.add(value > rule.last ? rule.lowest : value);
    at += text.length + 1;
  }
  return {
    text: piece.text.toLowerCase(),
    values: [...values].toSorted((a, b) => a - b),
    star: piece.text.startsWith("*"),
  };
}

/** `*`, `n`, `a-b`, each with `/step` behind it or not. */
function readItem(item: Piece, rule: FieldRule): number[] {
  if (item.text === "") throw new Problem(item, `a value of the ${rule.name} is missing`);
  const slash = item.text.indexOf("/");
  const range = slash < 0 ? item : { text: item.text.slice(0, slash), at: item.at };
  const step = slash < 0 ? 1 : readStep({ text: item.text.slice(slash + 1), at: item.at + slash + 1 }, rule);
  const [from, to] = readRange(range, rule, slash >= 0);
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
}

function readStep(piece: Piece, rule: FieldRule): number {
  const most = rule.last - rule.lowest + 1;
  if (!/^[0-9]+$/.test(piece.text)) throw new Problem(piece, `the step ${quoted(piece)} is no number`);
  const step = Number(piece.text);
  if (step < 1 || step > most) throw new Problem(piece, `a step of the ${rule.name} is from 1 to ${most}`);
  return step;
}

function readRange(piece: Piece, rule: FieldRule, stepped: boolean): [from: number, to: number] {
  if (piece.text === "*") return [rule.lowest, rule.last];
  const dash = piece.text.indexOf("-");
  if (dash < 0) {
    const value = readValue(piece, rule);
    return [value, stepped ? Math.max(value, rule.last) : value];
  }
  const from = readValue({ text: piece.text.slice(0, dash), at: piece.at }, rule);
  const last = { text: piece.text.slice(dash + 1), at: piece.at + dash + 1 };
  const read = readValue(last, rule);
  // `fri-sun` ends on the Sunday after its Friday.
  const to = rule.last < rule.highest && last.text.toLowerCase() === "sun" && from > 0 ? rule.highest : read;
  if (from > to) throw new Problem(piece, `the range ${quoted(piece)} ends before it begins; write it as two`);
  return [from, to];
}

function readValue(piece: Piece, rule: FieldRule): number {
  if (piece.text === "") throw new Problem(piece, `a value of the ${rule.name} is missing`);
  const named = rule.names.indexOf(piece.text.toLowerCase());
  if (named >= 0) return rule.lowest + named;
  if (!/^[0-9]+$/.test(piece.text)) {
    const names = rule.names.length > 0 ? ` or a name such as ${rule.names[1]}` : "";
    throw new Problem(piece, `${quoted(piece)} is no ${rule.name}; it takes a number${names}`);
  }
  const value = Number(piece.text);
  if (value < rule.lowest || value > rule.highest) {
    throw new Problem(piece, `${quoted(piece)} is no ${rule.name}; it is from ${rule.lowest} to ${rule.highest}`);
  }
  return value;
}

function quoted({ text }: Piece): string {
  return text.length > 20 ? `"${text.slice(0, 20)}…"` : `"${text}"`;
}
