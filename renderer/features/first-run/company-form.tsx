import { useState } from "react";
import type { CompanyRecord } from "../../../preload/contract/work.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { DialogActions } from "../../ui/dialog.tsx";
import { Form, TextField } from "../../ui/field.tsx";
import { prefixOf } from "./steps.ts";

export interface CompanyFormProps {
  onCreated?(company: CompanyRecord): void;
  /** Given in a dialog, which can be left. */
  onCancel?(): void;
}

/** Asks for the name and the prefix of a company, and creates it. */
export function CompanyForm({ onCreated, onCancel }: CompanyFormProps) {
  const client = useClient();
  const readOnly = useReadOnly();
  const [name, setName] = useState("");
  const [ownPrefix, setOwnPrefix] = useState<string | null>(null);
  const prefix = ownPrefix ?? prefixOf(name);
  const create = useAction(() =>
    client.companies.create({ name, ...(prefix === "" ? {} : { issuePrefix: prefix.toUpperCase() }) }),
  );
  const submit = (
    <Button type="submit" variant="primary" isPending={create.pending} isDisabled={readOnly !== null}>
      Create company
    </Button>
  );
  return (
    <Form
      validationErrors={create.fieldErrors}
      onSubmit={(event) => {
        event.preventDefault();
        void create.run(undefined).then((company) => {
          if (company !== null) onCreated?.(company);
        });
      }}
    >
      <TextField label="Name" name="name" value={name} onChange={setName} autoFocus isRequired placeholder="Acme" />
      <TextField
        label="Prefix"
        name="issuePrefix"
        mono
        optional
        value={prefix}
        onChange={setOwnPrefix}
        help="2 to 10 letters and digits. It names the company in short; the keys of its issues begin with it."
      />
      {create.failure && !create.failure.fields ? (
        <FailureNotice what="The company was not created" failure={create.failure} />
      ) : null}
      {onCancel === undefined ? (
        <div>{submit}</div>
      ) : (
        <DialogActions>
          <Button onPress={onCancel}>Cancel</Button>
          {submit}
        </DialogActions>
      )}
    </Form>
  );
}
