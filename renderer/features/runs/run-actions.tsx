import { Link, useNavigate } from "@tanstack/react-router";
import { Download, Play, RotateCcw, Square } from "lucide-react";
import { useState } from "react";
import type { RunDetail } from "../../../preload/contract/runs.ts";
import { activeRunStatuses } from "../../../preload/rules/run-states.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import type { Action } from "../../data/use-action.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Dialog, DialogActions } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { download } from "../../ui/save-file.ts";
import { say } from "../../ui/toast.tsx";
import { Tooltip } from "../../ui/tooltip.tsx";
import { repeatedValues } from "./repeated-values.ts";

/** What can be done with a run, as several places of its page need it. */
export interface RunControls {
  readonly cancel: Action<void, unknown>;
  readonly retry: Action<void, unknown>;
  readonly again: Action<void, unknown>;
  readonly save: Action<void, unknown>;
  readonly readOnly: boolean;
}

/** The calls behind the buttons; `attempt` is the one whose log is looked at. */
export function useRunControls(run: RunDetail | undefined, attempt: number | undefined): RunControls {
  const client = useClient();
  const navigate = useNavigate();
  const readOnly = useReadOnly() !== null;
  const of = { company: run?.companyId, run: run?.id ?? "" };
  const cancel = useAction(async () => {
    const after = await client.runs.cancel(known(of));
    say(after.status === "cancelled" ? "The run is cancelled." : "The run is being ended.");
  });
  const retry = useAction(async () => {
    await client.runs.retry(known(of));
    say("A further attempt is queued, with the same revision and environment.");
  });
  const again = useAction(async () => {
    if (run === undefined) return;
    const routine = { company: run.companyId, routine: run.routineId };
    const { variables } = await client.routines.get(routine);
    const started = await client.routines.run({ ...routine, variables: repeatedValues(run, variables) });
    await navigate({ to: "/runs/$runId", params: { runId: started.id } });
  });
  const save = useAction(async () => {
    const saved = await client.shell.saveLog({ ...known(of), ...(attempt === undefined ? {} : { attempt }) });
    if (saved.outcome === "saved") say(`The log is saved as ${saved.name}.`);
    if (saved.outcome === "download") download(saved.href);
  });
  return { cancel, retry, again, save, readOnly };
}

function known<Rest extends object>({ company, ...rest }: Rest & { readonly company: string | undefined }) {
  return company === undefined ? rest : { ...rest, company };
}

export interface RunActionsProps {
  readonly run: RunDetail;
  readonly controls: RunControls;
}

/** The buttons of the page of a run. */
export function RunActions({ run, controls }: RunActionsProps) {
  const [asks, setAsks] = useState(false);
  const { cancel, retry, again, save, readOnly } = controls;
  const active = activeRunStatuses.some((status) => status === run.status);
  const waits = active && run.status !== "running";
  const finished = !active && run.attempts > 0;
  return (
    <>
      {run.attempts > 0 ? (
        <Button icon={Download} isPending={save.pending} onPress={() => void save.run()}>
          Save log
        </Button>
      ) : null}
      {finished ? (
        <Tooltip text="A further attempt of this run, with the same revision and environment">
          <Button icon={RotateCcw} isPending={retry.pending} isDisabled={readOnly} onPress={() => void retry.run()}>
            Retry run
          </Button>
        </Tooltip>
      ) : null}
      {active ? (
        <Button
          variant="danger"
          icon={Square}
          isPending={cancel.pending}
          isDisabled={readOnly}
          onPress={() => (waits ? void cancel.run() : setAsks(true))}
        >
          Cancel run
        </Button>
      ) : (
        <Tooltip text="A new run of the routine as it is now, with the values of this one">
          <Button
            variant="primary"
            icon={Play}
            isPending={again.pending}
            isDisabled={readOnly}
            onPress={() => void again.run()}
          >
            Run again
          </Button>
        </Tooltip>
      )}
      <Dialog title={`Cancel the run of ${run.title}?`} isOpen={asks} onClose={() => setAsks(false)}>
        <p>
          Its process and everything that it started are asked to end, and are killed after 10 seconds. What was printed
          so far stays in the log. The run can be retried later.
        </p>
        <DialogActions>
          <Button onPress={() => setAsks(false)}>Keep it running</Button>
          <Button
            variant="danger"
            isPending={cancel.pending}
            onPress={() => {
              void cancel.run().then(() => setAsks(false));
            }}
          >
            Cancel run
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}

/** What went wrong with a button, where the operator looks. */
export function RunActionFailures({ run, controls: { cancel, retry, again, save } }: RunActionsProps) {
  const failed = (
    [
      ["The run was not cancelled", cancel],
      ["The run was not tried again", retry],
      ["No new run was started", again],
      ["The log was not saved", save],
    ] as const
  ).filter(([, { failure }]) => failure !== null);
  return failed.map(([what, { failure }]) => {
    if (failure === null) return null;
    if (!failure.code.startsWith("variable_")) return <FailureNotice key={what} what={what} failure={failure} />;
    return <ValuesNeeded key={what} title={`${what}.`} why={failure.message} routineId={run.routineId} />;
  });
}

/** A routine that asks for other values than this run had: its own page asks for them. */
function ValuesNeeded({
  title,
  why,
  routineId,
}: {
  readonly title: string;
  readonly why: string;
  readonly routineId: string;
}) {
  return (
    <Notice
      tone="bad"
      title={title}
      next="Start it from the routine, which asks for its values."
      actions={
        <Link to="/routines/$routineId" params={{ routineId }} className={buttonClass()}>
          Open routine
        </Link>
      }
    >
      {why}
    </Notice>
  );
}
