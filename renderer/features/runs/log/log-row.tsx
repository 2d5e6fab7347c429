import { memo, useState } from "react";
import type { RefCallback } from "react";
import type { LogLine } from "../../../../preload/contract/runs.ts";
import { Button } from "../../../ui/button.tsx";
import { partsOf } from "./ansi.ts";
import type { TextPart, TextStyle } from "./ansi.ts";
import { segmentsOf } from "./line-segments.ts";
import type { Segment } from "./line-segments.ts";
import "./log-row.css";

/** Characters of a line that are shown until more is asked for. */
const LONG_LINE = 4_000;

export interface LogRowProps {
  /** From 0. */
  readonly number: number;
  /** Undefined while it is being loaded. */
  readonly line: LogLine | undefined;
  /** Lines that the log has by now. */
  readonly total: number;
  /** Places that the numbers of lines take. */
  readonly digits: number;
  readonly showsTime: boolean;
  /** What is searched for; empty for nothing. */
  readonly find: string;
  /** It is the match that the search stands at. */
  readonly current: boolean;
  readonly measure: RefCallback<HTMLElement>;
}

/** One line of a log: its number, when it came, where it came from, and what it says. */
export const LogRow = memo(function LogRow(props: LogRowProps) {
  const { number, line, total, digits, showsTime, find, current, measure } = props;
  const [whole, setWhole] = useState(false);
  const { segments, leftOut } =
    line === undefined ? NOTHING : segmentsOf(partsOfLine(line), whole ? Number.POSITIVE_INFINITY : LONG_LINE, find);
  return (
    <div
      ref={measure}
      role="listitem"
      aria-posinset={number + 1}
      aria-setsize={total}
      data-line={number}
      className={`log-row log-row-${line?.stream ?? "waits"} ${current ? "log-row-current" : ""}`}
    >
      <span className="log-row-side">
        <span className="log-row-number" style={{ minWidth: `${digits}ch` }}>
          {number + 1}
        </span>
        {showsTime ? <span className="log-row-time">{line === undefined ? "" : clock(line.at)}</span> : null}
        <span className="log-row-stream">{line === undefined ? "" : WORDS[line.stream]}</span>
      </span>
      <bdi className="log-row-text" dir="auto">
        {segments.map((segment) => (
          <Piece key={segment.place} segment={segment} />
        ))}
        {line === undefined ? <span className="log-row-missing" /> : null}
      </bdi>
      {leftOut > 0 && line !== undefined ? (
        <span className="log-row-more">
          <Button onPress={() => setWhole(true)}>
            {`Show the whole line (${leftOut.toLocaleString("en")} more characters)`}
          </Button>
        </span>
      ) : null}
    </div>
  );
});

const NOTHING = { segments: [] as readonly Segment[], leftOut: 0 };

/** Where a line came from; the process's ordinary output needs no word. */
const WORDS: Readonly<Record<LogLine["stream"], string>> = { stdout: "", stderr: "err", system: "note" };

function Piece({ segment: { text, style, control, found } }: { readonly segment: Segment }) {
  if (control !== null) return <span className="log-row-control" data-name={control} />;
  const look = classOf(style);
  if (found) return <mark className={look}>{text}</mark>;
  return look === "" ? text : <span className={look}>{text}</span>;
}

function classOf(style: TextStyle): string {
  const names = [
    style.foreground === null ? "" : `log-row-fg-${style.foreground}`,
    style.background === null ? "" : `log-row-bg-${style.background}`,
    style.bold ? "log-row-bold" : "",
    style.dim ? "log-row-dim" : "",
    style.italic ? "log-row-italic" : "",
    style.underline ? "log-row-underline" : "",
    style.inverse ? "log-row-inverse" : "",
  ];
  return names.filter((name) => name !== "").join(" ");
}

/** A line is taken apart once, however often it is drawn. */
const known = new WeakMap<LogLine, readonly TextPart[]>();

function partsOfLine(line: LogLine): readonly TextPart[] {
  const before = known.get(line);
  if (before) return before;
  const parts = partsOf(line.text);
  known.set(line, parts);
  return parts;
}

/** An instant as the clock of this machine showed it, to the millisecond. */
function clock(instant: string): string {
  const at = new Date(instant);
  const two = (value: number) => String(value).padStart(2, "0");
  const seconds = `${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
  return `${two(at.getHours())}:${two(at.getMinutes())}:${seconds}`;
}
