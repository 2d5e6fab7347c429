import { ArrowDownToLine } from "lucide-react";
import { useEffect, useState } from "react";
import type { ReactNode } from "react";
import { FailureNotice } from "../../../data/failure-notice.tsx";
import { useStoredChoice } from "../../../data/stored.ts";
import { Button } from "../../../ui/button.tsx";
import { Switch } from "../../../ui/field.tsx";
import { SkeletonRows } from "../../../ui/skeleton.tsx";
import { LogRow } from "./log-row.tsx";
import { LogSearch } from "./log-search.tsx";
import { useLog } from "./use-log.ts";
import type { LogOf } from "./use-log.ts";
import { useLogScroll } from "./use-log-scroll.ts";
import "./log-view.css";

export interface LogViewProps {
  readonly of: LogOf;
  /** The attempt goes on, so lines come. */
  readonly live: boolean;
  /** What is to be known about the log as a whole, such as that values were masked. */
  readonly facts: ReactNode;
  /** Said where it is empty. */
  readonly none: string;
  /** Shown where the log is not there any more. */
  readonly gone: ReactNode;
}

const YES_NO = ["no", "yes"] as const;

/** The log of an attempt, of any length: its end first, live while there is more to come. */
export function LogView({ of, live, facts, none, gone }: LogViewProps) {
  const { store, snapshot } = useLog(of, live);
  const [wraps, setWraps] = useStoredChoice("log.wrap", YES_NO);
  const [times, setTimes] = useStoredChoice("log.times", YES_NO);
  const [find, setFind] = useState("");
  const [current, setCurrent] = useState<number | null>(null);
  const total = snapshot.total ?? 0;
  const { scroller, measure, first, last, height, offset, atEnd, unseen, onScroll, onScrollEnd, toEnd, toLine } =
    useLogScroll(total, wraps === "yes");
  useEffect(() => store.show(first, Math.max(first, last)), [store, first, last]);

  if (snapshot.failure?.code === "log_missing") return gone;
  const failure =
    snapshot.failure === null || (snapshot.failure.code === "connection_lost" && total > 0) ? null : (
      <FailureNotice what="The log cannot be shown" failure={snapshot.failure} onRetry={store.refresh} />
    );
  if (snapshot.total === null) return failure ?? <SkeletonRows rows={12} label="Loading the log" />;
  const rows = [];
  for (let number = first; number <= last; number += 1) {
    rows.push(
      <LogRow
        key={number}
        number={number}
        line={store.line(number)}
        total={total}
        digits={Math.max(3, String(total).length)}
        showsTime={times === "yes"}
        find={find}
        current={number === current}
        measure={measure}
      />,
    );
  }
  return (
    <div className={wraps === "yes" ? "log-view log-view-wraps" : "log-view"}>
      <div className="log-view-tools">
        <LogSearch
          of={of}
          complete={snapshot.complete}
          onFind={setFind}
          onGo={(line) => {
            setCurrent(line);
            if (line !== null) toLine(line);
          }}
        />
        <div className="log-view-choices">
          {facts}
          <Switch isSelected={times === "yes"} onChange={(on) => setTimes(on ? "yes" : "no")}>
            Times
          </Switch>
          <Switch isSelected={wraps === "yes"} onChange={(on) => setWraps(on ? "yes" : "no")}>
            Wrap
          </Switch>
        </div>
      </div>
      {failure}
      {total === 0 ? (
        <p className="log-view-none quiet">{none}</p>
      ) : (
        <div className="log-view-frame">
          {/* The keys that scroll are the browser's own. */}
          <div
            ref={scroller}
            className="log-view-scroll"
            role="region"
            aria-label="Log"
            tabIndex={0}
            onScroll={(event) => onScroll(event.currentTarget.scrollTop)}
            onScrollEnd={onScrollEnd}
          >
            <div className="log-view-space" style={{ height: `${height}px` }}>
              <div
                role="list"
                aria-label="Lines"
                className="log-view-lines mono"
                style={{ transform: `translateY(${offset}px)` }}
              >
                {rows}
              </div>
            </div>
          </div>
          {atEnd ? null : (
            <div className="log-view-jump">
              <Button icon={ArrowDownToLine} onPress={toEnd}>
                {unseen > 0
                  ? `Jump to latest (${unseen.toLocaleString("en")} new ${unseen === 1 ? "line" : "lines"})`
                  : "Jump to latest"}
              </Button>
            </div>
          )}
        </div>
      )}
    </div>
  );
}
