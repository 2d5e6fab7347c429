import { useMemo } from "react";
import type { ReactNode } from "react";
import type { RoutineRecord } from "../../../../preload/contract/routines.ts";
import type { TriggerRecord } from "../../../../preload/contract/triggers.ts";
import { FailureNotice } from "../../../data/failure-notice.tsx";
import type { Action } from "../../../data/use-action.ts";
import { Button } from "../../../ui/button.tsx";
import { DialogActions } from "../../../ui/dialog.tsx";
import { Form, TextField } from "../../../ui/field.tsx";
import type { TriggerSave } from "./use-save-trigger.ts";
import "./trigger-form.css";

/** What the form of each kind of trigger is given. */
export interface KindFormProps {
  readonly routine: RoutineRecord;
  /** The one that is edited; null for a new one. */
  readonly trigger: TriggerRecord | null;
  onClose(): void;
  onSaved(trigger: TriggerRecord): void;
}

export interface TriggerFormProps extends KindFormProps {
  readonly saving: Action<TriggerSave, TriggerRecord>;
  /** What is saved; null while the fields make no trigger. */
  readonly save: TriggerSave | null;
  readonly children: ReactNode;
}

/** What the forms of all kinds have: the messages of the control plane at their fields, and the buttons. */
export function TriggerForm({ trigger, saving, save, onClose, onSaved, children }: TriggerFormProps) {
  const { failure, fieldErrors } = saving;
  const errors = useMemo(
    () =>
      Object.fromEntries(
        Object.entries(fieldErrors).map(([name, message]) => [name.replace(/^(?:trigger|changes)\./, ""), message]),
      ),
    [fieldErrors],
  );
  const submit = async () => {
    if (save === null) return;
    const saved = await saving.run(save);
    if (saved !== null) onSaved(saved);
  };
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <div className="trigger-form">{children}</div>
      {failure === null ? null : (
        <FailureNotice
          failure={failure}
          what={trigger === null ? "The trigger was not added" : "The trigger was not changed"}
        />
      )}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isPending={saving.pending} isDisabled={save === null}>
          {trigger === null ? "Add trigger" : "Save trigger"}
        </Button>
      </DialogActions>
    </Form>
  );
}

/** A name of its own, which a trigger need not have. */
export function LabelField({ label, onChange }: { readonly label: string; onChange(label: string): void }) {
  return (
    <TextField
      name="label"
      label="Label"
      optional
      autoComplete="off"
      maxLength={120}
      help="A name in lists and on the command line, unique in the routine."
      value={label}
      onChange={onChange}
    />
  );
}
