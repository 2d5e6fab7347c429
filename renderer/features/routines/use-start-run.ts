import { useNavigate } from "@tanstack/react-router";
import type { RoutineRecord, VariableValues } from "../../../preload/contract/routines.ts";
import type { RunRecord } from "../../../preload/contract/runs.ts";
import { useCompany } from "../../data/company.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import type { Action } from "../../data/use-action.ts";
import { say } from "../../ui/toast.tsx";

export interface RunRequest {
  readonly routine: Pick<RoutineRecord, "id">;
  readonly variables?: VariableValues;
  readonly agent?: string | null;
  readonly project?: string | null;
}

export interface StartRun {
  readonly action: Action<RunRequest, RunRecord>;
  /**
   * Starts a run, goes to its page and says where it did not become a run of its own. With `stay` the page is not left,
   * because something on it is not saved; then `stay` shows where the run is. False where it was refused.
   */
  start(request: RunRequest, stay?: (() => void) | null): Promise<boolean>;
}

export function useStartRun(): StartRun {
  const company = useCompany();
  const client = useClient();
  const navigate = useNavigate();
  const action = useAction(({ routine, variables, agent, project }: RunRequest) =>
    client.routines.run({
      company: company.id,
      routine: routine.id,
      ...(variables === undefined ? {} : { variables }),
      ...(agent ? { agent } : {}),
      ...(project ? { project } : {}),
    }),
  );
  return {
    action,
    start: async (request, stay) => {
      const run = await action.run(request);
      if (run === null) return false;
      const outcome = outcomeText(run);
      if (outcome !== null) say(outcome);
      if (stay) {
        if (outcome === null) say("The run is started.");
        stay();
        return true;
      }
      await navigate({ to: "/runs/$runId", params: { runId: run.coalescedIntoRunId ?? run.id } });
      return true;
    },
  };
}

/** What is to be said of a start that gave way to a run of the same work; null where it runs. */
export function outcomeText(run: Pick<RunRecord, "status">): string | null {
  if (run.status === "coalesced") return "The same work was active already: this start joined that run.";
  return run.status === "skipped"
    ? "Nothing was started: the same work is active already. The start is skipped."
    : null;
}
