import { KeyRound } from "lucide-react";
import { useState } from "react";
import type { RecoveryEntry, VaultKeys } from "../../../preload/contract/vault-keys.ts";
import { Answered } from "../../data/answered.tsx";
import { useReadOnly } from "../../data/status.ts";
import { Button } from "../../ui/button.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Section } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { OpenVaultDialog } from "../secrets/open-vault-dialog.tsx";
import { useVaultKeys } from "../secrets/use-vault-keys.ts";
import { codeText, opensByCode } from "../secrets/vault-notice.tsx";
import { KeyId } from "./key-id.tsx";
import { RecoveryDrill } from "./recovery-drill.tsx";
import { RecoverySetup } from "./recovery-setup.tsx";

type Doing = "setup" | "drill" | "open";

/** The recovery code of the vault: none, made, proven; and the way in where the vault is locked. */
export function RecoverySection() {
  const query = useVaultKeys();
  const [doing, setDoing] = useState<Doing | null>(null);
  const recovery = query.data?.recovery ?? null;
  const close = () => setDoing(null);
  return (
    <Section title="Recovery">
      <Answered query={query} what="The recovery code cannot be shown">
        {(keys) => <Recovery keys={keys} onDo={setDoing} />}
      </Answered>
      <RecoverySetup recovery={recovery} isOpen={doing === "setup"} onClose={close} />
      {recovery === null ? null : <RecoveryDrill recovery={recovery} isOpen={doing === "drill"} onClose={close} />}
      <OpenVaultDialog isOpen={doing === "open"} onClose={close} />
    </Section>
  );
}

function Recovery({ keys, onDo }: { readonly keys: VaultKeys; onDo(doing: Doing): void }) {
  const isReadOnly = useReadOnly() !== null;
  const { state, recovery } = keys;
  if (state === "uninitialized") {
    return <p className="quiet">There is no master key yet that could be recovered. The first secret makes one.</p>;
  }
  return (
    <>
      {state === "locked" ? (
        <Notice
          tone="doubtful"
          title={codeText(keys)}
          actions={
            opensByCode(keys) ? (
              <Button variant="primary" icon={KeyRound} isDisabled={isReadOnly} onPress={() => onDo("open")}>
                Open with recovery code
              </Button>
            ) : null
          }
        />
      ) : null}
      {state === "ready" && recovery === null ? (
        <Notice
          title="There is no recovery code yet"
          actions={
            <Button isDisabled={isReadOnly} onPress={() => onDo("setup")}>
              Create recovery code
            </Button>
          }
        >
          Where the master key is lost, no secret can be read any more. A recovery code, kept apart from this machine,
          opens the vault then.
        </Notice>
      ) : null}
      {state === "ready" && recovery?.testedAt === null ? (
        <Notice
          tone="doubtful"
          title="The recovery code was never proven"
          next="Test it with what was kept. Where nothing was, replace it."
        />
      ) : null}
      {recovery === null ? null : <RecoveryFacts recovery={recovery} />}
      {state === "ready" && recovery !== null ? (
        <div className="settings-buttons">
          <Button isDisabled={isReadOnly} onPress={() => onDo("drill")}>
            Test recovery code
          </Button>
          <Button isDisabled={isReadOnly} onPress={() => onDo("setup")}>
            Replace recovery code
          </Button>
        </div>
      ) : null}
    </>
  );
}

function RecoveryFacts({ recovery }: { readonly recovery: RecoveryEntry }) {
  const { recipient, keyId, createdAt, testedAt } = recovery;
  return (
    <Facts
      facts={[
        ["Code made", <Time key="made" instant={createdAt} exactly />],
        ["Last proven", testedAt === null ? "never" : <Time key="tested" instant={testedAt} exactly />],
        ["Opens the key", <code key="key">{keyId}</code>],
        ["Public half", <KeyId key="public" id={recipient} label="Copy public half" />],
      ]}
    />
  );
}
