import { useState } from "react";
import type { CreatedRecovery, RecoveryEntry } from "../../../preload/contract/vault-keys.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useReadOnly, useStatus } from "../../data/status.ts";
import { UnsavedGuard } from "../../data/unsaved-guard.tsx";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogActions } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Time } from "../../ui/time.tsx";
import { useVaultLook } from "../secrets/use-vault-keys.ts";
import { ProvenNotice } from "./recovery-drill.tsx";
import { RecoveryProof } from "./recovery-proof.tsx";
import { RecoverySheet } from "./recovery-sheet.tsx";
import { useHeldText } from "../../data/use-held-text.ts";
import type { HeldText } from "../../data/use-held-text.ts";

/** What is known of a code that was made, without the code. */
type Made = Omit<CreatedRecovery, "code">;

type Step =
  | { readonly kind: "explain" }
  | { readonly kind: "keep"; readonly made: Made }
  | { readonly kind: "prove"; readonly made: Made }
  | { readonly kind: "done"; readonly proven: RecoveryEntry };

const TITLES = {
  explain: "Create a recovery code",
  keep: "Keep the recovery code",
  prove: "Prove the recovery code",
  done: "The recovery code is proven",
} as const;

export interface RecoverySetupProps {
  /** The code in force, which the new one replaces; null where there is none. */
  readonly recovery: RecoveryEntry | null;
  readonly isOpen: boolean;
  onClose(): void;
}

/**
 * Leads through a recovery code: what it is, the code itself, and the proof that it was kept. Between the code and its proof
 * it is not left without a question.
 */
export function RecoverySetup({ isOpen, ...rest }: RecoverySetupProps) {
  return isOpen ? <Setup {...rest} /> : null;
}

function Setup({ recovery, onClose }: Omit<RecoverySetupProps, "isOpen">) {
  const [step, setStep] = useState<Step>({ kind: "explain" });
  const [leaving, setLeaving] = useState(false);
  // What there was before, whatever is in force by now.
  const [before] = useState(recovery);
  const code = useHeldText();
  const unproven = step.kind === "keep" || step.kind === "prove";
  const words = leavingWords(before);
  const title = step.kind === "explain" && before !== null ? "Replace the recovery code" : TITLES[step.kind];
  return (
    <>
      <Dialog title={title} isOpen onClose={unproven ? () => setLeaving(true) : onClose}>
        {step.kind === "explain" ? (
          <Explain before={before} code={code} onMade={(made) => setStep({ kind: "keep", made })} onClose={onClose} />
        ) : null}
        {step.kind === "keep" ? (
          <Keep made={step.made} code={code} onProve={() => setStep({ kind: "prove", made: step.made })} />
        ) : null}
        {step.kind === "prove" ? (
          <>
            <p>Give the code back from where it is kept. Only what was proven to open the vault is worth keeping.</p>
            <RecoveryProof
              onProven={(proven) => {
                code.drop();
                setStep({ kind: "done", proven });
              }}
              actions={<Button onPress={() => setStep({ kind: "keep", made: step.made })}>Show the code again</Button>}
            />
          </>
        ) : null}
        {step.kind === "done" ? (
          <>
            <ProvenNotice recovery={step.proven} />
            <DialogActions>
              <Button variant="primary" onPress={onClose} autoFocus>
                Close
              </Button>
            </DialogActions>
          </>
        ) : null}
        {leaving ? (
          <Dialog title={words.title} isOpen onClose={() => setLeaving(false)}>
            <p>{words.what}</p>
            <DialogActions>
              <Button variant="danger" onPress={onClose}>
                {words.leave}
              </Button>
              <Button variant="primary" onPress={() => setLeaving(false)} autoFocus>
                {words.stay}
              </Button>
            </DialogActions>
          </Dialog>
        ) : null}
      </Dialog>
      <UnsavedGuard dirty={unproven} name="the recovery code" tabsToo {...words} />
    </>
  );
}

function leavingWords(before: RecoveryEntry | null) {
  return {
    title: "Leave without the proof?",
    what:
      "The code is in force and is not shown again" +
      (before === null ? ". " : "; the one of before opens nothing any more. ") +
      "Where it was kept, it can be proven later with “Test recovery code”. Where it was not, replace it by another one: " +
      "until then the vault has no recovery.",
    leave: "Leave without proof",
    stay: "Stay",
  };
}

interface ExplainProps {
  readonly before: RecoveryEntry | null;
  readonly code: HeldText;
  onMade(made: Made): void;
  onClose(): void;
}

function Explain({ before, code, onMade, onClose }: ExplainProps) {
  const client = useClient();
  const look = useVaultLook();
  const readOnly = useReadOnly();
  const create = useAction(async () => {
    const { code: text, ...made } = await client.keys.createRecovery();
    code.keep(text);
    await look();
    return made;
  });
  const submit = async () => {
    const made = await create.run(undefined);
    if (made !== null) onMade(made);
  };
  return (
    <>
      <ul className="settings-points">
        <li>It opens the vault where the master key is gone: the file, the keychain, the machine that had it.</li>
        <li>It is shown once, next, and kept nowhere. Have paper, a printer or a password manager at hand.</li>
        <li>Whoever has it and a copy of the database can read every secret: keep it apart from the backups.</li>
        <li>Then it is asked for once, which proves that it was kept.</li>
      </ul>
      {before === null ? null : (
        <Notice
          tone="doubtful"
          title={
            <>
              The code made <Time instant={before.createdAt} exactly /> opens nothing from then on
            </>
          }
          next="Copies of the database from before open with it and not with the new one: keep it as long as they are kept."
        />
      )}
      {create.failure === null ? null : <FailureNotice failure={create.failure} what="No recovery code was made" />}
      {readOnly === null ? null : <p className="field-error">{readOnly}</p>}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button
          variant="primary"
          isPending={create.pending}
          isDisabled={readOnly !== null}
          onPress={() => void submit()}
        >
          {before === null ? "Create recovery code" : "Replace recovery code"}
        </Button>
      </DialogActions>
    </>
  );
}

interface KeepProps {
  readonly made: Made;
  readonly code: HeldText;
  onProve(): void;
}

function Keep({ made, code, onProve }: KeepProps) {
  const instance = useStatus()?.instance.id ?? "default";
  const { keyId, recipient, createdAt } = made;
  return (
    <>
      <p>Write it down, print it, or put it into a password manager. It is not shown again once this is closed.</p>
      <RecoverySheet code={code} facts={{ instance, keyId, recipient, createdAt }} />
      <DialogActions>
        <Button variant="primary" onPress={onProve}>
          It is kept: prove it
        </Button>
      </DialogActions>
    </>
  );
}
