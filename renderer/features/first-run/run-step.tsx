import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useEffect, useState } from "react";
import type { RoutineRecord } from "../../../preload/contract/routines.ts";
import type { RunDetail } from "../../../preload/contract/runs.ts";
import type { CompanyRecord } from "../../../preload/contract/work.ts";
import { Answered } from "../../data/answered.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient, useConnectionState, useQueries } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Notice } from "../../ui/notice.tsx";
import { partsOf, textOf } from "../runs/log/ansi.ts";
import "./run-step.css";

/** Lines of the log that are kept on this page; the run has a page of its own for all of them. */
const KEPT = 500;

/** Starts the routine and shows its log as it comes. */
export function RunStep({ company, routine }: { readonly company: CompanyRecord; readonly routine: RoutineRecord }) {
  const client = useClient();
  const readOnly = useReadOnly();
  const [runId, setRunId] = useState<string | null>(null);
  const start = useAction(() => client.routines.run({ company: company.id, routine: routine.id }));
  const begin = async () => {
    const run = await start.run(undefined);
    if (run) setRunId(run.id);
  };
  return (
    <>
      <p className="welcome-lead">
        <strong dir="auto">{routine.title}</strong> is ready. A run writes a log, and a manifest of what it was given.
      </p>
      {start.failure ? <FailureNotice what="The run was not started" failure={start.failure} /> : null}
      {runId === null ? null : <Followed key={runId} company={company} runId={runId} />}
      <div className="field-actions">
        <Button
          variant={runId === null ? "primary" : "secondary"}
          icon={Play}
          isPending={start.pending}
          isDisabled={readOnly !== null}
          onPress={() => void begin()}
        >
          {runId === null ? "Run it now" : "Run it again"}
        </Button>
        <Link to="/routines/$routineId" params={{ routineId: routine.id }} className={buttonClass()}>
          Open the routine
        </Link>
        {runId === null ? null : (
          <Link to="/" className={buttonClass("primary")}>
            Go to Home
          </Link>
        )}
      </div>
    </>
  );
}

function Followed({ company, runId }: { readonly company: CompanyRecord; readonly runId: string }) {
  const lines = useLog(company.id, runId);
  const run = useQuery(useQueries().runs.get.queryOptions({ input: { company: company.id, run: runId } }));
  return (
    <Answered query={run} what="The run cannot be shown">
      {(detail) => (
        <>
          <Outcome run={detail} />
          {/* Scrolls by keyboard too. */}
          <pre className="run-step-log" role="log" aria-label="Log" tabIndex={0} dir="auto">
            {lines.length === 0 ? "…" : lines.join("\n")}
          </pre>
        </>
      )}
    </Answered>
  );
}

function Outcome({ run }: { readonly run: RunDetail }) {
  const masked = run.attemptList.reduce((sum, { log }) => sum + (log?.maskHits ?? 0), 0);
  const secrets = run.manifest.filter(({ source }) => source === "secret");
  if (run.failure) {
    return (
      <Notice
        tone="bad"
        title={run.failure.message}
        next={run.failure.next}
        actions={
          <Link to="/runs/$runId" params={{ runId: run.id }} className={buttonClass()}>
            Open the run
          </Link>
        }
      />
    );
  }
  if (run.status !== "succeeded") return <Mark state={run.status} />;
  return (
    <Notice
      tone="good"
      title="The routine ran"
      actions={
        <Link to="/runs/$runId" params={{ runId: run.id }} className={buttonClass()}>
          Open the run
        </Link>
      }
    >
      {secrets.length === 0
        ? "It was given no secret."
        : `It was given ${secrets.map(({ key }) => key).join(", ")}; the value was masked in the log ${times(masked)}.`}
    </Notice>
  );
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

/** The lines of a run's log as they come, without their colours. */
function useLog(companyId: string, runId: string): readonly string[] {
  const client = useClient();
  const connection = useConnectionState();
  const since = connection.kind === "open" ? connection.since : null;
  const [lines, setLines] = useState<readonly string[]>([]);
  useEffect(() => {
    if (since === null) return;
    const stopping = new AbortController();
    const follow = async () => {
      setLines([]);
      try {
        const events = await client.runs.follow({ company: companyId, run: runId }, { signal: stopping.signal });
        for await (const event of events) {
          if (event.type !== "lines") continue;
          const texts = event.lines.map(({ text }) => textOf(partsOf(text)));
          setLines((before) => [...before, ...texts].slice(-KEPT));
        }
      } catch {
        // The connection went, or the page; a new connection follows anew.
      }
    };
    void follow();
    return () => stopping.abort();
  }, [client, companyId, runId, since]);
  return lines;
}
