import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { AccessEvent, AccessOutcome } from "../../../preload/contract/secrets.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { failureOf } from "../../data/failure.ts";
import { useQueries } from "../../data/panel-context.tsx";
import { Button } from "../../ui/button.tsx";
import { Select } from "../../ui/field.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Section } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Time } from "../../ui/time.tsx";
import { ConsumerLink } from "./consumer-link.tsx";
import { Line, Lines } from "./lines.tsx";
import { refusalText, shortId, variableOf } from "./secret-words.ts";

/** Events that are asked for at a time. */
const PAGE_EVENTS = 25;

const OUTCOMES = [
  { id: "any", label: "Any outcome" },
  { id: "success", label: "Given" },
  { id: "failure", label: "Refused" },
] as const;

export interface EventsSectionProps {
  readonly secretId: string;
}

/** Every time that a secret was asked for, newest first. */
export function EventsSection({ secretId }: EventsSectionProps) {
  const company = useCompany();
  const queries = useQueries();
  const [outcome, setOutcome] = useState<AccessOutcome | null>(null);
  const query = useInfiniteQuery(
    queries.secrets.events.infiniteOptions({
      input: (cursor: string | null) => ({
        company: company.id,
        secret: secretId,
        limit: PAGE_EVENTS,
        ...(outcome === null ? {} : { outcome }),
        ...(cursor === null ? {} : { cursor }),
      }),
      initialPageParam: null,
      getNextPageParam: (page) => page.nextCursor,
    }),
  );
  const events = query.data?.pages.flatMap((page) => page.events);
  return (
    <Section
      title="Access events"
      level={3}
      actions={
        <Select
          label="Outcome"
          labelUnseen
          options={OUTCOMES}
          value={outcome ?? "any"}
          onChange={(id) => setOutcome(id === "success" || id === "failure" ? id : null)}
        />
      }
    >
      {query.error === null ? null : (
        <FailureNotice
          what="The access events cannot be shown"
          failure={failureOf(query.error)}
          onRetry={() => void query.refetch()}
        />
      )}
      {events === undefined && query.error === null ? <SkeletonRows rows={4} label="Loading access events" /> : null}
      {events?.length === 0 ? (
        <p className="quiet">
          {outcome === null
            ? "It was not asked for yet. Each run that asks for it leaves an event here."
            : "No event has this outcome."}
        </p>
      ) : null}
      {events === undefined || events.length === 0 ? null : (
        <Lines label="Access events" whole entries={events} idOf={({ id }) => id}>
          {(event) => <EventLine event={event} />}
        </Lines>
      )}
      {events === undefined || events.length === 0 ? null : (
        <div className="field-actions">
          {query.hasNextPage ? (
            <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
              Show older events
            </Button>
          ) : null}
          <Link to="/secrets/access" search={{ secret: secretId, ...(outcome === null ? {} : { outcome }) }}>
            Open in Access
          </Link>
        </div>
      )}
    </Section>
  );
}

function EventLine({ event }: { readonly event: AccessEvent }) {
  const { outcome, errorCode, version, consumerType, consumerId, consumerName, configPath, runId, createdAt } = event;
  return (
    <Line
      first={
        <>
          <Mark state={outcome}>{outcome === "success" ? "given" : `refused: ${refusalText(errorCode)}`}</Mark>
          <Time instant={createdAt} />
        </>
      }
      second={
        <>
          <span>
            {consumerType} <ConsumerLink type={consumerType} id={consumerId} name={consumerName} />
          </span>
          {configPath === null ? null : <code>{variableOf(configPath)}</code>}
          {version === null ? null : <span className="tabular">v{version}</span>}
          {runId === null ? null : (
            <Link to="/runs/$runId" params={{ runId }}>
              run #{shortId(runId)}
            </Link>
          )}
        </>
      }
    />
  );
}
