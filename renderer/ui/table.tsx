import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { KeyboardEvent, ReactNode } from "react";
import "./table.css";

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  /** A track of the grid, such as `minmax(8rem, 2fr)` or `6rem`. */
  readonly width: string;
  /** 0 is always there; 2 gives way first where it is narrow, then 1. */
  readonly rank?: 0 | 1 | 2;
  readonly align?: "start" | "end";
  readonly cell: (row: Row) => ReactNode;
}

export interface TableProps<Row> {
  /** What the rows are. */
  readonly label: string;
  /** Best the same ones as before: rows are drawn anew with other columns. */
  readonly columns: readonly Column<Row>[];
  /** Rows known so far. */
  readonly count: number;
  /** There are more than `count`. */
  readonly hasMore?: boolean;
  /** A row, or undefined while it is being loaded. */
  readonly row: (index: number) => Row | undefined;
  readonly rowId: (row: Row) => string;
  /** The row whose details are open beside the list. */
  readonly selectedId?: string | null;
  /** Tells which rows are on screen, both inclusive. */
  onShow?(first: number, last: number): void;
}

/** Height of a row in CSS pixels, as `--row` has it at 16 px. */
const ROW_PX = 32;
/** Rows that are drawn beyond each edge. */
const OVERSCAN = 12;

/**
 * A table of any length: only the rows in sight are in the page. A row is opened by the link in its first column (class
 * `table-link`); the arrow keys, Page Up, Page Down, Home and End move between these links, whether drawn yet or not.
 */
export function Table<Row>(props: TableProps<Row>) {
  const { label, columns, count, hasMore = false, row, rowId, selectedId = null, onShow } = props;
  const scroll = useRef<HTMLDivElement>(null);
  const rows = hasMore ? count + 1 : count;
  const virtual = useVirtualizer({
    count: rows,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    scrollPaddingEnd: ROW_PX,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  const show = useRef(onShow);
  useLayoutEffect(() => {
    show.current = onShow;
  });
  useEffect(() => show.current?.(first, last), [first, last, count]);

  const [toFocus, setToFocus] = useState<number | null>(null);
  useEffect(() => {
    if (toFocus === null) return;
    const link = scroll.current?.querySelector<HTMLElement>(`[data-index="${toFocus}"] .table-link`);
    if (!link) return;
    link.focus({ preventScroll: true });
    setToFocus(null);
  }, [toFocus, first, last, count]);

  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const from = indexOf(event.target);
    if (from === null || event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor((scroll.current?.clientHeight ?? ROW_PX) / ROW_PX) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: from + 1,
      ArrowUp: from - 1,
      PageDown: from + page,
      PageUp: from - page,
      Home: 0,
      End: count - 1,
    };
    const wanted = steps[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    const to = Math.min(Math.max(wanted, 0), Math.max(0, count - 1));
    virtual.scrollToIndex(to);
    setToFocus(to);
  };

  const template = useMemo(
    () => Object.fromEntries(([2, 1, 0] as const).map((rank) => [`--table-columns-${rank}`, tracksOf(columns, rank)])),
    [columns],
  );
  return (
    <div className="table" role="table" aria-label={label} aria-rowcount={hasMore ? -1 : count + 1}>
      <div role="rowgroup" className="table-head">
        <div role="row" className="table-row" style={template} aria-rowindex={1}>
          {columns.map((column) => (
            <div key={column.id} role="columnheader" {...cellProps(column)}>
              {column.title}
            </div>
          ))}
        </div>
      </div>
      {/* The keys only add to what the links in it do by themselves. */}
      <div ref={scroll} role="rowgroup" className="table-scroll" onKeyDown={move}>
        <div role="presentation" className="table-rows" style={{ height: `${virtual.getTotalSize()}px` }}>
          {items.map(({ index, start }) => {
            const value = index < count ? row(index) : undefined;
            const id = value === undefined ? null : rowId(value);
            return (
              <TableRow
                key={id ?? `waits ${index}`}
                index={index}
                start={start}
                template={template}
                columns={columns}
                value={value}
                selected={id !== null && id === selectedId}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** The tracks of the columns that are there where those beyond `rank` gave way. */
function tracksOf<Row>(columns: readonly Column<Row>[], rank: number): string {
  return columns
    .filter((column) => (column.rank ?? 0) <= rank)
    .map(({ width }) => width)
    .join(" ");
}

interface TableRowProps<Row> {
  readonly index: number;
  /** Pixels from the beginning of the list. */
  readonly start: number;
  /** The tracks, as custom properties. */
  readonly template: Readonly<Record<string, string>>;
  readonly columns: readonly Column<Row>[];
  readonly value: Row | undefined;
  readonly selected: boolean;
}

/** A row. It is drawn anew only when something about it changed, so that scrolling costs the rows that come into sight. */
const TableRow = memo(function TableRow<Row>(props: TableRowProps<Row>) {
  const { index, start, template, columns, value, selected } = props;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-current={selected ? "true" : undefined}
      data-index={index}
      className={`table-row table-row-link ${selected ? "table-row-selected" : ""}`}
      style={{ ...template, transform: `translateY(${start}px)` }}
    >
      {columns.map((column) => (
        <div key={column.id} role="cell" {...cellProps(column)}>
          {value === undefined ? <span className="table-waits" /> : column.cell(value)}
        </div>
      ))}
    </div>
  );
}) as <Row>(props: TableRowProps<Row>) => ReactNode;

function cellProps<Row>({ rank = 0, align }: Column<Row>) {
  return { className: align === "end" ? "table-cell table-cell-end" : "table-cell", "data-rank": rank };
}

function indexOf(target: EventTarget): number | null {
  if (!(target instanceof HTMLElement) || !target.classList.contains("table-link")) return null;
  const index = target.closest<HTMLElement>("[data-index]")?.dataset["index"];
  return index === undefined ? null : Number(index);
}
