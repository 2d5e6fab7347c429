import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus, Repeat } from "lucide-react";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { failureOf } from "../../data/failure.ts";
import { useQueries } from "../../data/panel-context.tsx";
import { useStatus } from "../../data/status.ts";
import { buttonClass } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/notice.tsx";
import { Page, Section, Stack } from "../../ui/page.tsx";
import { useClearValues } from "../secrets/use-clear-values.ts";
import { LatestRuns } from "./latest-runs.tsx";
import { NeedsYou } from "./needs-you.tsx";
import { PausedNotice } from "./paused-notice.tsx";
import { RunningNow } from "./running-now.tsx";
import { Timeline } from "./timeline.tsx";

/** Is everything all right, and if not, what do I press? */
export function HomeScreen() {
  const company = useCompany();
  const queries = useQueries();
  const status = useStatus();
  const pausedSince = status?.scheduler.pausedSince ?? null;
  const some = useQuery(queries.routines.list.queryOptions({ input: { company: company.id, limit: 1 } }));
  const attention = useQuery(queries.routines.attention.queryOptions({ input: { company: company.id } }));
  const held = useQuery(queries.inbox.list.queryOptions({ input: { company: company.id } }));
  const inClear = useClearValues().data?.findings.length ?? 0;
  return (
    <Page
      title="Home"
      actions={
        <Link to="/routines/new" className={buttonClass()}>
          <Plus aria-hidden="true" />
          New routine
        </Link>
      }
    >
      <Stack>
        {pausedSince === null ? null : <PausedNotice since={pausedSince} />}
        <Answered query={attention} what="What needs you cannot be shown">
          {({ items, more }) => (
            <NeedsYou
              problems={status?.problems ?? []}
              restored={status?.held ?? null}
              items={items}
              more={more}
              inClear={inClear}
              held={held.data?.items ?? []}
              moreHeld={held.data?.more ?? 0}
            />
          )}
        </Answered>
        {held.error === null ? null : (
          <FailureNotice
            what="What is held cannot be shown"
            failure={failureOf(held.error)}
            onRetry={() => void held.refetch()}
          />
        )}
        <RunningNow />
        <Answered query={some} what="The routines cannot be shown">
          {({ routines }) =>
            routines.length === 0 ? (
              <NoRoutine />
            ) : (
              <>
                <Timeline />
                <LatestRuns />
              </>
            )
          }
        </Answered>
      </Stack>
    </Page>
  );
}

function NoRoutine() {
  return (
    <Section title="Routines">
      <EmptyState
        icon={Repeat}
        title="No routine yet"
        action={
          <Link to="/routines/new" className={buttonClass("primary")}>
            Create a routine
          </Link>
        }
      >
        A routine is recurring work: what to do, who does it, and the secrets that it needs.
      </EmptyState>
    </Section>
  );
}
