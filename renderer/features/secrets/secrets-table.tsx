import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { KeyRound } from "lucide-react";
import type { SecretRecord } from "../../../preload/contract/secrets.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient, useQueries } from "../../data/panel-context.tsx";
import { usePages, useVersion } from "../../data/use-pages.ts";
import { Button } from "../../ui/button.tsx";
import { Mark } from "../../ui/mark.tsx";
import { EmptyState } from "../../ui/notice.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Table } from "../../ui/table.tsx";
import type { Column } from "../../ui/table.tsx";
import { SecretTag } from "../../ui/tag.tsx";
import { Time } from "../../ui/time.tsx";
import type { StatusChoice } from "./secret-words.ts";

/** Secrets that are asked for at a time. */
const PAGE_ROWS = 100;

/** What of the list stands in the address. */
export interface SecretsSearch {
  readonly status?: StatusChoice;
  readonly text?: string;
}

export interface SecretsTableProps {
  readonly search: SecretsSearch;
  /** The secret whose details are open beside the list. */
  readonly selectedId: string | null;
  /** Why none can be created, or null. */
  readonly blocked: string | null;
  onCreate(): void;
  onSearch(search: SecretsSearch): void;
}

/** Secrets by key, as many as there are. */
export function SecretsTable({ search, selectedId, blocked, onCreate, onSearch }: SecretsTableProps) {
  const company = useCompany();
  const client = useClient();
  const version = useVersion(useQueries().secrets.list.key());
  const { status = "active", text } = search;
  const pages = usePages<SecretRecord>(
    JSON.stringify([company.id, status, text]),
    version,
    PAGE_ROWS,
    async (cursor, signal) => {
      const page = await client.secrets.list(
        {
          company: company.id,
          limit: PAGE_ROWS,
          status,
          ...(text === undefined ? {} : { text }),
          ...(cursor === undefined ? {} : { cursor }),
        },
        { signal },
      );
      return { rows: page.secrets, nextCursor: page.nextCursor };
    },
  );
  const notice =
    pages.failure === null ? null : (
      <FailureNotice what="The secrets cannot be shown" failure={pages.failure} onRetry={pages.retry} />
    );
  if (notice !== null && pages.count === 0) return notice;
  if (pages.loading) return <SkeletonRows rows={12} label="Loading secrets" />;
  if (pages.count === 0) {
    return text === undefined && status === "active" ? (
      <NoSecret blocked={blocked} onCreate={onCreate} onSearch={onSearch} />
    ) : (
      <EmptyState
        icon={KeyRound}
        title="No secret matches"
        action={<Button onPress={() => onSearch({})}>Clear filters</Button>}
      >
        Searched are keys and names, in the chosen state only.
      </EmptyState>
    );
  }
  return (
    <>
      {notice}
      <Table
        label="Secrets"
        columns={columnsFor(search)}
        count={pages.count}
        hasMore={pages.hasMore}
        row={pages.row}
        rowId={({ id }) => id}
        selectedId={selectedId}
        onShow={pages.show}
      />
    </>
  );
}

/** The link that opens a secret; the focus comes back to it when its pane closes. */
export function rowLinkId(secretId: string): string {
  return `secret-${secretId}`;
}

function NoSecret({ blocked, onCreate, onSearch }: Pick<SecretsTableProps, "blocked" | "onCreate" | "onSearch">) {
  const company = useCompany();
  const queries = useQueries();
  const ask = (status: "disabled" | "archived") =>
    queries.secrets.list.queryOptions({ input: { company: company.id, status, limit: 1 } });
  const some = {
    disabled: useQuery(ask("disabled")).data?.secrets.length === 1,
    archived: useQuery(ask("archived")).data?.secrets.length === 1,
  };
  return (
    <EmptyState
      icon={KeyRound}
      title={some.disabled || some.archived ? "No active secret" : "No secret yet"}
      action={
        <div className="field-actions">
          {some.disabled ? (
            <Button onPress={() => onSearch({ status: "disabled" })}>Show disabled secrets</Button>
          ) : null}
          {some.archived ? (
            <Button onPress={() => onSearch({ status: "archived" })}>Show archived secrets</Button>
          ) : null}
          <Button variant="primary" isDisabled={blocked !== null} onPress={onCreate}>
            Create secret
          </Button>
        </div>
      }
    >
      A secret is a value that runs are given by name. It is sealed when it is entered, hidden in their logs, and never
      shown again.
    </EmptyState>
  );
}

function columnsFor(search: SecretsSearch): readonly Column<SecretRecord>[] {
  return [
    {
      id: "key",
      title: "Key",
      width: "minmax(9rem, 3fr)",
      cell: ({ id, key }) => (
        <Link
          id={rowLinkId(id)}
          to="/secrets/$secretId"
          params={{ secretId: id }}
          search={search}
          className="table-link"
          title={key}
        >
          <SecretTag secretKey={key} />
        </Link>
      ),
    },
    {
      id: "name",
      title: "Name",
      width: "minmax(5rem, 2fr)",
      rank: 2,
      cell: ({ key, name }) =>
        name === key ? null : (
          <span dir="auto" title={name}>
            {name}
          </span>
        ),
    },
    { id: "status", title: "State", width: "5.5rem", cell: ({ status }) => <Mark state={status} /> },
    {
      id: "version",
      title: "Version",
      width: "3.5rem",
      rank: 1,
      align: "end",
      cell: ({ latestVersion }) => <span className="tabular">v{latestVersion}</span>,
    },
    {
      id: "references",
      title: "Uses",
      width: "3rem",
      rank: 1,
      align: "end",
      cell: ({ references }) => <span className="tabular">{references.toLocaleString("en")}</span>,
    },
    {
      id: "used",
      title: "Last used",
      width: "6.5rem",
      rank: 1,
      align: "end",
      cell: ({ lastResolvedAt }) => <Since instant={lastResolvedAt} />,
    },
    {
      id: "rotated",
      title: "Last rotated",
      width: "6.5rem",
      rank: 2,
      align: "end",
      cell: ({ lastRotatedAt }) => <Since instant={lastRotatedAt} />,
    },
  ];
}

function Since({ instant }: { readonly instant: string | null }) {
  return instant === null ? <span className="quiet">never</span> : <Time instant={instant} />;
}
