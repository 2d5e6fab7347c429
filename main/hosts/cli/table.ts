import { displayWidth, oneLine, truncate } from "./text.ts";

export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string | number | null | undefined;
  /** Figures stand on the right. */
  readonly right?: boolean;
  /** How a cell looks once it has its width; it may add colours and nothing else. */
  readonly paint?: (cell: string, row: Row) => string;
}

const GUTTER = "  ";
/** A column is not cut below this; where even that is too wide, lines run over the edge. */
const NARROWEST = 8;

/**
 * A table of one line per row, at most `width` columns wide. Where it would be wider, the widest columns are cut, and an
 * ellipsis says so. `null` is unlimited, for output that is not a terminal. The title line is painted by `heading`.
 */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number | null,
  heading: (line: string) => string = (line) => line,
): string {
  const cells = rows.map((row) => columns.map((column) => oneLine(String(column.of(row) ?? "–"))));
  const natural = columns.map((column, index) =>
    Math.max(displayWidth(column.title), ...cells.map((row) => displayWidth(row[index] ?? ""))),
  );
  const widths = width === null ? natural : fit(natural, width - GUTTER.length * (columns.length - 1));
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

/** Takes from the widest column, again and again, until all fit or none can give more. */
function fit(natural: readonly number[], available: number): number[] {
  const widths = [...natural];
  for (;;) {
    const excess = widths.reduce((sum, width) => sum + width, 0) - available;
    if (excess <= 0) return widths;
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) return widths;
    const next = Math.max(NARROWEST, ...widths.filter((width) => width < widest));
    const at = widths.flatMap((width, index) => (width === widest ? [index] : []));
    const give = Math.min(widest - next, Math.ceil(excess / at.length));
    for (const index of at) widths[index] = widest - give;
  }
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
