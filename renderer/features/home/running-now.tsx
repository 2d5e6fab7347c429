import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { activeRunStatuses } from "../../../preload/rules/run-states.ts";
import type { RunRecord } from "../../../preload/contract/runs.ts";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient, useQueries } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Section } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { RunDuration } from "../runs/run-duration.tsx";
import { say } from "../../ui/toast.tsx";
import "./running-now.css";

/** Runs that are shown one by one; the others are counted. */
const SHOWN = 6;
/** How often the last line of a run's log is asked for, in milliseconds. */
const LINE_MS = 2_000;

/** What goes on right now, with the last line of each log. */
export function RunningNow() {
  const company = useCompany();
  const queries = useQueries();
  const active = useQuery(
    queries.runs.list.queryOptions({ input: { company: company.id, status: [...activeRunStatuses], limit: 50 } }),
  );
  return (
    <Answered query={active} what="What runs now cannot be shown" loading={null}>
      {({ runs, nextCursor }) =>
        runs.length === 0 ? null : (
          <Section title={`Running now (${runs.length}${nextCursor === null ? "" : "+"})`}>
            <ul className="running-now">
              {runs.slice(0, SHOWN).map((run) => (
                <RunningRun key={run.id} run={run} />
              ))}
            </ul>
            {runs.length > SHOWN ? (
              <p>
                <Link to="/runs" search={{ status: "running" }}>
                  Show all that run
                </Link>
              </p>
            ) : null}
          </Section>
        )
      }
    </Answered>
  );
}

function RunningRun({ run }: { readonly run: RunRecord }) {
  const client = useClient();
  const readOnly = useReadOnly();
  const cancel = useAction(() => client.runs.cancel({ company: run.companyId, run: run.id }));
  return (
    <li className="running-now-item">
      <Mark state={run.status} />
      <Link to="/runs/$runId" params={{ runId: run.id }} className="running-now-title" dir="auto">
        {run.title}
      </Link>
      <span className="running-now-time quiet">
        {run.startedAt === null ? (
          <>
            came <Time instant={run.triggeredAt} />
          </>
        ) : (
          <RunDuration from={run.startedAt} to={run.completedAt} running={run.status === "running"} />
        )}
      </span>
      <LastLine run={run} />
      <Link to="/runs/$runId" params={{ runId: run.id }} className={buttonClass()}>
        Open run<span className="unseen"> of {run.title}</span>
      </Link>
      <Button
        isPending={cancel.pending}
        isDisabled={readOnly !== null}
        onPress={() => void cancel.run(undefined).then((ended) => ended && say(`${run.title} is being cancelled.`))}
      >
        Cancel run<span className="unseen"> of {run.title}</span>
      </Button>
      {cancel.failure ? <FailureNotice what="The run was not cancelled" failure={cancel.failure} /> : null}
    </li>
  );
}

function LastLine({ run }: { readonly run: RunRecord }) {
  const queries = useQueries();
  const line = useQuery({
    ...queries.runs.logs.queryOptions({ input: { company: run.companyId, run: run.id, tail: 1 } }),
    enabled: run.status === "running",
    refetchInterval: LINE_MS,
  });
  const text = line.data?.lines.at(-1)?.text ?? "";
  return (
    <code className="running-now-line truncate" dir="auto">
      {plain(text)}
    </code>
  );
}

/** Escape sequences: CSI, OSC, and the short ones. */
const ESCAPES = new RegExp(String.raw`\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|.)`, "gu");

/** A line without its escape sequences and control characters, as a preview shows it. */
function plain(text: string): string {
  return text
    .replace(ESCAPES, "")
    .replace(/\p{Cc}/gu, "")
    .slice(0, 300);
}
