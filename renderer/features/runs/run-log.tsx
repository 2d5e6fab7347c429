import { ScrollText } from "lucide-react";
import type { ReactNode } from "react";
import type { Attempt, RunDetail, RunStatus } from "../../../preload/contract/runs.ts";
import { EmptyState, Notice } from "../../ui/notice.tsx";
import { bytesText, instantText } from "../../ui/time-text.ts";
import { LeakAlarm } from "./leak-alarm.tsx";
import { LogView } from "./log/log-view.tsx";
import "./run-log.css";

export interface RunLogProps {
  readonly run: RunDetail;
  readonly attempt: Attempt | undefined;
  readonly picker: ReactNode;
}

/** The log of an attempt, or why there is none. */
export function RunLog({ run, attempt, picker }: RunLogProps) {
  if (attempt === undefined) {
    return (
      <EmptyState icon={ScrollText} title={WITHOUT_LOG[run.status] ?? "There is no log"}>
        {run.status === "queued" || run.status === "received"
          ? "It appears here by itself as soon as the run starts."
          : "Only a run that was started has one."}
      </EmptyState>
    );
  }
  const { log } = attempt;
  if (log !== null && log.removedAt !== null) {
    return (
      <div className="run-log">
        {picker}
        <GoneLog attempt={attempt} />
      </div>
    );
  }
  return (
    <div className="run-log">
      {log !== null && log.droppedBytes > 0 ? (
        <Notice
          tone="doubtful"
          title={`The log was full at ${bytesText(log.bytes)}; ${bytesText(log.droppedBytes)} of output came after it and are not kept.`}
          next={
            run.logLimitBytes === null
              ? "The limit of all logs is in the settings; a routine can set one of its own."
              : "The limit is set by the routine, under Advanced."
          }
        />
      ) : null}
      <LeakAlarm manifest={attempt.manifest} />
      <LogView
        key={attempt.id}
        of={{ company: run.companyId, run: run.id, attempt: attempt.attempt }}
        live={attempt.status === "running"}
        facts={
          <>
            {picker}
            {log?.lines === 0 ? null : (
              <span className="quiet small">
                {masked(attempt.status === "running" ? null : (log?.maskHits ?? null))}
              </span>
            )}
          </>
        }
        none={
          attempt.status === "running"
            ? "Nothing was printed yet. Lines appear here as they come."
            : attempt.exitCode === null && attempt.signal === null
              ? "Nothing was printed: no process was started."
              : "The process printed nothing."
        }
        gone={<GoneLog attempt={attempt} />}
      />
    </div>
  );
}

const WITHOUT_LOG: Readonly<Partial<Record<RunStatus, string>>> = {
  received: "The run has not begun",
  queued: "The run has not begun",
  held: "The run is held, so there is no log",
  skipped: "The run was skipped, so there is no log",
  coalesced: "The run was taken up by another one, so there is no log",
  cancelled: "The run was cancelled before it began, so there is no log",
  failed: "The run failed before its process was started, so there is no log",
};

/** How much of what was printed was a secret value. Null while it is not counted yet. */
function masked(hits: number | null): string {
  if (hits === null) return "secret values are masked";
  if (hits === 0) return "no value had to be masked";
  return `${hits.toLocaleString("en")} ${hits === 1 ? "value" : "values"} masked`;
}

function goneTitle(log: Attempt["log"]): string {
  if (log === null || log.removedAt === null) return "The log of this attempt is not there any more.";
  const why = log.removedFor === "size" ? "newer logs needed the room" : "it was older than logs are kept";
  return `Log removed on ${instantText(log.removedAt)} by retention: ${why}.`;
}

/** A log that was removed, by retention or by hand. Its record still has the last lines. */
function GoneLog({ attempt: { log } }: { readonly attempt: Attempt }) {
  return (
    <div className="run-log">
      <Notice
        tone="doubtful"
        title={goneTitle(log)}
        next={
          log === null || log.excerpt === ""
            ? "How long logs are kept is in the settings; the record of the run stays."
            : "How long logs are kept is in the settings. The record of the run still has the last lines:"
        }
      />
      {log === null || log.excerpt === "" ? null : (
        <pre className="run-log-excerpt" dir="auto">
          {log.excerpt}
        </pre>
      )}
    </div>
  );
}
