import { useState } from "react";
import type { SecretRecord } from "../../../preload/contract/secrets.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { DialogActions } from "../../ui/dialog.tsx";
import { Form, TextField } from "../../ui/field.tsx";
import { say } from "../../ui/toast.tsx";
import { useValueBlock } from "../secrets/use-value-block.ts";
import { secretKeyFor } from "../../../preload/rules/credentials.ts";
import type { EnvRow } from "./env-rows.ts";

export interface SealFormProps {
  /** The line whose plain value becomes a secret. */
  readonly row: EnvRow;
  onSealed(secret: SecretRecord): void;
  onCancel(): void;
}

/** Makes a secret of a plain value. Asks for its key and nothing else; the value itself is not shown again. */
export function SealForm({ row, onSealed, onCancel }: SealFormProps) {
  const company = useCompany();
  const client = useClient();
  const blocked = useValueBlock();
  const [key, setKey] = useState(() => secretKeyFor(row.key));
  const create = useAction(() => client.secrets.create({ company: company.id, key, value: row.value }));
  const submit = async () => {
    const secret = await create.run(undefined);
    if (secret === null) return;
    say(`Secret ${secret.key} is created.`);
    onSealed(secret);
  };
  const { failure } = create;
  const fieldErrors =
    failure?.code === "secret_taken"
      ? { key: "There is a secret with this key already. Choose another key." }
      : create.fieldErrors;
  return (
    <Form
      validationErrors={fieldErrors}
      onSubmit={(event) => {
        event.preventDefault();
        // The editor may stand in a form of its own, which is not meant.
        event.stopPropagation();
        void submit();
      }}
    >
      <p>
        The value of <code dir="auto">{row.key.trim()}</code> becomes a secret, and the line refers to it. It is not
        shown again from here on.
      </p>
      <p className="quiet">
        If the value was saved in clear before, older revisions and runs and backups still hold it. Replace it where it
        was issued, then rotate the secret.
      </p>
      <TextField
        name="key"
        label="Key of the secret"
        mono
        autoFocus
        autoComplete="off"
        value={key}
        onChange={setKey}
        help="What routines, agents and projects refer to."
      />
      {failure !== null && fieldErrors["key"] === undefined ? (
        <FailureNotice failure={failure} what="The value was not sealed" />
      ) : null}
      {blocked === null ? null : <p className="field-error">{blocked}</p>}
      <DialogActions>
        <Button onPress={onCancel}>Cancel</Button>
        <Button type="submit" variant="primary" isPending={create.pending} isDisabled={blocked !== null}>
          Seal value
        </Button>
      </DialogActions>
    </Form>
  );
}
