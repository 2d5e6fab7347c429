import type { SecretDetail } from "../../../preload/contract/secrets.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import { ConfirmDialog } from "../../ui/dialog.tsx";
import { say } from "../../ui/toast.tsx";
import { BlastView } from "./blast-view.tsx";
import { counted } from "./secret-words.ts";

/** What takes a secret away from those who use it. */
export type Step = "disable" | "archive" | "delete";

const DONE = { disable: "disabled", archive: "archived", delete: "deleted" } as const;

export interface StatusDialogProps {
  readonly secret: SecretDetail;
  /** The step that is asked about, or null. */
  readonly step: Step | null;
  onClose(): void;
  onDeleted(): void;
}

/** Asks before a secret is taken away, and shows what that does to routines. */
export function StatusDialog({ secret, step, onClose, onDeleted }: StatusDialogProps) {
  const company = useCompany();
  const client = useClient();
  const change = useAction(async (wanted: Step) => {
    await client.secrets[wanted]({ company: company.id, secret: secret.id });
    return wanted;
  });
  const close = () => {
    change.reset();
    onClose();
  };
  const confirm = async () => {
    if (step === null) return;
    const done = await change.run(step);
    if (done === null) return;
    say(`Secret ${secret.key} is ${DONE[done]}.`);
    close();
    if (done === "delete") onDeleted();
  };
  if (step === null) return null;
  const verb = `${step.charAt(0).toUpperCase()}${step.slice(1)}`;
  return (
    <ConfirmDialog
      title={`${verb} the secret ${secret.key}?`}
      confirm={`${verb} secret`}
      isOpen
      isPending={change.pending}
      danger={step !== "archive"}
      onConfirm={() => void confirm()}
      onClose={close}
    >
      <p>{meaning(step, secret)}</p>
      <BlastView secretId={secret.id} change={step} />
      {change.failure === null ? null : (
        <FailureNotice failure={change.failure} what={`The secret was not ${DONE[step]}`} />
      )}
    </ConfirmDialog>
  );
}

function meaning(step: Step, { versions, managedMode, provider }: SecretDetail): string {
  switch (step) {
    case "disable":
      return "It is given to no run from now on, until it is enabled again.";
    case "archive":
      return "It is given to no run from now on and leaves the list. It can be taken out of the archive again.";
    case "delete":
      if (managedMode === "external_reference") {
        return "The link is removed, and nothing is changed at the provider. Its access events stay, and its key and name become free.";
      }
      if (provider !== "local_encrypted") {
        return (
          "It is deleted here and at the provider, which can bring it back for the days of its recovery window. Its access " +
          "events stay, and its key and name become free."
        );
      }
      return (
        `${versions.length === 1 ? "Its version is" : `Its ${counted(versions.length, "version")} are`} destroyed, and no ` +
        "value can be brought back. Its access events stay, and its key and name become free."
      );
  }
}
