import { useLayoutEffect, useRef } from "react";
import type { Failure } from "../../data/failure.ts";
import { useReadOnly } from "../../data/status.ts";
import { Button } from "../../ui/button.tsx";
import { RefusedNotice } from "./refused-notice.tsx";
import "./record-bar.css";

export interface RecordBarProps {
  readonly what: "agent" | "project";
  /** What differs from what is stored, as people call it. */
  readonly changes: readonly string[];
  readonly pending: boolean;
  /** Why the last save did not happen. */
  readonly failure: Failure | null;
  /** Why it cannot be saved as it is, or null. */
  readonly blocked: string | null;
  onDiscard(): void;
}

/** Stands at the end of a form while there is something to save. Its first button sends the form around it. */
export function RecordBar({ what, changes, pending, failure, blocked, onDiscard }: RecordBarProps) {
  const readOnly = useReadOnly();
  const bar = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = bar.current;
    // Once saved or discarded it goes with its buttons; the focus goes to the heading rather than nowhere.
    return () => {
      if (element?.contains(document.activeElement)) element.closest(".page")?.querySelector("h1")?.focus();
    };
  }, []);
  return (
    <div ref={bar} className="record-bar" role="group" aria-label="Unsaved changes">
      {failure === null ? null : <RefusedNotice what={`The ${what} was not saved`} failure={failure} />}
      {blocked === null ? null : (
        <p className="record-bar-blocked" role="alert">
          Not saved. {blocked}
        </p>
      )}
      <div className="record-bar-row">
        <p className="record-bar-changes" role="status">
          <strong>Unsaved</strong> <span className="quiet">{changesText(changes)}</span>
        </p>
        <Button onPress={onDiscard} isDisabled={pending}>
          Discard changes
        </Button>
        <Button variant="primary" type="submit" isPending={pending} isDisabled={readOnly !== null}>
          Save {what}
        </Button>
      </div>
    </div>
  );
}

/** The first few by name, the rest by number. */
function changesText(labels: readonly string[]): string {
  const known = [...new Set(labels)];
  const rest = known.length - 4;
  return rest > 0 ? `${known.slice(0, 4).join(", ")} and ${rest} more` : known.join(", ");
}
