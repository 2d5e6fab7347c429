import type { OpenedBy } from "../../../preload/contract/backups.ts";
import { Mark } from "../../ui/mark.tsx";
import { Time } from "../../ui/time.tsx";

interface ProofProps {
  readonly backup: { readonly provenAt: string | null; readonly openedBy?: OpenedBy };
  /** Whether there is room for a sentence. */
  readonly whole?: boolean;
}

const NEEDS = { passphrase: "needs passphrase", recovery: "needs the code" } as const;
const WHOLE = {
  passphrase: "never; it can be proven with the passphrase",
  recovery: "never; it can be proven with the recovery code",
} as const;

/** When a backup was last restored and compared. One that is encrypted is proven by whoever can open it, never by itself. */
export function Proof({ backup: { provenAt, openedBy }, whole = false }: ProofProps) {
  if (provenAt === null) {
    return <span className="quiet">{openedBy === undefined ? "never" : (whole ? WHOLE : NEEDS)[openedBy]}</span>;
  }
  return (
    <Mark state="success">
      <Time instant={provenAt} />
    </Mark>
  );
}
