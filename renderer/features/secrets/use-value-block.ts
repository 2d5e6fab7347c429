import { useReadOnly, useStatus } from "../../data/status.ts";

/** Why no secret can be given a value right now, in one sentence, or null: nothing can be changed, or the vault is locked. */
export function useValueBlock(): string | null {
  const readOnly = useReadOnly();
  const status = useStatus();
  if (readOnly !== null) return readOnly;
  return status?.vault.state === "locked" ? "The vault is locked: values can neither be sealed nor be read." : null;
}
