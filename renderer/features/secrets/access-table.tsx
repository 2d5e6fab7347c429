import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { ReactNode } from "react";
import type { AccessEvent } from "../../../preload/contract/secrets.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient, useQueries } from "../../data/panel-context.tsx";
import type { Page } from "../../data/pages.ts";
import { usePages, useVersion } from "../../data/use-pages.ts";
import { Mark } from "../../ui/mark.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Table } from "../../ui/table.tsx";
import type { Column } from "../../ui/table.tsx";
import { SecretTag } from "../../ui/tag.tsx";
import { Time } from "../../ui/time.tsx";
import { PERIOD_DAYS } from "./access-words.ts";
import type { AccessSearch } from "./access-words.ts";
import { ConsumerLink } from "./consumer-link.tsx";
import { refusalText, shortId, variableOf } from "./secret-words.ts";
import "./access-table.css";

/** Events that are asked for at a time. */
const PAGE_ROWS = 100;
const DAY_MS = 86_400_000;

export interface AccessTableProps {
  readonly search: AccessSearch;
  /** Milliseconds since 1970 from which the period is reckoned: a moving one would be another question each time. */
  readonly opened: number;
  /** Shown where there is no event. */
  readonly empty: ReactNode;
}

/** Access events of the company, newest first, as many as there are; new ones appear by themselves. */
export function AccessTable({ search, opened, empty }: AccessTableProps) {
  const company = useCompany();
  const client = useClient();
  const version = useVersion(useQueries().secrets.events.key());
  const { event: at, period, code, consumer, ...others } = search;
  const filter = {
    company: company.id,
    ...others,
    ...(code === undefined ? {} : { errorCode: code }),
    ...(consumer === undefined ? {} : { consumerId: consumer }),
    ...(period === undefined ? {} : { since: new Date(opened - PERIOD_DAYS[period] * DAY_MS).toISOString() }),
  };
  const pages = usePages<AccessEvent>(JSON.stringify([filter, at ?? null]), version, PAGE_ROWS, (cursor, signal) =>
    filledPage(cursor ?? (at === undefined ? undefined : String(at + 2)), (from, limit) =>
      client.secrets.events({ ...filter, limit, ...(from === undefined ? {} : { cursor: from }) }, { signal }),
    ),
  );
  const columns = useMemo(() => columnsFor(search), [search]);
  const notice =
    pages.failure === null ? null : (
      <FailureNotice what="The access events cannot be shown" failure={pages.failure} onRetry={pages.retry} />
    );
  if (notice !== null && pages.count === 0) return notice;
  if (pages.loading) return <SkeletonRows rows={12} label="Loading access events" />;
  if (pages.count === 0) return empty;
  // It is the second row, or the first where it is the newest event of all.
  const looked = [pages.row(0), pages.row(1)].find((event) => event !== undefined && event.sequence === at);
  return (
    <>
      {notice}
      <Table
        label="Access events"
        columns={columns}
        count={pages.count}
        hasMore={pages.hasMore}
        row={pages.row}
        rowId={({ id }) => id}
        selectedId={looked?.id ?? null}
        onShow={pages.show}
      />
    </>
  );
}

/**
 * A page of as many rows as were asked for, but for the last one: where few events fit, the control plane answers with
 * shorter pages, each with where to go on.
 */
async function filledPage(
  cursor: string | undefined,
  ask: (cursor: string | undefined, limit: number) => Promise<{ events: AccessEvent[]; nextCursor: string | null }>,
): Promise<Page<AccessEvent>> {
  const rows: AccessEvent[] = [];
  let from = cursor;
  for (;;) {
    const page = await ask(from, PAGE_ROWS - rows.length);
    rows.push(...page.events);
    if (page.nextCursor === null || rows.length >= PAGE_ROWS) return { rows, nextCursor: page.nextCursor };
    from = page.nextCursor;
  }
}

function columnsFor(search: AccessSearch): readonly Column<AccessEvent>[] {
  return [
    {
      id: "number",
      title: "Event",
      width: "4.5rem",
      rank: 1,
      cell: ({ sequence }) => <span className="tabular">#{sequence}</span>,
    },
    {
      id: "secret",
      title: "Secret",
      width: "minmax(8rem, 3fr)",
      cell: (event) => <SecretLink event={event} search={search} />,
    },
    {
      id: "outcome",
      title: "Outcome",
      width: "minmax(6rem, 5fr)",
      cell: ({ outcome, errorCode }) => (
        <span className="access-table-outcome" title={refusalText(errorCode)}>
          <Mark state={outcome}>
            {outcome === "success" ? (
              "given"
            ) : (
              <>
                <span className="unseen">refused: </span>
                {refusalText(errorCode)}
              </>
            )}
          </Mark>
        </span>
      ),
    },
    {
      id: "consumer",
      title: "For",
      width: "minmax(7rem, 3fr)",
      rank: 1,
      cell: ({ consumerType, consumerId, consumerName }) => (
        <>
          <span className="quiet">{consumerType}</span>{" "}
          <ConsumerLink type={consumerType} id={consumerId} name={consumerName} />
        </>
      ),
    },
    {
      id: "variable",
      title: "As",
      width: "minmax(5rem, 2fr)",
      rank: 2,
      cell: ({ configPath }) =>
        configPath === null ? null : <code title={variableOf(configPath)}>{variableOf(configPath)}</code>,
    },
    {
      id: "actor",
      title: "Asked by",
      width: "minmax(4rem, 1.5fr)",
      rank: 2,
      cell: ({ actor, actorName }) =>
        actor.type === "agent" && actor.id !== null ? (
          <ConsumerLink type="agent" id={actor.id} name={actorName} />
        ) : (
          actor.type
        ),
    },
    {
      id: "run",
      title: "Run",
      width: "5rem",
      rank: 1,
      cell: ({ runId }) =>
        runId === null ? (
          <span className="quiet">–</span>
        ) : (
          <Link to="/runs/$runId" params={{ runId }}>
            #{shortId(runId)}
          </Link>
        ),
    },
    { id: "when", title: "When", width: "6.5rem", align: "end", cell: ({ createdAt }) => <Time instant={createdAt} /> },
  ];
}

/** The secret, with the way to it; to the event itself where this company has no such secret. */
function SecretLink({ event, search }: { readonly event: AccessEvent; readonly search: AccessSearch }) {
  const { secretId, secretKey, version, sequence } = event;
  const tag = (
    <SecretTag
      secretKey={secretKey}
      selector={version ?? undefined}
      shortId={secretId === null ? "" : shortId(secretId)}
    />
  );
  return secretId === null || secretKey === null ? (
    <Link to="/secrets/access" search={{ ...search, event: sequence }} className="table-link">
      {tag}
    </Link>
  ) : (
    <Link to="/secrets/$secretId" params={{ secretId }} className="table-link">
      {tag}
    </Link>
  );
}
