import { useState } from "react";
import type { SecretRecord } from "../../../preload/contract/secrets.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Form, TextField } from "../../ui/field.tsx";
import { say } from "../../ui/toast.tsx";

/** Changes name and description in their place. Escape leaves them as they are. */
export function DetailsForm({ secret, onClose }: { readonly secret: SecretRecord; onClose(): void }) {
  const company = useCompany();
  const client = useClient();
  const readOnly = useReadOnly();
  const [name, setName] = useState(secret.name);
  const [description, setDescription] = useState(secret.description ?? "");
  const update = useAction(() =>
    client.secrets.update({
      company: company.id,
      secret: secret.id,
      name,
      description: description.trim() === "" ? null : description,
    }),
  );
  const submit = async () => {
    if ((await update.run(undefined)) === null) return;
    say(`Secret ${secret.key} is saved.`);
    onClose();
  };
  const { name: nameError, description: descriptionError } = update.fieldErrors;
  return (
    <div
      role="group"
      aria-label="Edit details"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        // Only the form closes, not the pane around it.
        event.preventDefault();
        onClose();
      }}
    >
      <Form
        validationErrors={update.fieldErrors}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextField name="name" label="Name" autoFocus autoComplete="off" value={name} onChange={setName} />
        <TextField
          name="description"
          label="Description"
          optional
          rows={3}
          value={description}
          onChange={setDescription}
        />
        {update.failure !== null && nameError === undefined && descriptionError === undefined ? (
          <FailureNotice failure={update.failure} what="The secret was not saved" />
        ) : null}
        <div className="field-actions">
          <Button type="submit" variant="primary" isPending={update.pending} isDisabled={readOnly !== null}>
            Save details
          </Button>
          <Button onPress={onClose}>Cancel</Button>
        </div>
      </Form>
    </div>
  );
}
