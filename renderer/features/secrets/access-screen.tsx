import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Filter, ScrollText } from "lucide-react";
import { useState } from "react";
import { Button, buttonClass } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { AccessFilterBar } from "./access-filter.tsx";
import { AccessRecord } from "./access-record.tsx";
import { AccessTable } from "./access-table.tsx";
import type { AccessSearch } from "./access-words.ts";
import { SecretsPlaces } from "./secrets-places.tsx";

/** Every use and every refusal of a secret in the company, and whether the record of them holds. */
export function AccessScreen() {
  const search: AccessSearch = useSearch({ from: "/secrets/access" });
  const navigate = useNavigate({ from: "/secrets/access" });
  const [opened] = useState(() => Date.now());
  const narrow = (next: AccessSearch) => void navigate({ search: next, replace: true });
  const { event, ...filters } = search;
  const narrowed = Object.keys(filters).length > 0;
  return (
    <Page
      title="Secrets"
      titleText="Access to secrets"
      strip={<SecretsPlaces here="/secrets/access" />}
      body="list"
      toolbar={<AccessFilterBar search={search} onSearch={narrow} />}
    >
      <AccessRecord />
      {event === undefined ? null : (
        <p className="access-record-from quiet">
          From event #{event + 1} down; newer ones are left out.{" "}
          <Button variant="quiet" onPress={() => narrow(filters)}>
            Show the newest
          </Button>
        </p>
      )}
      <AccessTable
        search={search}
        opened={opened}
        empty={
          narrowed || event !== undefined ? (
            <EmptyState
              icon={Filter}
              title="No event matches"
              action={<Button onPress={() => narrow({})}>Clear filters</Button>}
            >
              There may be events that the filters leave out.
            </EmptyState>
          ) : (
            <EmptyState
              icon={ScrollText}
              title="No access event yet"
              action={
                <Link to="/routines" className={buttonClass()}>
                  Open routines
                </Link>
              }
            >
              Each time a run asks for a secret, an event stays here: who asked, for what, and whether it was given.
            </EmptyState>
          )
        }
      />
    </Page>
  );
}
