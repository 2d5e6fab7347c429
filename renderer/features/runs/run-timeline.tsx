import type { ReactNode } from "react";
import type { Attempt, RunDetail } from "../../../preload/contract/runs.ts";
import { MarkShape, wordOf } from "../../ui/mark.tsx";
import type { State } from "../../ui/mark.tsx";
import { Time } from "../../ui/time.tsx";
import { durationText, instantText } from "../../ui/time-text.ts";
import { RunDuration } from "./run-duration.tsx";
import { sourceText } from "./source-text.ts";
import "./run-timeline.css";

/** What happened to a run, in its order, with what lay between. */
export function RunTimeline({ run }: { readonly run: RunDetail }) {
  const { attemptList } = run;
  const last = attemptList.at(-1);
  return (
    <ol className="run-timeline">
      <Entry state="received" at={run.triggeredAt} what={`Received (${sourceText(run)})`}>
        {run.attempts === 0 && run.status === "queued" ? "waits for its turn" : null}
      </Entry>
      {attemptList.map((attempt, index) => (
        <AttemptEntries
          key={attempt.id}
          attempt={attempt}
          waitedSince={attemptList[index - 1]?.finishedAt ?? run.triggeredAt}
          isRetry={index > 0}
        />
      ))}
      {run.notBefore !== null && run.status === "queued" ? (
        <Entry state="queued" at={run.notBefore} what="Next attempt" />
      ) : null}
      {run.completedAt === null ? null : (
        <Entry state={run.status} at={run.completedAt} what="Ended">
          {durationText(run.triggeredAt, run.completedAt)} after it was received
          {last === undefined || attemptList.length < 2 ? "" : `, in ${attemptList.length} attempts`}
        </Entry>
      )}
    </ol>
  );
}

interface AttemptEntriesProps {
  readonly attempt: Attempt;
  readonly waitedSince: string;
  readonly isRetry: boolean;
}

function AttemptEntries({ attempt, waitedSince, isRetry }: AttemptEntriesProps) {
  const { startedAt, finishedAt, status, leftProcesses } = attempt;
  const waited = durationText(waitedSince, startedAt);
  return (
    <>
      {startedAt === null ? null : (
        <Entry state="previous" at={startedAt} what={`Attempt ${attempt.attempt} started`}>
          {waited === null ? null : isRetry ? `${waited} after the attempt before it` : `${waited} in the queue`}
        </Entry>
      )}
      {finishedAt === null && status !== "running" ? null : (
        <Entry state={status} at={finishedAt} what={`Attempt ${attempt.attempt} ${wordOf(status)}`}>
          <RunDuration from={startedAt} to={finishedAt} running={status === "running"} />
          {ending(attempt)}
          {leftProcesses === null || leftProcesses === 0 ? null : (
            <span>{`${leftProcesses} ${leftProcesses === 1 ? "process was" : "processes were"} left and ended`}</span>
          )}
        </Entry>
      )}
    </>
  );
}

function ending({ exitCode, signal, failure }: Attempt): ReactNode {
  if (failure !== null) return <span dir="auto">{failure.message}</span>;
  if (signal !== null) return <span>{signal}</span>;
  return exitCode === null ? null : <span>exit {exitCode}</span>;
}

interface EntryProps {
  readonly state: State;
  /** Null for what goes on. */
  readonly at: string | null;
  readonly what: string;
  readonly children?: ReactNode;
}

function Entry({ state, at, what, children }: EntryProps) {
  return (
    <li className="run-timeline-entry">
      <MarkShape state={state} />
      <div className="run-timeline-words">
        <span>{what}</span>
        {children ? <span className="run-timeline-more quiet">{children}</span> : null}
      </div>
      <div className="run-timeline-when quiet">
        {at === null ? (
          "now"
        ) : (
          <>
            <span className="tabular">{instantText(at)}</span> · <Time instant={at} />
          </>
        )}
      </div>
    </li>
  );
}
