import { useState } from "react";
import type { RoutineRecord } from "../../../preload/contract/routines.ts";
import { useReadOnly } from "../../data/status.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogActions } from "../../ui/dialog.tsx";
import { say } from "../../ui/toast.tsx";
import { fieldLabel } from "./draft.ts";
import { FieldValueText } from "./field-value.tsx";
import { draftOf, formWithLinesOf } from "./form.ts";
import { mergeRoutine } from "./merge.ts";
import type { Conflict, Side } from "./merge.ts";
import { changesText } from "./save-bar.tsx";
import type { RoutineEditing } from "./use-routine-form.ts";
import "./merge-dialog.css";

/** Brings what was typed and a later revision together; what both changed is decided here, field by field. */
export function MergeDialog({
  editing,
  newer,
  onClose,
}: {
  readonly editing: RoutineEditing;
  readonly newer: RoutineRecord;
  onClose(): void;
}) {
  const [decided, setDecided] = useState<ReadonlyMap<string, Side>>(new Map());
  const readOnly = useReadOnly();
  const { base, form, saving } = editing;
  const { merged, conflicts, taken } = mergeRoutine(base, draftOf(form), newer, decided);
  const open = conflicts.filter(({ name }) => !decided.has(name));
  const save = async () => {
    // A refusal shows where the form is saved from, which holds the merged form from here on.
    onClose();
    if (await editing.saveMerged(newer, formWithLinesOf(merged, form))) say("The changes of both are saved.");
  };
  return (
    <Dialog title={`Merge with revision ${newer.latestRevisionNumber}`} isOpen wide onClose={onClose}>
      {taken.length > 0 ? <p>Taken in from the later revision: {changesText(taken)}.</p> : null}
      {conflicts.length === 0 ? (
        <p>Nothing was changed on both sides in different ways. What you changed and the later revision go together.</p>
      ) : (
        <p>
          {conflicts.length === 1
            ? "One field was changed on both sides. Choose which version stays."
            : `${conflicts.length} fields were changed on both sides. Choose for each which version stays.`}
        </p>
      )}
      <ul className="merge-dialog-conflicts">
        {conflicts.map((conflict) => (
          <li key={conflict.name}>
            <ConflictChoice
              conflict={conflict}
              side={decided.get(conflict.name) ?? null}
              onDecide={(side) => setDecided(new Map([...decided, [conflict.name, side]]))}
            />
          </li>
        ))}
      </ul>
      <DialogActions>
        {open.length > 0 ? <span className="quiet">{open.length} to decide</span> : null}
        <Button onPress={onClose}>Keep editing</Button>
        <Button
          variant="primary"
          isPending={saving.pending}
          isDisabled={open.length > 0 || readOnly !== null}
          onPress={() => void save()}
        >
          Save merged revision
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function ConflictChoice({
  conflict: { name, mine, theirs },
  side,
  onDecide,
}: {
  readonly conflict: Conflict;
  readonly side: Side | null;
  onDecide(side: Side): void;
}) {
  const label = fieldLabel(name);
  const sides = [
    { id: "mine", title: "Yours", value: mine, action: "Keep mine" },
    { id: "theirs", title: "Later revision", value: theirs, action: "Take theirs" },
  ] as const;
  return (
    <section className="merge-dialog-conflict" aria-label={label}>
      <h3>{label}</h3>
      <div className="merge-dialog-sides">
        {sides.map(({ id, title, value, action }) => (
          <div key={id} className="merge-dialog-side" data-chosen={side === id ? "" : undefined}>
            <p className="quiet small">{title}</p>
            <FieldValueText name={name} value={value} />
            <div>
              <Button
                variant={side === id ? "primary" : "secondary"}
                aria-pressed={side === id}
                aria-label={`${action}: ${label}`}
                onPress={() => onDecide(id)}
              >
                {action}
              </Button>
            </div>
          </div>
        ))}
      </div>
    </section>
  );
}
