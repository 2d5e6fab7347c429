import { useState } from "react";
import type { ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import "./lines.css";

/** Entries that are shown before the rest is asked for. */
const SHOWN = 12;

export interface LinesProps<Entry> {
  readonly label: string;
  readonly entries: readonly Entry[];
  readonly idOf: (entry: Entry) => string;
  readonly children: (entry: Entry) => ReactNode;
  /** All of them, however many. */
  readonly whole?: boolean;
}

/** Entries of two lines each in a narrow place; a long list begins short. */
export function Lines<Entry>({ label, entries, idOf, whole = false, children }: LinesProps<Entry>) {
  const [all, setAll] = useState(whole);
  const shown = all ? entries : entries.slice(0, SHOWN);
  return (
    <div className="lines">
      <ul className="lines-list" aria-label={label}>
        {shown.map((entry) => (
          <li key={idOf(entry)} className="lines-line">
            {children(entry)}
          </li>
        ))}
      </ul>
      {shown.length === entries.length ? null : (
        <div>
          <Button onPress={() => setAll(true)}>Show all {entries.length.toLocaleString("en")}</Button>
        </div>
      )}
    </div>
  );
}

/** One entry: what counts above, the rest below. The last part of the first line stands at its end. */
export function Line({ first, second }: { readonly first: ReactNode; readonly second?: ReactNode }) {
  return (
    <>
      <div className="lines-first">{first}</div>
      {second ? <div className="lines-second">{second}</div> : null}
    </>
  );
}
