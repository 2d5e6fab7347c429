import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { FileQuestion } from "lucide-react";
import { useState } from "react";
import type { ReactNode } from "react";
import type { Attempt, RunDetail } from "../../../preload/contract/runs.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { failureOf } from "../../data/failure.ts";
import type { Failure } from "../../data/failure.ts";
import { useQueries } from "../../data/panel-context.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { Select } from "../../ui/field.tsx";
import { Mark, wordOf } from "../../ui/mark.tsx";
import { EmptyState } from "../../ui/notice.tsx";
import { Page, PageTabs } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Time } from "../../ui/time.tsx";
import { RunActionFailures, RunActions, useRunControls } from "./run-actions.tsx";
import { RunDetails } from "./run-details.tsx";
import { RunDuration } from "./run-duration.tsx";
import { RunEnvironment } from "./run-environment.tsx";
import { RunLog } from "./run-log.tsx";
import { RunTimeline } from "./run-timeline.tsx";
import { RunWhy } from "./run-why.tsx";
import { sourceText } from "./source-text.ts";
import "./run-screen.css";

/** One run: what became of it, why, its log, and what it was given. */
export function RunScreen() {
  const { runId } = useParams({ from: "/runs/$runId" });
  const { tab = "log" } = useSearch({ from: "/runs/$runId" });
  const navigate = useNavigate({ from: "/runs/$runId" });
  const company = useCompany();
  const query = useQuery(useQueries().runs.get.queryOptions({ input: { company: company.id, run: runId } }));
  const [chosen, setChosen] = useState<{ readonly run: string; readonly attempt: number } | null>(null);
  const run = query.data;
  const newest = run?.attemptList.at(-1);
  const wanted = chosen?.run === run?.id ? chosen?.attempt : undefined;
  const attempt = run?.attemptList.find((each) => each.attempt === wanted) ?? newest;
  const controls = useRunControls(run, attempt?.attempt);
  const failure = query.error === null ? null : failureOf(query.error);
  const retry = () => void query.refetch();

  // One page in every state, so that its heading keeps the focus it got on arrival.
  const page = { up: <Link to="/runs">Runs</Link>, title: run?.title ?? "Run" };
  if (run === undefined) {
    return (
      <Page {...page} facts={null} actions={null}>
        {failure === null ? (
          <SkeletonRows rows={12} label="Loading the run" />
        ) : (
          <NoRun failure={failure} onRetry={retry} />
        )}
      </Page>
    );
  }
  const picker =
    run.attemptList.length < 2 || attempt === undefined ? null : (
      <AttemptPicker
        attempts={run.attemptList}
        selected={attempt.attempt}
        onSelect={(number) => setChosen(number === newest?.attempt ? null : { run: run.id, attempt: number })}
      />
    );
  return (
    <Page {...page} body="tabs" facts={<RunFacts run={run} />} actions={<RunActions run={run} controls={controls} />}>
      <div className="run-screen-notices">
        {failure === null ? null : (
          <FailureNotice what="The newest state of the run cannot be shown" failure={failure} onRetry={retry} />
        )}
        <RunWhy run={run} controls={controls} />
        <RunActionFailures run={run} controls={controls} />
      </div>
      <PageTabs
        label="Run"
        selected={tab}
        onSelect={(next) => void navigate({ search: next === "log" ? {} : { tab: next }, replace: true })}
        tabs={TABS.map(([id, label]) => ({ id, label, content: () => contentOf(id, run, attempt, picker) }))}
      />
    </Page>
  );
}

/** Why there is nothing to show of a run. */
function NoRun({ failure, onRetry }: { readonly failure: Failure; onRetry(): void }) {
  if (failure.code !== "run_missing" && failure.code !== "invalid_input") {
    return <FailureNotice what="The run cannot be shown" failure={failure} onRetry={onRetry} />;
  }
  return (
    <EmptyState
      icon={FileQuestion}
      title="There is no such run"
      action={
        <Link to="/runs" className={buttonClass("primary")}>
          Open runs
        </Link>
      }
    >
      It may belong to another company, or the address was cut short.
    </EmptyState>
  );
}

const TABS = [
  ["log", "Log"],
  ["environment", "Environment"],
  ["timeline", "Timeline"],
  ["details", "Details"],
] as const;

function contentOf(
  tab: (typeof TABS)[number][0],
  run: RunDetail,
  attempt: Attempt | undefined,
  picker: ReactNode,
): ReactNode {
  switch (tab) {
    case "log":
      return <RunLog run={run} attempt={attempt} picker={picker} />;
    case "environment":
      return <RunEnvironment run={run} attempt={attempt} picker={picker} />;
    case "timeline":
      return <RunTimeline run={run} />;
    case "details":
      return <RunDetails run={run} attempt={attempt} picker={picker} />;
  }
}

function RunFacts({ run }: { readonly run: RunDetail }) {
  const over = run.completedAt !== null;
  const signal = over ? (run.attemptList.at(-1)?.signal ?? null) : null;
  return (
    <>
      <Mark state={run.status} />
      {signal === null ? (
        run.exitCode === null || !over ? null : (
          <span className="tabular">exit {run.exitCode}</span>
        )
      ) : (
        <span>{signal}</span>
      )}
      {run.startedAt === null || (!over && run.status !== "running") ? null : (
        <RunDuration from={run.startedAt} to={run.completedAt} running={run.status === "running"} />
      )}
      <span dir="auto">{sourceText(run)}</span>
      <Link
        to="/routines/$routineId"
        params={{ routineId: run.routineId }}
        className="run-screen-routine truncate"
        dir="auto"
      >
        {run.routineTitle === run.title ? "routine" : run.routineTitle}
      </Link>
      {run.revision === null ? null : (
        <Link to="/routines/$routineId" params={{ routineId: run.routineId }} search={{ tab: "history" }}>
          revision {run.revision}
        </Link>
      )}
      <span>
        {run.startedAt === null ? "came " : "started "}
        <Time instant={run.startedAt ?? run.triggeredAt} />
      </span>
      {run.maxAttempts > 1 && run.attempts > 0 ? (
        <span className="tabular">{`attempt ${run.attempts} of ${run.maxAttempts}`}</span>
      ) : null}
    </>
  );
}

interface AttemptPickerProps {
  readonly attempts: readonly Attempt[];
  readonly selected: number;
  onSelect(attempt: number): void;
}

/** Which attempt the log, the environment and the details are of. */
function AttemptPicker({ attempts, selected, onSelect }: AttemptPickerProps) {
  return (
    <div className="run-screen-picker">
      <Select
        aria-label="Attempt"
        label="Attempt"
        options={attempts.toReversed().map((each) => ({
          id: String(each.attempt),
          label: `Attempt ${each.attempt} · ${wordOf(each.status)}`,
        }))}
        value={String(selected)}
        onChange={(id) => onSelect(Number(id))}
      />
    </div>
  );
}
