import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { ListChecks, Plus } from "lucide-react";
import { useEffect, useState } from "react";
import type { RoutineRecord, RoutineSort } from "../../../preload/contract/routines.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient, useQueries } from "../../data/panel-context.tsx";
import { useStoredChoice } from "../../data/stored.ts";
import { usePages, useVersion } from "../../data/use-pages.ts";
import type { PagedList } from "../../data/use-pages.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { SearchField, Select } from "../../ui/field.tsx";
import type { Option } from "../../ui/field.tsx";
import { isState, Mark } from "../../ui/mark.tsx";
import { EmptyState } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Table } from "../../ui/table.tsx";
import type { Column } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { ImportRoutines } from "./definitions/import-dialog.tsx";
import { RoutineMark } from "./routine-state.tsx";
import "./routines-screen.css";

/** Routines that are asked for at a time. */
const PAGE_ROWS = 100;
/** Milliseconds after the last key until a search is made. */
const SEARCH_WAIT_MS = 180;

const SORTS: readonly [RoutineSort, ...RoutineSort[]] = ["title", "updated", "created", "last_run"];
const SORT_OPTIONS: readonly Option[] = [
  { id: "title", label: "By title" },
  { id: "updated", label: "Last updated first" },
  { id: "created", label: "Newest first" },
  { id: "last_run", label: "Last run first" },
];
const STATUS_OPTIONS: readonly Option[] = [
  { id: "any", label: "Any state" },
  { id: "active", label: "Active" },
  { id: "paused", label: "Paused" },
  { id: "archived", label: "Archived" },
];

/** All routines of the company: what there is, whether it is on, and how it last went. */
export function RoutinesScreen() {
  const company = useCompany();
  const client = useClient();
  const { status, text } = useSearch({ from: "/routines" });
  const navigate = useNavigate({ from: "/routines" });
  const [sort, setSort] = useStoredChoice("routines.sort", SORTS);
  const version = useVersion(useQueries().routines.list.key());
  const input = {
    company: company.id,
    sort,
    ...(status === undefined ? {} : { status }),
    ...(text === undefined ? {} : { text }),
  };
  const pages = usePages<RoutineRecord>(JSON.stringify(input), version, PAGE_ROWS, async (cursor, signal) => {
    const page = await client.routines.list(
      { ...input, limit: PAGE_ROWS, ...(cursor === undefined ? {} : { cursor }) },
      { signal },
    );
    return { rows: page.routines, nextCursor: page.nextCursor };
  });
  return (
    <Page
      title="Routines"
      body="list"
      actions={
        <>
          <ImportRoutines />
          <Link to="/routines/new" className={buttonClass("primary")}>
            <Plus aria-hidden="true" />
            New routine
          </Link>
        </>
      }
      toolbar={
        <>
          <RoutineSearch
            text={text ?? ""}
            onSearch={(next) => {
              void navigate({
                search: { ...(status === undefined ? {} : { status }), ...(next === "" ? {} : { text: next }) },
                replace: true,
              });
            }}
          />
          <div className="routines-screen-choice">
            <Select
              label="State"
              labelUnseen
              options={STATUS_OPTIONS}
              value={status ?? "any"}
              onChange={(key) => {
                const chosen = (["active", "paused", "archived"] as const).find((each) => each === key);
                void navigate({
                  search: { ...(chosen ? { status: chosen } : {}), ...(text === undefined ? {} : { text }) },
                  replace: true,
                });
              }}
            />
          </div>
          <div className="routines-screen-choice">
            <Select
              label="Sort by"
              labelUnseen
              options={SORT_OPTIONS}
              value={sort}
              onChange={(key) => setSort(SORTS.find((each) => each === key) ?? "title")}
            />
          </div>
        </>
      }
    >
      <Routines
        pages={pages}
        filtered={status !== undefined || text !== undefined}
        onClear={() => void navigate({ search: {}, replace: true })}
      />
    </Page>
  );
}

/** Follows the address, and writes to it once the typing rests. */
function RoutineSearch({ text, onSearch }: { readonly text: string; onSearch(text: string): void }) {
  const [typed, setTyped] = useState(text);
  const [known, setKnown] = useState(text);
  if (known !== text) {
    setKnown(text);
    if (typed.trim() !== text) setTyped(text);
  }
  useEffect(() => {
    if (typed.trim() === text) return;
    const timer = window.setTimeout(() => onSearch(typed.trim()), SEARCH_WAIT_MS);
    return () => window.clearTimeout(timer);
  }, [typed, text, onSearch]);
  return (
    <div className="routines-screen-search">
      <SearchField
        label="Search routines"
        placeholder="Search by title"
        value={typed}
        onChange={setTyped}
        maxLength={200}
      />
    </div>
  );
}

function Routines({
  pages,
  filtered,
  onClear,
}: {
  readonly pages: PagedList<RoutineRecord>;
  readonly filtered: boolean;
  onClear(): void;
}) {
  const notice =
    pages.failure === null ? null : (
      <FailureNotice what="The routines cannot be shown" failure={pages.failure} onRetry={pages.retry} />
    );
  if (notice !== null && pages.count === 0) return notice;
  if (pages.loading) return <SkeletonRows rows={12} label="Loading routines" />;
  if (pages.count === 0) return filtered ? <NothingFound onClear={onClear} /> : <NoRoutines />;
  return (
    <>
      {notice}
      <Table
        label="Routines"
        columns={COLUMNS}
        count={pages.count}
        hasMore={pages.hasMore}
        row={pages.row}
        rowId={({ id }) => id}
        onShow={pages.show}
      />
    </>
  );
}

function NoRoutines() {
  return (
    <EmptyState
      icon={ListChecks}
      title="No routine yet"
      action={
        <Link to="/routines/new" className={buttonClass("primary")}>
          New routine
        </Link>
      }
    >
      A routine is recurring work: instructions, the agent that follows them, and the secrets that it is given.
    </EmptyState>
  );
}

function NothingFound({ onClear }: { onClear(): void }) {
  return (
    <EmptyState icon={ListChecks} title="No routine matches" action={<Button onPress={onClear}>Clear filters</Button>}>
      No routine has this state and these words in its title.
    </EmptyState>
  );
}

const COLUMNS: readonly Column<RoutineRecord>[] = [
  {
    id: "title",
    title: "Title",
    width: "minmax(10rem, 4fr)",
    cell: (routine) => (
      <Link
        to="/routines/$routineId"
        params={{ routineId: routine.id }}
        className="table-link"
        dir="auto"
        title={routine.title}
      >
        {routine.title}
      </Link>
    ),
  },
  { id: "state", title: "State", width: "5.5rem", cell: (routine) => <RoutineMark routine={routine} /> },
  {
    id: "agent",
    title: "Agent",
    width: "minmax(5rem, 1fr)",
    rank: 2,
    cell: ({ agentName }) => <Name name={agentName} />,
  },
  {
    id: "project",
    title: "Project",
    width: "minmax(5rem, 1fr)",
    rank: 2,
    cell: ({ projectName }) => <Name name={projectName} />,
  },
  { id: "last", title: "Last run", width: "12rem", rank: 1, cell: (routine) => <LastRun routine={routine} /> },
  {
    id: "updated",
    title: "Updated",
    width: "6.5rem",
    rank: 2,
    align: "end",
    cell: ({ updatedAt }) => <Time instant={updatedAt} />,
  },
];

function Name({ name }: { readonly name: string | null }) {
  return name === null ? <span className="quiet">–</span> : <span dir="auto">{name}</span>;
}

function LastRun({ routine: { lastRunAt, lastRunStatus } }: { readonly routine: RoutineRecord }) {
  if (lastRunAt === null) return <span className="quiet">never</span>;
  return (
    <span className="routines-screen-last">
      {lastRunStatus !== null && isState(lastRunStatus) ? <Mark state={lastRunStatus} /> : lastRunStatus}
      <span className="quiet">
        <Time instant={lastRunAt} />
      </span>
    </span>
  );
}
