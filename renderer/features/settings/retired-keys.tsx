import { useState } from "react";
import type { RetiredKeyEntry } from "../../../preload/contract/vault-keys.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/dialog.tsx";
import { Section } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { say } from "../../ui/toast.tsx";
import { Line, Lines } from "../secrets/lines.tsx";
import { counted } from "../secrets/secret-words.ts";
import { useVaultLook } from "../secrets/use-vault-keys.ts";

export interface RetiredKeysProps {
  readonly retired: readonly RetiredKeyEntry[];
  readonly isReadOnly: boolean;
}

/** The master keys of before, each with what it still wraps. */
export function RetiredKeys({ retired, isReadOnly }: RetiredKeysProps) {
  const [asked, setAsked] = useState<RetiredKeyEntry | null>(null);
  return (
    <Section title="Retired keys" level={3}>
      <p className="quiet">
        They are kept, wrapped by the key in use, because older backups of the database may need them.
      </p>
      <Lines label="Retired keys" entries={retired} idOf={({ keyId }) => keyId}>
        {(key) => (
          <Line
            first={
              <>
                <code>{key.keyId}</code>
                <span>{key.versions === 0 ? "wraps no version" : `wraps ${counted(key.versions, "version")}`}</span>
                <Button
                  aria-label={`Forget key ${key.keyId}`}
                  isDisabled={isReadOnly || key.versions > 0}
                  onPress={() => setAsked(key)}
                >
                  Forget
                </Button>
              </>
            }
            second={
              <>
                <span>
                  made <Time instant={key.createdAt} />
                </span>
                {key.retiredAt === null ? null : (
                  <span>
                    retired <Time instant={key.retiredAt} />
                  </span>
                )}
              </>
            }
          />
        )}
      </Lines>
      {asked === null ? null : <ForgetDialog retired={asked} onClose={() => setAsked(null)} />}
    </Section>
  );
}

function ForgetDialog({ retired, onClose }: { readonly retired: RetiredKeyEntry; onClose(): void }) {
  const client = useClient();
  const look = useVaultLook();
  const forget = useAction(async () => {
    const answer = await client.keys.forget({ keyId: retired.keyId });
    await look();
    return answer;
  });
  const confirm = async () => {
    if ((await forget.run(undefined)) === null) return;
    say(`The key ${retired.keyId} is forgotten.`);
    onClose();
  };
  return (
    <ConfirmDialog
      title={`Forget the key ${retired.keyId}?`}
      confirm="Forget key"
      isOpen
      danger
      isPending={forget.pending}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <p>No version of this database needs it any more. It cannot be brought back.</p>
      <p>
        Backups that were taken while it was in use may need it
        {retired.retiredAt === null ? null : (
          <>
            : those from before <Time instant={retired.retiredAt} exactly />
          </>
        )}
        . Their secrets cannot be read without a copy of this key.
      </p>
      {forget.failure === null ? null : <FailureNotice failure={forget.failure} what="The key was not forgotten" />}
    </ConfirmDialog>
  );
}
