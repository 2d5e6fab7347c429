import { useState } from "react";
import type { RecoveryEntry } from "../../../preload/contract/vault-keys.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogActions } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Time } from "../../ui/time.tsx";
import { RecoveryProof } from "./recovery-proof.tsx";

export interface RecoveryDrillProps {
  readonly recovery: RecoveryEntry;
  readonly isOpen: boolean;
  onClose(): void;
}

/** Proves at any time that what was kept of the recovery code still opens the master key. */
export function RecoveryDrill({ recovery, isOpen, onClose }: RecoveryDrillProps) {
  return (
    <Dialog title="Test the recovery code" isOpen={isOpen} onClose={onClose}>
      <Drill recovery={recovery} onClose={onClose} />
    </Dialog>
  );
}

function Drill({ recovery: { createdAt }, onClose }: Omit<RecoveryDrillProps, "isOpen">) {
  const [proven, setProven] = useState<RecoveryEntry | null>(null);
  if (proven !== null) {
    return (
      <>
        <ProvenNotice recovery={proven} />
        <DialogActions>
          <Button variant="primary" onPress={onClose} autoFocus>
            Close
          </Button>
        </DialogActions>
      </>
    );
  }
  return (
    <>
      <p>
        The test takes the master key out of the database with the code and holds it against the one in use. Nothing is
        changed. The code in force was made <Time instant={createdAt} exactly />.
      </p>
      <RecoveryProof onProven={setProven} actions={<Button onPress={onClose}>Cancel</Button>} />
    </>
  );
}

/** Says that a code was shown to open the key, and when. */
export function ProvenNotice({ recovery: { keyId, testedAt } }: { readonly recovery: RecoveryEntry }) {
  return (
    <Notice
      tone="good"
      title={
        <>
          The code opens the master key <code>{keyId}</code>
        </>
      }
      next="Keep it apart from the backups. A rotation of the master key does not change it."
    >
      {testedAt === null ? null : (
        <>
          Proven <Time instant={testedAt} exactly />.
        </>
      )}
    </Notice>
  );
}
