import { useRef } from "react";
import type { ReactNode } from "react";
import type { RecoveryEntry } from "../../../preload/contract/vault-keys.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { DialogActions } from "../../ui/dialog.tsx";
import { Form } from "../../ui/field.tsx";
import { SecretField } from "../../ui/secret-field.tsx";
import type { SecretFieldHandle } from "../../ui/secret-field.tsx";
import { useVaultLook } from "../secrets/use-vault-keys.ts";

export interface RecoveryProofProps {
  onProven(recovery: RecoveryEntry): void;
  /** Buttons beside the one that tests the code. */
  readonly actions: ReactNode;
}

/** Takes what was kept of the recovery code and proves that it opens the master key in use. It changes nothing. */
export function RecoveryProof({ onProven, actions }: RecoveryProofProps) {
  const client = useClient();
  const look = useVaultLook();
  const readOnly = useReadOnly();
  const entry = useRef<SecretFieldHandle>(null);
  const test = useAction(async () => {
    const recovery = await client.keys.testRecovery({ code: entry.current?.read() ?? "" });
    await look();
    return recovery;
  });
  const submit = async () => {
    const recovery = await test.run(undefined);
    if (recovery === null) return;
    entry.current?.clear();
    onProven(recovery);
  };
  return (
    <Form
      validationErrors={test.fieldErrors}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <SecretField
        ref={entry}
        label="Recovery code"
        lines
        autoFocus
        error={test.fieldErrors["code"]}
        help="From where it is kept. Upper or lower case, blanks and line ends do not matter; the saved file can be pasted whole."
      />
      {test.failure === null ? null : <FailureNotice failure={test.failure} what="The code is not proven" />}
      {readOnly === null ? null : <p className="field-error">{readOnly}</p>}
      <DialogActions>
        {actions}
        <Button type="submit" variant="primary" isPending={test.pending} isDisabled={readOnly !== null}>
          Test recovery code
        </Button>
      </DialogActions>
    </Form>
  );
}
