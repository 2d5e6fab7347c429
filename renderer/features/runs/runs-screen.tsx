import { Link, useNavigate } from "@tanstack/react-router";
import { Filter, Play } from "lucide-react";
import { Button, buttonClass } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { RunViews } from "./run-views.tsx";
import { RunsFilterBar } from "./runs-filter.tsx";
import { RunsTable } from "./runs-table.tsx";
import { useRunFilter } from "./use-run-filter.ts";

/** Every run, newest first. What it is narrowed to stands in the address. */
export function RunsScreen() {
  const navigate = useNavigate({ from: "/runs" });
  const filter = useRunFilter();
  const narrowed = Object.keys(filter.filters).length > 0;
  return (
    <Page title="Runs" body="list" actions={<RunViews filter={filter} />} toolbar={<RunsFilterBar filter={filter} />}>
      {filter.waits ? <SkeletonRows rows={12} label="Loading runs" /> : null}
      {filter.waits ? null : (
        <RunsTable
          filter={filter.filters}
          empty={
            narrowed ? (
              <EmptyState
                icon={Filter}
                title="No run matches"
                action={<Button onPress={() => void navigate({ search: {} })}>Clear filters</Button>}
              >
                There may be runs that the filters leave out.
              </EmptyState>
            ) : (
              <EmptyState
                icon={Play}
                title="No run yet"
                action={
                  <Link to="/routines" className={buttonClass("primary")}>
                    Open routines
                  </Link>
                }
              >
                A run is one execution of a routine, with its log and what it was given. Start one from a routine with
                Run now.
              </EmptyState>
            )
          }
        />
      )}
    </Page>
  );
}
