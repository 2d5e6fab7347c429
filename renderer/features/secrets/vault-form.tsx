import { useState } from "react";
import type { ProviderVaultRecord } from "../../../preload/contract/providers.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { DialogActions } from "../../ui/dialog.tsx";
import { Checkbox, Form, Select, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { say } from "../../ui/toast.tsx";
import { configOf, credentialsText, textsOf, VAULT_PROVIDERS, vaultFields } from "./vault-fields.ts";
import type { VaultField, VaultProvider, VaultTexts } from "./vault-fields.ts";
import { providerLabel } from "./vault-words.ts";

export interface VaultFormProps {
  /** The vault that is changed, or null for a new one. */
  readonly vault: ProviderVaultRecord | null;
  onSaved(vault: ProviderVaultRecord): void;
  onCancel(): void;
}

/** Creates a provider vault or changes its name and settings. It asks for no credential. */
export function VaultForm({ vault, onSaved, onCancel }: VaultFormProps) {
  const company = useCompany();
  const client = useClient();
  const readOnly = useReadOnly();
  const [provider, setProvider] = useState(vault === null ? "aws_secrets_manager" : knownProvider(vault.provider));
  const [name, setName] = useState(vault?.name ?? "");
  const [texts, setTexts] = useState<VaultTexts>(vault === null ? {} : textsOf(vault));
  const [isDefault, setDefault] = useState(true);
  const usable = provider === "aws_secrets_manager";
  const save = useAction(() => {
    const config = configOf(provider, texts);
    return vault === null
      ? client.providerVaults.create({
          company: company.id,
          provider,
          name,
          config,
          ...(usable && isDefault ? { isDefault } : {}),
        })
      : client.providerVaults.update({ company: company.id, vault: vault.id, name, config });
  });
  const submit = async () => {
    const saved = await save.run(undefined);
    if (saved === null) return;
    say(`Provider vault ${saved.name} is ${vault === null ? "created" : "saved"}.`);
    onSaved(saved);
  };
  const fields = vaultFields(provider);
  const named = ["name", ...fields.map(fieldName)];
  const hasPlace = named.some((field) => save.fieldErrors[field] !== undefined);
  return (
    <Form
      validationErrors={save.fieldErrors}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {vault === null ? (
        <Select
          label="Provider"
          value={provider}
          onChange={(chosen) => {
            setProvider(knownProvider(chosen));
            setTexts({});
            save.reset();
          }}
          options={VAULT_PROVIDERS.map((id) => ({
            id,
            label: providerLabel(id),
            ...(id === "aws_secrets_manager"
              ? {}
              : { detail: "Metadata only: nothing is read from it in this version" }),
          }))}
        />
      ) : null}
      <Notice title="It holds no credential">{credentialsText(provider)}</Notice>
      <TextField
        name="name"
        label="Name"
        autoFocus
        autoComplete="off"
        value={name}
        onChange={setName}
        help="What it is called here, such as the account it stands for."
      />
      {fields.map((field) => (
        <TextField
          key={field.name}
          name={fieldName(field)}
          label={field.label}
          mono
          autoComplete="off"
          optional={field.usual !== null}
          placeholder={field.usual ?? ""}
          inputMode={field.isNumber ? "numeric" : "text"}
          help={
            field.isAddress && vault !== null && vault.secrets > 0
              ? `${field.help} It stays while secrets are kept in the vault.`
              : field.help
          }
          value={texts[field.name] ?? ""}
          onChange={(text) => setTexts({ ...texts, [field.name]: text })}
        />
      ))}
      {vault === null && usable ? (
        <Checkbox isSelected={isDefault} onChange={setDefault}>
          Use it for new secrets that are kept at {providerLabel(provider)}
        </Checkbox>
      ) : null}
      {save.failure !== null && !hasPlace ? (
        <FailureNotice
          failure={save.failure}
          what={vault === null ? "The provider vault was not created" : "The provider vault was not saved"}
        />
      ) : null}
      <DialogActions>
        <Button onPress={onCancel}>Cancel</Button>
        <Button type="submit" variant="primary" isPending={save.pending} isDisabled={readOnly !== null}>
          {vault === null ? "Create provider vault" : "Save provider vault"}
        </Button>
      </DialogActions>
    </Form>
  );
}

/** The name by which the control plane speaks of a setting. */
function fieldName({ name }: VaultField): string {
  return `config.${name}`;
}

function knownProvider(id: string | number | null): VaultProvider {
  return VAULT_PROVIDERS.find((one) => one === id) ?? "aws_secrets_manager";
}
