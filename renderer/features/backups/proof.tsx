import type { OpenedBy } from "../../../preload/contract/backups.ts";
import { Mark } from "../../ui/mark.tsx";
import { Time } from "../../ui/time.tsx";

interface ProofProps {
  readonly backup: { readonly provenAt: string | null; readonly openedBy?: OpenedBy; readonly reason?: string };
  /** Whether there is room for a sentence. */
  readonly whole?: boolean;
}

const NEEDS = { passphrase: "needs passphrase", recovery: "needs the code" } as const;
const OPENS = {
  passphrase: "can be proven with the passphrase",
  recovery: "can be proven with the recovery code",
} as const;

/** When a backup was last restored and compared. One that is encrypted is proven by whoever can open it, never by itself. */
export function Proof({ backup: { provenAt, openedBy, reason }, whole = false }: ProofProps) {
  if (provenAt === null) {
    // On arrival nothing of it can be read but its head.
    if (openedBy !== undefined && reason === "received") {
      return <span className="quiet">{whole ? `not checked: encrypted; it ${OPENS[openedBy]}` : "not checked"}</span>;
    }
    if (openedBy === undefined) return <span className="quiet">never</span>;
    return <span className="quiet">{whole ? `never; it ${OPENS[openedBy]}` : NEEDS[openedBy]}</span>;
  }
  return (
    <Mark state="success">
      <Time instant={provenAt} />
    </Mark>
  );
}
