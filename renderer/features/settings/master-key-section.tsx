import { useState } from "react";
import type { VaultKeys } from "../../../preload/contract/vault-keys.ts";
import { Answered } from "../../data/answered.tsx";
import { useReadOnly } from "../../data/status.ts";
import { Button } from "../../ui/button.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Section } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { counted } from "../secrets/secret-words.ts";
import { useVaultKeys } from "../secrets/use-vault-keys.ts";
import { KeyId } from "./key-id.tsx";
import { RetiredKeys } from "./retired-keys.tsx";
import { RotateKeyDialog } from "./rotate-key-dialog.tsx";
import { progressText, reasonOf } from "./rotation-words.ts";

const CUSTODIES = {
  file: "a file of this instance",
  environment: "the environment of Paperclip Desktop",
  keychain: "the keychain of the system",
} as const;

/** The master key in use, its rotation, and the keys of before. Never a key itself. */
export function MasterKeySection() {
  const query = useVaultKeys();
  const readOnly = useReadOnly();
  const [rotating, setRotating] = useState(false);
  const keys = query.data;
  return (
    <Section
      title="Master key"
      actions={
        keys?.state === "ready" ? (
          <Button
            isDisabled={readOnly !== null || !keys.rotation.possible || keys.rotation.running}
            onPress={() => setRotating(true)}
          >
            Rotate master key
          </Button>
        ) : null
      }
    >
      <Answered query={query} what="The master key cannot be shown">
        {(value) => (
          <>
            <KeyFacts keys={value} />
            <Rotation keys={value} />
            {value.retired.length === 0 ? null : <RetiredKeys retired={value.retired} isReadOnly={readOnly !== null} />}
            <RotateKeyDialog keys={value} isOpen={rotating} onClose={() => setRotating(false)} />
          </>
        )}
      </Answered>
    </Section>
  );
}

function KeyFacts({ keys: { state, keyId, expectedKeyId, createdAt, custody } }: { readonly keys: VaultKeys }) {
  return (
    <Facts
      facts={[
        ["State", <Mark key="state" state={state} />],
        ["Key", keyId === null ? "none is loaded" : <KeyId key="key" id={keyId} label="Copy key id" />],
        [
          "Expected key",
          expectedKeyId === null || expectedKeyId === keyId ? null : (
            <KeyId key="expected" id={expectedKeyId} label="Copy expected key id" />
          ),
        ],
        ["In use since", createdAt === null ? null : <Time key="since" instant={createdAt} exactly />],
        ["Kept in", state === "uninitialized" ? null : CUSTODIES[custody]],
      ]}
    />
  );
}

/** How far a rotation is, what one has left, or why none is possible. */
function Rotation({ keys: { state, rotation } }: { readonly keys: VaultKeys }) {
  const { running, done, left, possible, why, next } = rotation;
  if (state !== "ready") return null;
  if (running) {
    return (
      <p role="status">
        <Mark state="running">Rotation: {progressText(done, left)}</Mark>
      </p>
    );
  }
  return (
    <>
      {left === 0 ? null : (
        <Notice
          tone="doubtful"
          title={`${counted(left, "version is", "versions are")} still wrapped by a retired key`}
          next="The next start of the app goes on, and so does another rotation. What is damaged stays as it is."
        />
      )}
      {possible || why === null ? null : (
        <Notice title="The master key cannot be rotated here" next={next}>
          {reasonOf(why)}
        </Notice>
      )}
    </>
  );
}
