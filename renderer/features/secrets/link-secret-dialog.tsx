import { useState } from "react";
import type { SecretRecord } from "../../../preload/contract/secrets.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogActions } from "../../ui/dialog.tsx";
import { Form, Select, TextField } from "../../ui/field.tsx";
import { say } from "../../ui/toast.tsx";
import { storedKey } from "./key-text.ts";
import { useUsableVaults } from "./use-usable-vaults.ts";
import { providerLabel } from "./vault-words.ts";

export interface LinkSecretDialogProps {
  readonly isOpen: boolean;
  /** The vault that is meant at first; without it the default one. */
  readonly vaultId?: string;
  onLinked?(secret: SecretRecord): void;
  onClose(): void;
}

/** Links a secret that is kept at a provider already. Its value is read there at each run and is never entered here. */
export function LinkSecretDialog({ isOpen, onClose, ...rest }: LinkSecretDialogProps) {
  return (
    <Dialog title="Link a secret of a provider" isOpen={isOpen} onClose={onClose}>
      <LinkSecretForm {...rest} onClose={onClose} />
    </Dialog>
  );
}

function LinkSecretForm({ vaultId, onLinked, onClose }: Omit<LinkSecretDialogProps, "isOpen">) {
  const company = useCompany();
  const client = useClient();
  const readOnly = useReadOnly();
  const vaults = useUsableVaults();
  const [chosen, setChosen] = useState(vaultId ?? null);
  const [externalRef, setExternalRef] = useState("");
  const [typedKey, setTypedKey] = useState<string | null>(null);
  const [name, setName] = useState("");
  const vault = vaults.find(({ id }) => id === chosen) ?? vaults[0];
  const key = typedKey ?? storedKey(nameIn(externalRef));
  const link = useAction(() =>
    client.secrets.link({
      company: company.id,
      externalRef: externalRef.trim(),
      key,
      ...(vault === undefined ? {} : { vault: vault.id }),
      ...(name.trim() === "" ? {} : { name }),
    }),
  );
  const submit = async () => {
    const secret = await link.run(undefined);
    if (secret === null) return;
    say(`Secret ${secret.key} is linked.`);
    onLinked?.(secret);
    onClose();
  };
  const hasPlace = ["externalRef", "key", "name"].some((field) => link.fieldErrors[field] !== undefined);
  return (
    <Form
      validationErrors={link.fieldErrors}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Select
        label="Provider vault"
        value={vault?.id ?? null}
        onChange={(id) => setChosen(String(id))}
        options={vaults.map(({ id, name: label, provider }) => ({ id, label, detail: providerLabel(provider) }))}
      />
      <TextField
        name="externalRef"
        label="Reference"
        mono
        autoFocus
        autoComplete="off"
        value={externalRef}
        onChange={setExternalRef}
        placeholder="team/slack"
        help="The name or the ARN of a secret that is kept there by somebody else. Its value is read at each run, and not now."
      />
      <TextField
        name="key"
        label="Key"
        mono
        autoComplete="off"
        value={key}
        onChange={setTypedKey}
        placeholder="slack-hook"
        help="What routines, agents and projects refer to."
      />
      <TextField
        name="name"
        label="Name"
        optional
        autoComplete="off"
        value={name}
        onChange={setName}
        help="Shown beside the key where it differs."
      />
      {link.failure !== null && !hasPlace ? (
        <FailureNotice failure={link.failure} what="The secret was not linked" />
      ) : null}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant="primary"
          isPending={link.pending}
          isDisabled={readOnly !== null || vault === undefined}
        >
          Link secret
        </Button>
      </DialogActions>
    </Form>
  );
}

/** The name in a reference: of an ARN what stands behind `secret:`, without the six characters that AWS adds. */
function nameIn(reference: string): string {
  const resource = /:secret:(.+)$/.exec(reference.trim())?.[1];
  return resource?.replace(/-[A-Za-z0-9]{6}$/, "") ?? reference;
}
