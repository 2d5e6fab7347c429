import { Mark } from "../../ui/mark.tsx";
import { Time } from "../../ui/time.tsx";

/** When a backup was last restored and compared. */
export function Proof({ provenAt }: { readonly provenAt: string | null }) {
  if (provenAt === null) return <span className="quiet">never</span>;
  return (
    <Mark state="success">
      <Time instant={provenAt} />
    </Mark>
  );
}
