import { useRef, useState } from "react";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useReadOnly } from "../../data/status.ts";
import { Button } from "../../ui/button.tsx";
import { FieldMessages, TextField } from "../../ui/field.tsx";
import { useFoot } from "../../ui/foot.ts";
import { say } from "../../ui/toast.tsx";
import { fieldLabel } from "./draft.ts";
import type { RoutineEditing } from "./use-routine-form.ts";
import "./save-bar.css";

/** What changed, said in a line: the first few by name, the rest by number. */
export function changesText(names: readonly string[]): string {
  const shown = names.slice(0, 4).map(fieldLabel);
  const rest = names.length - shown.length;
  return rest > 0 ? `${shown.join(", ")} and ${rest} more` : shown.join(", ");
}

/**
 * Stands below a routine's page while there is something to save. `problems` are those that keep it from being saved; a
 * press on Save shows them.
 */
export function SaveBar({
  editing,
  problems,
  onRefused,
}: {
  readonly editing: RoutineEditing;
  readonly problems: Readonly<Record<string, string>>;
  /** A save that did not happen; `stale` where a later revision came in between. */
  onRefused(stale: boolean): void;
}) {
  const [summary, setSummary] = useState("");
  const [pressed, setPressed] = useState(false);
  const readOnly = useReadOnly();
  const { changes, saving, base } = editing;
  const bar = useRef<HTMLFormElement>(null);
  useFoot(bar);
  const messages = Object.values(problems);
  const save = async () => {
    setPressed(true);
    if (messages.length > 0) return onRefused(false);
    if (editing.newer !== null) return onRefused(true);
    if (await editing.save(summary)) {
      setSummary("");
      setPressed(false);
      say(`Revision ${base.latestRevisionNumber + 1} is saved.`);
    } else onRefused(false);
  };
  const { failure } = saving;
  return (
    <form
      ref={bar}
      className="save-bar"
      aria-label="Unsaved changes"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {failure !== null && failure.code !== "revision_stale" ? (
        <FailureNotice what="The revision was not saved" failure={failure} />
      ) : null}
      {pressed && messages.length > 0 ? (
        <p className="save-bar-problem" role="alert">
          Not saved. {messages.join(" ")}
        </p>
      ) : null}
      <div className="save-bar-row">
        <p className="save-bar-changes" role="status">
          <strong>Unsaved</strong> <span className="quiet">{changesText(changes)}</span>
        </p>
        <div className="save-bar-summary">
          <FieldMessages messages={saving.fieldErrors}>
            <TextField
              name="changeSummary"
              validationBehavior="aria"
              label="What changed, in your words"
              labelUnseen
              placeholder="Summary, optional"
              value={summary}
              onChange={setSummary}
              maxLength={500}
              autoComplete="off"
            />
          </FieldMessages>
        </div>
        <Button
          onPress={() => {
            setSummary("");
            setPressed(false);
            editing.discard();
          }}
          isDisabled={saving.pending}
        >
          Discard
        </Button>
        <Button variant="primary" type="submit" isPending={saving.pending} isDisabled={readOnly !== null}>
          Save revision
        </Button>
      </div>
    </form>
  );
}
