import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { History } from "lucide-react";
import type { ActivityEntry } from "../../../preload/contract/system.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { failureOf } from "../../data/failure.ts";
import { useQueries } from "../../data/panel-context.tsx";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/notice.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Time } from "../../ui/time.tsx";
import { activityWords, actorWords } from "./activity-words.ts";
import "./activity-list.css";

export interface ActivityListProps {
  /** Whose activity: `routine`, `secret`, `agent`, `project`, `run`, with its id. Left out, that of the whole company. */
  readonly entity?: { readonly type: string; readonly id: string };
}

/** Entries of one page. */
const PAGE = 30;

/** Who did what when, newest first; older ones on demand. */
export function ActivityList({ entity }: ActivityListProps) {
  const company = useCompany();
  const queries = useQueries();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    queries.activity.list.infiniteOptions({
      input: (cursor: string | undefined) => ({
        company: company.id,
        limit: PAGE,
        ...(entity === undefined ? {} : { entityType: entity.type, entityId: entity.id }),
        ...(cursor === undefined ? {} : { cursor }),
      }),
      initialPageParam: undefined,
      getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    }),
  );
  const failure =
    error === null ? null : (
      <FailureNotice
        what="The activity cannot be shown"
        failure={failureOf(error)}
        onRetry={() => void (data === undefined ? refetch() : fetchNextPage())}
      />
    );
  if (data === undefined) return failure ?? <SkeletonRows label="Loading the activity" />;
  const entries = data.pages.flatMap((page) => page.entries);
  if (entries.length === 0 && failure === null) {
    return (
      <EmptyState icon={History} title="No activity yet">
        Everything that is changed is recorded here, with who did it and when.
      </EmptyState>
    );
  }
  return (
    <div className="activity-list">
      {failure}
      <ol aria-label="Activity, newest first">
        {entries.map((entry) => (
          <Entry key={entry.id} entry={entry} links={entity === undefined} />
        ))}
      </ol>
      {hasNextPage ? (
        <Button isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          Show older activity
        </Button>
      ) : null}
    </div>
  );
}

function Entry({ entry, links }: { readonly entry: ActivityEntry; readonly links: boolean }) {
  const { done, name, note } = activityWords(entry);
  return (
    <li className="activity-list-entry">
      <span className="activity-list-words">
        {actorWords(entry.actor)} {done}
        {name === null && !links ? null : (
          <>
            {" "}
            <bdi className="activity-list-name">{links ? <EntityLink entry={entry} name={name} /> : name}</bdi>
          </>
        )}
        {note === null ? null : <span className="quiet"> · {note}</span>}
      </span>
      <span className="quiet small">
        <Time instant={entry.createdAt} />
      </span>
    </li>
  );
}

/** The page of what an entry is about, where it has one. */
function EntityLink({
  entry: { entityType, entityId },
  name,
}: {
  readonly entry: ActivityEntry;
  readonly name: string | null;
}) {
  const words = name ?? entityId.slice(0, 8);
  switch (entityType) {
    case "routine":
      return (
        <Link to="/routines/$routineId" params={{ routineId: entityId }}>
          {words}
        </Link>
      );
    case "secret":
      return (
        <Link to="/secrets/$secretId" params={{ secretId: entityId }}>
          {words}
        </Link>
      );
    case "agent":
      return (
        <Link to="/agents/$agentId" params={{ agentId: entityId }}>
          {words}
        </Link>
      );
    case "project":
      return (
        <Link to="/projects/$projectId" params={{ projectId: entityId }}>
          {words}
        </Link>
      );
    case "run":
      return (
        <Link to="/runs/$runId" params={{ runId: entityId }}>
          {words}
        </Link>
      );
    default:
      return <>{words}</>;
  }
}
