import type { RevisionRecord } from "../../../preload/contract/routines.ts";
import { Tag } from "../../ui/tag.tsx";
import { Time } from "../../ui/time.tsx";
import { actorWords } from "../record/activity-words.ts";
import "./revision-list.css";

export interface RevisionListProps {
  readonly revisions: readonly RevisionRecord[];
  readonly selected: number;
  /** The revision that a restore has just made. */
  readonly restored: number | null;
  onSelect(number: number): void;
}

/** Revisions, newest first, one of them selected. */
export function RevisionList({ revisions, selected, restored, onSelect }: RevisionListProps) {
  return (
    <ol className="revision-list" aria-label="Revisions, newest first">
      {revisions.map((revision) => {
        const { number, current, restoredFromNumber, changeSummary, createdBy, createdAt } = revision;
        return (
          <li key={revision.id}>
            <button
              type="button"
              ref={number === restored ? showIt : null}
              className={number === restored ? "revision-list-item revision-list-fresh" : "revision-list-item"}
              aria-current={number === selected ? "true" : undefined}
              onClick={() => onSelect(number)}
            >
              <span className="revision-list-head">
                <span className="revision-list-number tabular">r{number}</span>
                {current ? <Tag accent>Current</Tag> : null}
                {restoredFromNumber === null ? null : <Tag>Restored from r{restoredFromNumber}</Tag>}
                <span className="revision-list-when quiet small">
                  <Time instant={createdAt} />
                </span>
              </span>
              <span className="revision-list-words" dir="auto">
                {changeSummary ?? <span className="quiet">{number === 1 ? "Created" : "No summary"}</span>}
              </span>
              <span className="quiet small">{actorWords(createdBy)}</span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}

/** Brings a revision into sight once, when it comes onto the page or is marked. */
function showIt(item: HTMLElement | null): void {
  item?.scrollIntoView({ block: "nearest" });
}
