import { Link } from "@tanstack/react-router";
import { pageStripClass } from "../../ui/page.tsx";

/** The places under the title Secrets, in the order of the strip. Each has a screen of its own. */
const PLACES = [
  { to: "/secrets", label: "Inventory" },
  { to: "/secrets/access", label: "Access" },
  { to: "/secrets/vaults", label: "Provider vaults" },
] as const;

/** Leads from one place of the secrets to the others. `here` is the one that is open; a pane beside a list belongs to it. */
export function SecretsPlaces({ here }: { readonly here: (typeof PLACES)[number]["to"] }) {
  return (
    <nav aria-label="Secrets" className={pageStripClass.nav}>
      {PLACES.map(({ to, label }) => (
        <Link
          key={to}
          to={to}
          className={pageStripClass.link}
          activeOptions={{ exact: true }}
          aria-current={to === here ? "page" : undefined}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
