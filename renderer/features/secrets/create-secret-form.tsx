import { useRef, useState } from "react";
import type { SecretRecord } from "../../../preload/contract/secrets.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { DialogActions } from "../../ui/dialog.tsx";
import { Form, Select, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { SecretField } from "../../ui/secret-field.tsx";
import type { SecretFieldHandle } from "../../ui/secret-field.tsx";
import { say } from "../../ui/toast.tsx";
import { storedKey } from "./key-text.ts";
import { useUsableVaults } from "./use-usable-vaults.ts";
import { useValueBlock } from "./use-value-block.ts";
import { providerLabel } from "./vault-words.ts";

/** The place of a value that goes to no provider. */
const HERE = "here";

export interface CreateSecretFormProps {
  readonly suggestedKey?: string;
  /** A plain value that is sealed into the secret. Without it the form asks for one. */
  readonly value?: string;
  onCreated(secret: SecretRecord): void;
  onCancel(): void;
}

/** Creates a secret. The value goes from its field to the control plane and is kept nowhere on the way. */
export function CreateSecretForm({ suggestedKey = "", value, onCreated, onCancel }: CreateSecretFormProps) {
  const company = useCompany();
  const client = useClient();
  const blocked = useValueBlock();
  const [key, setKey] = useState(suggestedKey);
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const vaults = useUsableVaults();
  const [place, setPlace] = useState(HERE);
  const vault = vaults.find(({ id }) => id === place);
  const entry = useRef<SecretFieldHandle>(null);
  const create = useAction(() =>
    client.secrets.create({
      company: company.id,
      key,
      ...(name.trim() === "" ? {} : { name }),
      ...(description.trim() === "" ? {} : { description }),
      ...(vault === undefined ? {} : { provider: vault.provider, vault: vault.id }),
      value: value ?? entry.current?.read() ?? "",
    }),
  );
  const submit = async () => {
    const secret = await create.run(undefined);
    if (secret === null) return;
    entry.current?.clear();
    say(`Secret ${secret.key} is created.`);
    onCreated(secret);
  };
  const stored = storedKey(key);
  const fields = create.fieldErrors;
  const hasPlace = ["key", "name", "description", "value"].some((field) => fields[field] !== undefined);
  return (
    <Form
      validationErrors={fields}
      onSubmit={(event) => {
        event.preventDefault();
        // The form may be shown from within another one, which is not meant.
        event.stopPropagation();
        void submit();
      }}
    >
      <TextField
        name="key"
        label="Key"
        mono
        autoFocus
        autoComplete="off"
        value={key}
        onChange={setKey}
        placeholder="gh-token"
        help={
          stored === "" || stored === key ? (
            "What routines, agents and projects refer to. Small letters, digits, dots, dashes and underscores."
          ) : (
            <>
              Stored as <code>{stored}</code>: small letters, digits, dots, dashes and underscores.
            </>
          )
        }
      />
      {vaults.length === 0 ? null : (
        <Select
          label="Kept"
          value={place}
          onChange={(id) => setPlace(String(id))}
          options={[
            { id: HERE, label: "On this machine", detail: "Sealed in the database under the master key" },
            ...vaults.map(({ id, name: label, provider }) => ({ id, label, detail: providerLabel(provider) })),
          ]}
          help={
            vault === undefined
              ? "It is sealed on this machine and needs no connection."
              : "The value is stored there at once, and is read there at the start of each run that needs it."
          }
        />
      )}
      {value === undefined ? (
        <SecretField
          ref={entry}
          label="Value"
          lines
          error={fields["value"]}
          help={`4 characters to 64 KiB, taken to the byte. It is ${vault === undefined ? "sealed" : "stored"} at once and never shown again.`}
        />
      ) : (
        <p className="quiet">The plain value is sealed into the secret. It is never shown again.</p>
      )}
      <TextField
        name="name"
        label="Name"
        optional
        autoComplete="off"
        value={name}
        onChange={setName}
        help="Shown beside the key where it differs."
      />
      <TextField
        name="description"
        label="Description"
        optional
        rows={2}
        value={description}
        onChange={setDescription}
      />
      {create.failure !== null && !hasPlace ? (
        <FailureNotice failure={create.failure} what="The secret was not created" />
      ) : null}
      {create.failure?.code === "secret_taken" && fields["key"] !== undefined ? (
        <Notice
          title="A secret has this key already"
          next="Choose another key. To give that secret a new value, open it under Secrets and rotate it."
        />
      ) : null}
      {value !== undefined && fields["value"] !== undefined ? (
        <p className="field-error" role="alert">
          The value cannot be sealed: {fields["value"]}.
        </p>
      ) : null}
      {blocked === null ? null : <p className="field-error">{blocked}</p>}
      <DialogActions>
        <Button onPress={onCancel}>Cancel</Button>
        <Button type="submit" variant="primary" isPending={create.pending} isDisabled={blocked !== null}>
          Create secret
        </Button>
      </DialogActions>
    </Form>
  );
}
