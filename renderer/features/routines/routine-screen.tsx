import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { SearchX } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import type { RoutineRecord } from "../../../preload/contract/routines.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { failureOf } from "../../data/failure.ts";
import { useQueries } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { UnsavedGuard } from "../../data/unsaved-guard.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { isChord } from "../../ui/kbd.tsx";
import { EmptyState } from "../../ui/notice.tsx";
import { Page, PageTabs } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { RunsTable } from "../runs/runs-table.tsx";
import { ActivityTab } from "./activity-tab.tsx";
import { fieldMessages, formProblems } from "./form.ts";
import { HistoryTab } from "./history-tab.tsx";
import { MergeDialog } from "./merge-dialog.tsx";
import { PreviewDialog } from "./preview-dialog.tsx";
import { RoutineActions } from "./routine-actions.tsx";
import { RoutineOverview } from "./routine-overview.tsx";
import { RoutineMark } from "./routine-state.tsx";
import { useRunNow } from "./use-run-now.tsx";
import { SaveBar } from "./save-bar.tsx";
import { SecretsTab } from "./secrets-tab.tsx";
import { StaleBanner } from "./stale-banner.tsx";
import { TriggersTab } from "./triggers/triggers-tab.tsx";
import { useFirstProblem } from "./use-first-problem.ts";
import { useKeptFocus } from "./use-kept-focus.ts";
import { useRoutineForm } from "./use-routine-form.ts";
import "./routine-screen.css";

/** Everything about one routine. */
export function RoutineScreen() {
  const { routineId } = useParams({ from: "/routines/$routineId" });
  const company = useCompany();
  const query = useQuery(
    useQueries().routines.get.queryOptions({ input: { company: company.id, routine: routineId } }),
  );
  const up = <Link to="/routines">Routines</Link>;
  // What was there before stays on screen, with what was typed in it, whatever a later answer says.
  if (query.data !== undefined) {
    return (
      <RoutinePage
        key={query.data.id}
        routine={query.data}
        failure={query.error === null ? null : failureOf(query.error)}
        onRetry={() => void query.refetch()}
      />
    );
  }
  const failure = query.error === null ? null : failureOf(query.error);
  if (failure?.code === "routine_missing" || failure?.code === "invalid_input") {
    return (
      <Page title="Routine not found" up={up}>
        <EmptyState
          icon={SearchX}
          title="There is no such routine"
          action={
            <Link to="/routines" className={buttonClass("primary")}>
              Show routines
            </Link>
          }
        >
          It may belong to another company, or the address is not whole.
        </EmptyState>
      </Page>
    );
  }
  return (
    <Page title="Routine" up={up}>
      {failure === null ? (
        <SkeletonRows rows={10} label="Loading the routine" />
      ) : (
        <FailureNotice what="The routine cannot be shown" failure={failure} onRetry={() => void query.refetch()} />
      )}
    </Page>
  );
}

interface RoutinePageProps {
  readonly routine: RoutineRecord;
  readonly failure: ReturnType<typeof failureOf> | null;
  onRetry(): void;
}

function RoutinePage({ routine, failure, onRetry }: RoutinePageProps) {
  const { tab = "overview" } = useSearch({ from: "/routines/$routineId" });
  const navigate = useNavigate({ from: "/routines/$routineId" });
  const editing = useRoutineForm(routine);
  const { form, changes, newer, saving } = editing;
  const [merging, setMerging] = useState(false);
  const [previewing, setPreviewing] = useState(false);
  const [showProblems, setShowProblems] = useState(false);
  const readOnly = useReadOnly();
  const dirty = changes.length > 0;
  const problems = useMemo(() => formProblems(form), [form]);
  const errors = useMemo(
    () => ({ ...fieldMessages(saving.fieldErrors), ...(showProblems ? problems : {}) }),
    [saving.fieldErrors, showProblems, problems],
  );
  const toProblem = useFirstProblem(errors, tab);
  const archived = routine.status === "archived";
  useKeptFocus(`${routine.status} ${dirty} ${newer === null}`);
  const canRun = !archived && readOnly === null;
  const goTo = (id: typeof tab) => {
    void navigate({ to: "/routines/$routineId", search: id === "overview" ? {} : { tab: id }, replace: true });
  };
  const runNow = useRunNow(routine, dirty ? () => goTo("runs") : null);
  useRunKey(canRun, runNow.press);
  const overview = (
    <RoutineOverview routine={routine} form={form} errors={errors} isReadOnly={archived} onEdit={editing.edit} />
  );
  const runs = (
    <div className="routine-screen-list">
      <RunsTable filter={{ routine: routine.id }} hide={["title"]} />
    </div>
  );
  const triggers = <TriggersTab editing={editing} />;
  const secrets = <SecretsTab editing={editing} />;
  const history = <HistoryTab editing={editing} />;
  const activity = <ActivityTab routineId={routine.id} />;
  return (
    <Page
      title={routine.title}
      up={<Link to="/routines">Routines</Link>}
      body="tabs"
      facts={<RoutineMark routine={routine} full />}
      actions={
        <RoutineActions
          routine={routine}
          canRun={canRun}
          running={runNow.pending}
          onPreview={() => setPreviewing(true)}
          onRun={runNow.press}
        />
      }
    >
      <UnsavedGuard
        dirty={dirty}
        name={routine.title}
        what={`The changes of "${routine.title}" are not saved. They are lost when this page is left.`}
      />
      {runNow.dialog}
      {previewing ? (
        <PreviewDialog
          routine={routine}
          onClose={() => setPreviewing(false)}
          onEnterValues={() => {
            setPreviewing(false);
            runNow.ask();
          }}
        />
      ) : null}
      {newer !== null && merging ? (
        <MergeDialog key={newer.latestRevisionId} editing={editing} newer={newer} onClose={() => setMerging(false)} />
      ) : null}
      <div className="routine-screen-notices">
        {failure === null ? null : (
          <FailureNotice what="The routine cannot be shown as it is now" failure={failure} onRetry={onRetry} />
        )}
        {newer === null ? null : <StaleBanner base={editing.base} newer={newer} onReview={() => setMerging(true)} />}
      </div>
      <PageTabs
        label="Parts of the routine"
        selected={tab}
        onSelect={goTo}
        tabs={[
          { id: "overview", label: "Overview", content: () => overview },
          { id: "triggers", label: "Triggers", content: () => triggers },
          { id: "runs", label: "Runs", content: () => runs },
          { id: "secrets", label: "Secrets", content: () => secrets },
          { id: "history", label: "History", content: () => history },
          { id: "activity", label: "Activity", content: () => activity },
        ]}
      />
      {dirty ? (
        <SaveBar
          editing={editing}
          problems={problems}
          onRefused={(stale) => {
            setShowProblems(true);
            if (stale) return setMerging(true);
            toProblem();
            goTo(tabOf(Object.keys({ ...problems, ...saving.fieldErrors }), tab));
          }}
        />
      ) : null}
    </Page>
  );
}

/** Where the field with the first problem stands. */
function tabOf<Tab extends string>(fields: readonly string[], current: Tab): Tab | "overview" | "secrets" {
  const [first] = fields;
  if (first === undefined) return current;
  return /^(?:changes\.)?env\b/.test(first) ? "secrets" : "overview";
}

/** Starts a run by the keyboard, from anywhere on the page but a dialog. */
function useRunKey(enabled: boolean, start: () => void): void {
  useEffect(() => {
    if (!enabled) return;
    const listen = (event: KeyboardEvent) => {
      if (!isChord(event, "mod+enter") || event.defaultPrevented) return;
      if (document.querySelector("[role=dialog]") !== null) return;
      event.preventDefault();
      // Otherwise a button that has the focus would be pressed too.
      event.stopPropagation();
      start();
    };
    window.addEventListener("keydown", listen, { capture: true });
    return () => window.removeEventListener("keydown", listen, { capture: true });
  }, [enabled, start]);
}
