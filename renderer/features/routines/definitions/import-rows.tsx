import { CircleX, Equal, Minus, Pencil, Plus } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import type { DefinitionRow, DefinitionsImport } from "../../../../preload/contract/definitions.ts";
import { RevisionDiff } from "../revision-diff.tsx";

type Outcome = DefinitionRow["outcome"];

const LOOKS: Readonly<Record<Outcome, readonly [icon: LucideIcon, tone: string, word: string]>> = {
  added: [Plus, "good", "added"],
  changed: [Pencil, "busy", "changed"],
  unchanged: [Equal, "quiet", "unchanged"],
  refused: [CircleX, "bad", "refused"],
};

/** What becomes of each routine of a file, with why and what changes; and the lines that are not taken. */
export function ImportRows({ answer: { rows, left, notes } }: { readonly answer: DefinitionsImport }) {
  return (
    <>
      <ul className="definitions-rows" aria-label="Routines of the file">
        {rows.map(({ title, line, outcome, diff, reasons, notes: words }) => {
          const [Icon, tone, word] = LOOKS[outcome];
          return (
            <li key={`${line} ${title}`} className="definitions-row">
              <div className="definitions-row-head">
                <span className={`mark mark-${tone}`}>
                  <Icon aria-hidden="true" className="mark-shape" />
                  <span>{word}</span>
                </span>
                <span dir="auto">{title}</span>
                {line === null ? null : <span className="quiet small">line {line}</span>}
              </div>
              {[...reasons, ...words].map((sentence) => (
                <p key={sentence} className={reasons.includes(sentence) ? "small" : "quiet small"} dir="auto">
                  {sentence}
                </p>
              ))}
              {diff === null ? null : (
                <details>
                  <summary className="small">What changes</summary>
                  <RevisionDiff diff={diff} />
                </details>
              )}
            </li>
          );
        })}
        {left.map(({ line, why }) => (
          <li key={`left ${line}`} className="definitions-row">
            <div className="definitions-row-head">
              <span className="mark mark-quiet">
                <Minus aria-hidden="true" className="mark-shape" />
                <span>left</span>
              </span>
              <span className="quiet small">line {line}</span>
            </div>
            <p className="quiet small">{why}</p>
          </li>
        ))}
      </ul>
      {notes.length === 0 ? null : (
        <ul className="definitions-notes" aria-label="Notes">
          {notes.map((note) => (
            <li key={note} dir="auto">
              {note}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** How many of each there are, such as `2 added, 1 refused`. */
export function countWords(rows: readonly DefinitionRow[]): string {
  const counts = (Object.keys(LOOKS) as Outcome[]).flatMap((wanted) => {
    const count = rows.filter(({ outcome }) => outcome === wanted).length;
    return count === 0 ? [] : [`${count} ${wanted}`];
  });
  return counts.length === 0 ? "No routine" : counts.join(", ");
}
