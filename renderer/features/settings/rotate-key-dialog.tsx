import type { VaultKeys } from "../../../preload/contract/vault-keys.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogActions } from "../../ui/dialog.tsx";
import { Mark } from "../../ui/mark.tsx";
import { say } from "../../ui/toast.tsx";
import { counted } from "../secrets/secret-words.ts";
import { useVaultLook } from "../secrets/use-vault-keys.ts";
import { progressText } from "./rotation-words.ts";

export interface RotateKeyDialogProps {
  readonly keys: VaultKeys;
  readonly isOpen: boolean;
  onClose(): void;
}

/** Says what a rotation of the master key does, and does it. Closed meanwhile, it goes on. */
export function RotateKeyDialog({ keys, isOpen, onClose }: RotateKeyDialogProps) {
  const client = useClient();
  const look = useVaultLook();
  const rotate = useAction(async () => {
    const rotated = await client.keys.rotate();
    await look();
    return rotated;
  });
  const close = () => {
    rotate.reset();
    onClose();
  };
  const confirm = async () => {
    const rotated = await rotate.run(undefined);
    if (rotated === null) return;
    const left = rotated.left === 0 ? "" : ` ${counted(rotated.left, "version is", "versions are")} left.`;
    say(`The master key is ${rotated.keyId}; ${counted(rotated.done, "version")} wrapped anew.${left}`);
    close();
  };
  return (
    <Dialog title="Rotate the master key" isOpen={isOpen} onClose={close}>
      <ul className="settings-points">
        <li>
          A new key is made and put in the place of {keys.keyId === null ? "the old one" : <code>{keys.keyId}</code>}.
        </li>
        <li>
          The data key of every version is wrapped by it. Values stay as they are, runs go on, and it can be cut off at
          any point: the next start goes on.
        </li>
        <li>The old key is kept, wrapped by the new one, because older backups of the database may need it.</li>
        <li>
          {keys.recovery === null
            ? "There is no recovery code that would have to follow."
            : "The recovery code stays the same and opens the new key."}
        </li>
      </ul>
      <p className="quiet">
        A copy of the key that is kept elsewhere does not open the vault then: replace it afterwards.
      </p>
      {rotate.pending ? (
        <p role="status">
          <Mark state="running">
            {keys.rotation.running
              ? progressText(keys.rotation.done, keys.rotation.left)
              : "The new key is being put in place"}
          </Mark>
        </p>
      ) : null}
      {rotate.failure === null ? null : (
        <FailureNotice failure={rotate.failure} what="The master key was not rotated" />
      )}
      <DialogActions>
        <Button onPress={close}>{rotate.pending ? "Close and let it go on" : "Cancel"}</Button>
        <Button variant="primary" isPending={rotate.pending} onPress={() => void confirm()}>
          Rotate master key
        </Button>
      </DialogActions>
    </Dialog>
  );
}
