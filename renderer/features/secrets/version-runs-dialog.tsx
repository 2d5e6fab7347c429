import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { AccessEvent, SecretRecord } from "../../../preload/contract/secrets.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { failureOf } from "../../data/failure.ts";
import { useQueries } from "../../data/panel-context.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Mark } from "../../ui/mark.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Time } from "../../ui/time.tsx";
import { ConsumerLink } from "./consumer-link.tsx";
import { Line, Lines } from "./lines.tsx";
import { refusalText, shortId, variableOf } from "./secret-words.ts";

/** Events that are asked for at a time. */
const PAGE_EVENTS = 25;

export interface VersionRunsDialogProps {
  readonly secret: SecretRecord;
  /** The version that is asked about, or null. */
  readonly version: number | null;
  onClose(): void;
}

/** What ran with one version of a secret, newest first. */
export function VersionRunsDialog({ secret, version, onClose }: VersionRunsDialogProps) {
  if (version === null) return null;
  return (
    <Dialog title={`Runs with version ${version} of ${secret.key}`} isOpen onClose={onClose}>
      <Runs secretId={secret.id} version={version} />
    </Dialog>
  );
}

function Runs({ secretId, version }: { readonly secretId: string; readonly version: number }) {
  const company = useCompany();
  const queries = useQueries();
  const query = useInfiniteQuery(
    queries.secrets.events.infiniteOptions({
      input: (cursor: string | null) => ({
        company: company.id,
        secret: secretId,
        version,
        limit: PAGE_EVENTS,
        ...(cursor === null ? {} : { cursor }),
      }),
      initialPageParam: null,
      getNextPageParam: (page) => page.nextCursor,
    }),
  );
  const events = query.data?.pages.flatMap((page) => page.events);
  return (
    <>
      {query.error === null ? null : (
        <FailureNotice
          what="The runs cannot be shown"
          failure={failureOf(query.error)}
          onRetry={() => void query.refetch()}
        />
      )}
      {events === undefined && query.error === null ? <SkeletonRows rows={4} label="Loading runs" /> : null}
      {events?.length === 0 && !query.hasNextPage ? <p className="quiet">No run was given this version.</p> : null}
      {events === undefined || events.length === 0 ? null : (
        <Lines label="Runs" whole entries={events} idOf={({ id }) => id}>
          {(event) => <RunLine event={event} />}
        </Lines>
      )}
      {query.hasNextPage ? (
        <div>
          <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
            Show older runs
          </Button>
        </div>
      ) : null}
    </>
  );
}

function RunLine({ event }: { readonly event: AccessEvent }) {
  const { runId, outcome, errorCode, createdAt, consumerType, consumerId, configPath } = event;
  return (
    <Line
      first={
        <>
          {runId === null ? (
            <span>no run</span>
          ) : (
            <Link to="/runs/$runId" params={{ runId }}>
              run #{shortId(runId)}
            </Link>
          )}
          <Mark state={outcome}>{outcome === "success" ? "given" : `refused: ${refusalText(errorCode)}`}</Mark>
          <Time instant={createdAt} exactly />
        </>
      }
      second={
        <>
          <span>
            {consumerType} <ConsumerLink type={consumerType} id={consumerId} name={null} />
          </span>
          {configPath === null ? null : <code>{variableOf(configPath)}</code>}
        </>
      }
    />
  );
}
