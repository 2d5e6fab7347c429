import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Filter, Play } from "lucide-react";
import { useState } from "react";
import { Button, buttonClass } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { RunsFilterBar } from "./runs-filter.tsx";
import { RunsTable } from "./runs-table.tsx";

const DAY_MS = 86_400_000;
const PERIOD_DAYS = { day: 1, week: 7, month: 30 } as const;

/** Every run, newest first. What it is narrowed to stands in the address. */
export function RunsScreen() {
  const { period, status, ...rest } = useSearch({ from: "/runs" });
  const navigate = useNavigate({ from: "/runs" });
  // Reckoned from when the screen was opened: a moving beginning would be another question each time.
  const [opened] = useState(() => Date.now());
  const since = period === undefined ? undefined : new Date(opened - PERIOD_DAYS[period] * DAY_MS).toISOString();
  const filter = { ...rest, status: status === undefined ? undefined : [status], since };
  const narrowed = Object.values(filter).some((value) => value !== undefined);
  return (
    <Page title="Runs" body="list" toolbar={<RunsFilterBar />}>
      <RunsTable
        filter={filter}
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
              A run is one execution of a routine, with its log and what it was given. Start one from a routine with Run
              now.
            </EmptyState>
          )
        }
      />
    </Page>
  );
}
