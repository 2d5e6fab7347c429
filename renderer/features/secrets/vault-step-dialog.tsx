import type { ProviderVaultRecord } from "../../../preload/contract/providers.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import { ConfirmDialog } from "../../ui/dialog.tsx";
import { say } from "../../ui/toast.tsx";
import { counted } from "./secret-words.ts";

/** What takes a provider vault away from its secrets. */
export type VaultStep = "disable" | "remove";

const DONE = { disable: "disabled", remove: "removed" } as const;

export interface VaultStepDialogProps {
  readonly vault: ProviderVaultRecord;
  /** The step that is asked about, or null. */
  readonly step: VaultStep | null;
  onClose(): void;
  onRemoved(): void;
}

/** Asks before a provider vault is taken away, and says what depends on it. */
export function VaultStepDialog({ vault, step, onClose, onRemoved }: VaultStepDialogProps) {
  const company = useCompany();
  const client = useClient();
  const one = { company: company.id, vault: vault.id };
  const change = useAction(async (wanted: VaultStep) => {
    if (wanted === "disable") await client.providerVaults.update({ ...one, status: "disabled" });
    else await client.providerVaults.remove(one);
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
    say(`Provider vault ${vault.name} is ${DONE[done]}.`);
    close();
    if (done === "remove") onRemoved();
  };
  if (step === null) return null;
  const verb = step === "disable" ? "Disable" : "Remove";
  return (
    <ConfirmDialog
      title={`${verb} the provider vault ${vault.name}?`}
      confirm={`${verb} provider vault`}
      isOpen
      isPending={change.pending}
      danger
      onConfirm={() => void confirm()}
      onClose={close}
    >
      <p>{meaning(step, vault)}</p>
      {change.failure === null ? null : (
        <FailureNotice failure={change.failure} what={`The provider vault was not ${DONE[step]}`} />
      )}
    </ConfirmDialog>
  );
}

function meaning(step: VaultStep, { secrets, isDefault }: ProviderVaultRecord): string {
  if (step === "remove") return "It is removed here only; nothing is changed at the provider. It can be created anew.";
  const held =
    secrets === 0
      ? "No secret is in it."
      : `Runs that need one of its ${counted(secrets, "secret")} are refused until it is enabled again.`;
  return `${held} Nothing is changed at the provider.${isDefault ? " It is no longer the default." : ""}`;
}
