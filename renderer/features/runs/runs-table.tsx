import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useMemo } from "react";
import type { ReactNode } from "react";
import type { RunRecord, RunSource, RunStatus } from "../../../preload/contract/runs.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient, useQueries } from "../../data/panel-context.tsx";
import { usePages, useVersion } from "../../data/use-pages.ts";
import { Mark } from "../../ui/mark.tsx";
import { EmptyState } from "../../ui/notice.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Table } from "../../ui/table.tsx";
import type { Column } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { RunDuration } from "./run-duration.tsx";
import { sourceText } from "./source-text.ts";
import "./runs-table.css";

/** What a list of runs is narrowed to; ids or names as the control plane takes them. */
export interface RunsFilter {
  readonly routine?: string | undefined;
  readonly agent?: string | undefined;
  readonly status?: readonly RunStatus[] | undefined;
  readonly source?: RunSource | undefined;
  /** Runs that came at or after this instant, or where it is left out in the last so many hours. */
  readonly since?: string | undefined;
  readonly withinHours?: number | undefined;
  readonly until?: string | undefined;
  /** A part of title, reason or log excerpt. */
  readonly text?: string | undefined;
}

export type RunsColumn = "title" | "why" | "source" | "agent" | "revision" | "started" | "duration" | "attempts";

export interface RunsTableProps {
  readonly filter?: RunsFilter;
  /** Columns that the place says already, such as `agent` on the page of an agent. */
  readonly hide?: readonly RunsColumn[];
  /** Shown where no run matches; without it, what runs are and how the first one is started. */
  readonly empty?: ReactNode;
}

/** Runs that are asked for at a time. */
const PAGE_ROWS = 100;

const ANY: RunsFilter = {};
const NONE: readonly RunsColumn[] = [];

/** Runs, newest first, as many as there are; new ones and changes of state appear by themselves. */
export function RunsTable({ filter = ANY, hide = NONE, empty }: RunsTableProps) {
  const company = useCompany();
  const client = useClient();
  const version = useVersion(useQueries().runs.list.key());
  const pages = usePages<RunRecord>(
    JSON.stringify([company.id, filter]),
    version,
    PAGE_ROWS,
    async (cursor, signal) => {
      const { status, ...rest } = filter;
      const input = { ...known(rest), ...(status === undefined ? {} : { status: [...status] }) };
      const page = await client.runs.list(
        { company: company.id, ...input, limit: PAGE_ROWS, ...(cursor === undefined ? {} : { cursor }) },
        { signal },
      );
      return { rows: page.runs, nextCursor: page.nextCursor };
    },
  );
  const hidden = hide.join(" ");
  const columns = useMemo(() => columnsWithout(hidden.split(" ")), [hidden]);
  const notice =
    pages.failure === null ? null : (
      <FailureNotice what="The runs cannot be shown" failure={pages.failure} onRetry={pages.retry} />
    );
  if (notice !== null && pages.count === 0) return notice;
  if (pages.loading) return <SkeletonRows rows={12} label="Loading runs" />;
  if (pages.count === 0) return empty ?? <NoRuns />;
  return (
    <>
      {notice}
      <Table
        label="Runs"
        columns={columns}
        count={pages.count}
        hasMore={pages.hasMore}
        row={pages.row}
        rowId={({ id }) => id}
        onShow={pages.show}
      />
    </>
  );
}

function NoRuns() {
  return (
    <EmptyState icon={Play} title="No run yet">
      A run is one execution of a routine, with its log and what it was given. Start one from a routine with Run now.
    </EmptyState>
  );
}

/** Leaves out what is not set: the control plane knows no `undefined`. */
function known<Values extends Readonly<Record<string, string | number | undefined>>>(values: Values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    readonly [Name in keyof Values]?: Exclude<Values[Name], undefined>;
  };
}

const COLUMNS: readonly Column<RunRecord>[] = [
  { id: "status", title: "State", width: "7rem", cell: (run) => <Mark state={run.status} /> },
  {
    id: "title",
    title: "Run of",
    width: "minmax(8rem, 4fr)",
    cell: (run) => (
      <span dir="auto" title={run.title}>
        {run.title}
      </span>
    ),
  },
  { id: "why", title: "Why", width: "minmax(6rem, 6fr)", rank: 1, cell: (run) => <Why run={run} /> },
  { id: "source", title: "Source", width: "minmax(4rem, 1fr)", rank: 2, cell: sourceText },
  {
    id: "agent",
    title: "Agent",
    width: "minmax(3.5rem, 1.5fr)",
    rank: 2,
    cell: (run) => (run.agentName === null ? <Nothing /> : <span dir="auto">{run.agentName}</span>),
  },
  {
    id: "revision",
    title: "Revision",
    width: "3.75rem",
    rank: 2,
    align: "end",
    cell: (run) => (run.revision === null ? <Nothing /> : <span className="tabular">{run.revision}</span>),
  },
  {
    id: "attempts",
    title: "Attempts",
    width: "3.75rem",
    rank: 2,
    align: "end",
    cell: (run) =>
      run.attempts === 0 ? (
        <Nothing />
      ) : (
        <span className="tabular">{run.maxAttempts > 1 ? `${run.attempts} of ${run.maxAttempts}` : run.attempts}</span>
      ),
  },
  {
    id: "duration",
    title: "Took",
    width: "4rem",
    rank: 1,
    align: "end",
    cell: (run) => <RunDuration from={run.startedAt} to={run.completedAt} running={run.status === "running"} />,
  },
  {
    id: "started",
    title: "Started",
    width: "6.5rem",
    align: "end",
    cell: (run) =>
      run.startedAt === null ? (
        <span className="quiet">
          came <Time instant={run.triggeredAt} />
        </span>
      ) : (
        <Time instant={run.startedAt} />
      ),
  },
];

function columnsWithout(hidden: readonly string[]): readonly Column<RunRecord>[] {
  // The link of a row is its title, or its state where every row has the same title.
  const linked = hidden.includes("title") ? "status" : "title";
  return COLUMNS.filter(({ id }) => !hidden.includes(id)).map((column) =>
    column.id === linked ? withLink(column) : column,
  );
}

function withLink(column: Column<RunRecord>): Column<RunRecord> {
  return {
    ...column,
    cell: (run) => (
      <Link to="/runs/$runId" params={{ runId: run.id }} className="table-link">
        {column.cell(run)}
        {column.id === "title" ? null : <span className="unseen">, run of {run.title}</span>}
      </Link>
    ),
  };
}

/** The reason in one line; the message of an env failure names key, layer and secret itself. */
function Why({ run: { failure, coalescedIntoRunId } }: { readonly run: RunRecord }) {
  if (failure !== null) {
    return (
      <span className="runs-table-why" dir="auto" title={failure.message}>
        {failure.message}
      </span>
    );
  }
  if (coalescedIntoRunId !== null) return <span className="quiet">taken up by a run that was there already</span>;
  return null;
}

function Nothing() {
  return <span className="quiet">–</span>;
}
