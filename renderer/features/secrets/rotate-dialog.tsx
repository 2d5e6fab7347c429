import { useRef, useState } from "react";
import type { SecretRecord } from "../../../preload/contract/secrets.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogActions } from "../../ui/dialog.tsx";
import { Form, TextField } from "../../ui/field.tsx";
import { SecretField } from "../../ui/secret-field.tsx";
import type { SecretFieldHandle } from "../../ui/secret-field.tsx";
import { say } from "../../ui/toast.tsx";
import { BlastView } from "./blast-view.tsx";
import { useValueBlock } from "./use-value-block.ts";

export interface RotateDialogProps {
  readonly secret: SecretRecord;
  readonly isOpen: boolean;
  onClose(): void;
}

/** Gives a secret a new value, and says before who gets it. */
export function RotateDialog({ secret, isOpen, onClose }: RotateDialogProps) {
  return (
    <Dialog title={`Rotate the secret ${secret.key}`} isOpen={isOpen} onClose={onClose}>
      <RotateForm secret={secret} onClose={onClose} />
    </Dialog>
  );
}

function RotateForm({ secret, onClose }: Omit<RotateDialogProps, "isOpen">) {
  const company = useCompany();
  const client = useClient();
  const blocked = useValueBlock();
  const [note, setNote] = useState("");
  const entry = useRef<SecretFieldHandle>(null);
  const rotate = useAction(() =>
    client.secrets.rotate({
      company: company.id,
      secret: secret.id,
      value: entry.current?.read() ?? "",
      ...(note.trim() === "" ? {} : { note }),
    }),
  );
  const submit = async () => {
    const rotated = await rotate.run(undefined);
    if (rotated === null) return;
    entry.current?.clear();
    say(`Secret ${rotated.key} is at version ${rotated.latestVersion}.`);
    onClose();
  };
  const fields = rotate.fieldErrors;
  return (
    <Form
      validationErrors={fields}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <SecretField
        ref={entry}
        label="New value"
        lines
        autoFocus
        error={fields["value"]}
        help="4 characters to 64 KiB, taken to the byte. It is never shown again."
      />
      <TextField
        name="note"
        label="Note"
        optional
        autoComplete="off"
        value={note}
        onChange={setNote}
        help="Why it was rotated; it stands beside the version."
      />
      <BlastView secretId={secret.id} change="rotate" />
      {rotate.failure !== null && fields["value"] === undefined && fields["note"] === undefined ? (
        <FailureNotice failure={rotate.failure} what="The secret was not rotated" />
      ) : null}
      {blocked === null ? null : <p className="field-error">{blocked}</p>}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isPending={rotate.pending} isDisabled={blocked !== null}>
          Rotate secret
        </Button>
      </DialogActions>
    </Form>
  );
}
