import type { OpenedBy } from "../../../preload/contract/backups.ts";
import { Mark } from "../../ui/mark.tsx";
import { Time } from "../../ui/time.tsx";

interface ProofProps {
  readonly backup: { readonly provenAt: string | null; readonly openedBy?: OpenedBy };
}

/** When a backup was last restored and compared. One that is encrypted is proven by whoever can open it, never by itself. */
export function Proof({ backup: { provenAt, openedBy } }: ProofProps) {
  if (provenAt === null) {
    const how = { passphrase: "by passphrase", recovery: "by recovery code" };
    return <span className="quiet">{openedBy === undefined ? "never" : `${how[openedBy]} only`}</span>;
  }
  return (
    <Mark state="success">
      <Time instant={provenAt} />
    </Mark>
  );
}
