import { displayWidth, oneLine, truncate } from "./text.ts";

export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string | number | null | undefined;
  /** Figures stand on the right. */
  readonly right?: boolean;
  /** Never cut, such as an id that is to be copied. */
  readonly whole?: boolean;
  /** Left out where there is no room for all; of several, the lowest number goes first. */
  readonly spare?: number;
  /** How a cell looks once it has its width; it may add colours and nothing else. */
  readonly paint?: (cell: string, row: Row) => string;
}

const GUTTER = "  ";
/** A column is not cut below this; where even that is too wide, lines run over the edge. */
const NARROWEST = 8;
/** Before other columns are cut below this, spare ones are left out. */
const READABLE = 20;

/**
 * A table of one line per row, at most `width` columns wide. Where it would be wider, spare columns are left out, then the
 * widest others are cut, and an ellipsis says so. `null` is unlimited, for output that is not a terminal. The title line
 * is painted by `heading`.
 */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number | null,
  heading: (line: string) => string = (line) => line,
): string {
  const shown = width === null ? columns : withRoom(columns, rows, width);
  return renderColumns(shown, rows, width, heading);
}

function renderColumns<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number | null,
  heading: (line: string) => string,
): string {
  const cells = rows.map((row) => columns.map((column) => cellText(column, row)));
  const natural = columns.map((column) => naturalWidth(column, rows));
  const least = columns.map((column, index) => leastWidth(column, natural[index] ?? 0, NARROWEST));
  const widths = width === null ? natural : fit(natural, least, width - GUTTER.length * (columns.length - 1));
  const line = (texts: readonly string[], paint: (cell: string, index: number) => string) =>
    texts
      .map((text, index) => {
        const cut = truncate(text, widths[index] ?? 0);
        const gap = " ".repeat(Math.max(0, (widths[index] ?? 0) - displayWidth(cut)));
        const painted = paint(cut, index);
        if (columns[index]?.right) return gap + painted;
        return index === texts.length - 1 ? painted : painted + gap;
      })
      .join(GUTTER);
  const titles = heading(
    line(
      columns.map((column) => column.title),
      (cell) => cell,
    ),
  );
  const body = rows.map((row, at) =>
    line(cells[at] ?? [], (cell, index) => columns[index]?.paint?.(cell, row) ?? cell),
  );
  return [titles, ...body].map((text) => `${text.trimEnd()}\n`).join("");
}

function cellText<Row>(column: Column<Row>, row: Row): string {
  return oneLine(String(column.of(row) ?? "–"));
}

function naturalWidth<Row>(column: Column<Row>, rows: readonly Row[]): number {
  return Math.max(displayWidth(column.title), ...rows.map((row) => displayWidth(cellText(column, row))));
}

function leastWidth<Row>(column: Column<Row>, natural: number, least: number): number {
  return column.whole ? natural : Math.min(natural, least);
}

/** The columns without as many of the spare ones as there is no room for. */
function withRoom<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): readonly Column<Row>[] {
  const gutters = GUTTER.length * (columns.length - 1);
  const wanted = columns.map((column) => leastWidth(column, naturalWidth(column, rows), READABLE));
  const lowest = Math.min(...columns.map((column) => column.spare ?? Infinity));
  const spare = columns.findIndex((column) => column.spare === lowest);
  if (spare < 0 || gutters + sum(wanted) <= width) return columns;
  return withRoom(columns.toSpliced(spare, 1), rows, width);
}

/** Takes from the widest columns that can give, again and again, until all fit or none can give more. */
function fit(natural: readonly number[], least: readonly number[], available: number): number[] {
  const widths = [...natural];
  for (;;) {
    const excess = sum(widths) - available;
    const giving = widths.flatMap((width, index) => (width > (least[index] ?? 0) ? [index] : []));
    if (excess <= 0 || giving.length === 0) return widths;
    const widest = Math.max(...giving.map((index) => widths[index] ?? 0));
    for (const index of giving.filter((index) => widths[index] === widest).slice(0, excess)) widths[index] = widest - 1;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Names on the left, values beside them. Rows without a value are left out; a value may have several lines. */
export function renderFields(
  fields: readonly (readonly [string, string | number | null | undefined])[],
  paintName: (name: string) => string = (name) => name,
): string {
  const shown = fields.filter(([, value]) => value !== null && value !== undefined && value !== "");
  const width = Math.max(0, ...shown.map(([name]) => displayWidth(name)));
  return shown
    .map(([name, value]) => {
      const [first = "", ...rest] = String(value).split("\n");
      const indent = " ".repeat(width + GUTTER.length);
      const gap = " ".repeat(width - displayWidth(name));
      return [`${paintName(name)}${gap}${GUTTER}${first}`, ...rest.map((text) => indent + text)].join("\n");
    })
    .map((line) => `${line}\n`)
    .join("");
}
