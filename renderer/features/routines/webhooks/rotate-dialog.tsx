import { useState } from "react";
import { FailureNotice } from "../../../data/failure-notice.tsx";
import { useClient } from "../../../data/panel-context.tsx";
import { useAction } from "../../../data/use-action.ts";
import { useHeldText } from "../../../data/use-held-text.ts";
import { Button } from "../../../ui/button.tsx";
import { Dialog, DialogActions } from "../../../ui/dialog.tsx";
import { Select } from "../../../ui/field.tsx";
import { SigningKeySheet } from "./signing-key-sheet.tsx";
import type { OneWebhook } from "./webhook-dialog.tsx";

const HOUR = 3_600;
const KEEP = [
  { id: "0", label: "End it now", detail: "Senders that still use it are refused" },
  { id: String(HOUR), label: "For an hour" },
  { id: String(24 * HOUR), label: "For a day" },
  { id: String(7 * 24 * HOUR), label: "For a week" },
] as const;

export interface RotateDialogProps {
  readonly one: OneWebhook;
  /** Whether there is a key that could be kept for a while. */
  readonly hasKey: boolean;
  onClose(): void;
}

/** Makes a webhook its next signing key, or its first one, and shows it once. */
export function RotateDialog({ one, hasKey, onClose }: RotateDialogProps) {
  const client = useClient();
  const key = useHeldText();
  const [keep, setKeep] = useState<string>(String(24 * HOUR));
  const [made, setMade] = useState(false);
  const rotate = useAction(async () => {
    const { signingKey } = await client.webhooks.rotate({ ...one, keepOldSeconds: Number(keep) });
    key.keep(signingKey);
    return true;
  });
  return (
    <Dialog title={hasKey ? "Rotate the signing key" : "Make a signing key"} isOpen onClose={onClose}>
      {made ? (
        <>
          <SigningKeySheet signingKey={key} />
          <DialogActions>
            <Button
              variant="primary"
              onPress={() => {
                key.drop();
                onClose();
              }}
            >
              Done
            </Button>
          </DialogActions>
        </>
      ) : (
        <>
          <p>A new key is made and shown once. The address stays.</p>
          {hasKey ? (
            <Select
              label="What becomes of the old key"
              help="It is taken too until then, and destroyed afterwards. The log says which deliveries still use it."
              options={KEEP}
              value={keep}
              onChange={(id) => setKeep(String(id))}
            />
          ) : null}
          {rotate.failure === null ? null : <FailureNotice failure={rotate.failure} what="No key was made" />}
          <DialogActions>
            <Button onPress={onClose}>Cancel</Button>
            <Button
              variant="primary"
              isPending={rotate.pending}
              onPress={() => void rotate.run(undefined).then((done) => setMade(done === true))}
            >
              {hasKey ? "Rotate key" : "Make key"}
            </Button>
          </DialogActions>
        </>
      )}
    </Dialog>
  );
}
