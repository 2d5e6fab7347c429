import { useRef, useState } from "react";
import type { OpenedVault } from "../../../preload/contract/vault-keys.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogActions } from "../../ui/dialog.tsx";
import { Form } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { SecretField } from "../../ui/secret-field.tsx";
import type { SecretFieldHandle } from "../../ui/secret-field.tsx";
import { useVaultKeys, useVaultLook } from "./use-vault-keys.ts";

export interface OpenVaultDialogProps {
  readonly isOpen: boolean;
  onClose(): void;
}

/**
 * Opens a locked vault with the recovery code, and says then what was done. It stays when the vault is open, so it must not
 * stand within what is shown only while it is locked.
 */
export function OpenVaultDialog({ isOpen, onClose }: OpenVaultDialogProps) {
  const [opened, setOpened] = useState<OpenedVault | null>(null);
  const close = () => {
    setOpened(null);
    onClose();
  };
  return (
    <Dialog
      title={opened === null ? "Open the vault with the recovery code" : "The vault is open"}
      isOpen={isOpen}
      onClose={close}
    >
      {opened === null ? <OpenForm onOpened={setOpened} onClose={close} /> : <Opened opened={opened} onClose={close} />}
    </Dialog>
  );
}

interface OpenFormProps {
  onOpened(opened: OpenedVault): void;
  onClose(): void;
}

function OpenForm({ onOpened, onClose }: OpenFormProps) {
  const client = useClient();
  const look = useVaultLook();
  const keys = useVaultKeys().data;
  const readOnly = useReadOnly();
  const entry = useRef<SecretFieldHandle>(null);
  const open = useAction(async () => {
    const opened = await client.keys.openWithRecovery({ code: entry.current?.read() ?? "" });
    await look();
    return opened;
  });
  const submit = async () => {
    const opened = await open.run(undefined);
    if (opened === null) return;
    entry.current?.clear();
    onOpened(opened);
  };
  const wrong = open.fieldErrors["code"];
  return (
    <Form
      validationErrors={open.fieldErrors}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <p>
        The code takes the master key {keys?.expectedKeyId ? <code>{keys.expectedKeyId}</code> : null} out of the
        database and puts it back in its place, without a restart. What stands there now is kept beside it. Where the
        code does not fit, nothing is changed.
      </p>
      <SecretField
        ref={entry}
        label="Recovery code"
        lines
        autoFocus
        error={wrong}
        help="Upper or lower case, blanks and line ends do not matter; the saved file can be pasted whole."
      />
      {open.failure === null ? null : <FailureNotice failure={open.failure} what="The vault was not opened" />}
      {readOnly === null ? null : <p className="field-error">{readOnly}</p>}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isPending={open.pending} isDisabled={readOnly !== null}>
          Open vault
        </Button>
      </DialogActions>
    </Form>
  );
}

function Opened({ opened: { keyId, keptAside }, onClose }: { readonly opened: OpenedVault; onClose(): void }) {
  return (
    <>
      <Notice
        tone="good"
        title={
          <>
            The master key <code>{keyId}</code> is back in its place
          </>
        }
        next="Runs that waited for it go on by themselves; those that were refused can be run once more."
      >
        {keptAside === null ? (
          "Nothing stood in its place."
        ) : (
          <>
            What stood in its place is kept as <code>{keptAside}</code>. It does not open this vault; it may be the key
            of another one.
          </>
        )}
      </Notice>
      <DialogActions>
        <Button variant="primary" onPress={onClose} autoFocus>
          Close
        </Button>
      </DialogActions>
    </>
  );
}
