import type { FullContent } from "../../../preload/contract/backups.ts";
import { Section } from "../../ui/page.tsx";
import "./backups.css";

/** As many are shown; the rest is in the file itself. */
const MOST_SHOWN = 200;

/** What of the instance folder a full backup does not hold, and why. */
export function LeftOut({ full, title }: { readonly full: FullContent | null; readonly title: string }) {
  if (full === null || full.leftOutCount === 0) return null;
  return (
    <Section level={3} title={`${title} (${full.leftOutCount.toLocaleString("en")})`}>
      <ul className="backups-left-out" aria-label={title} tabIndex={0}>
        {full.leftOut.slice(0, MOST_SHOWN).map(({ path, why }) => (
          <li key={path}>
            <code>{path}</code>: {why}
          </li>
        ))}
      </ul>
    </Section>
  );
}
