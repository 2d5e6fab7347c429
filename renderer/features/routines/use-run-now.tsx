import { useState } from "react";
import type { ReactNode } from "react";
import type { RoutineRecord } from "../../../preload/contract/routines.ts";
import { RunDialog } from "./run-dialog.tsx";
import { useStartRun } from "./use-start-run.ts";
import type { StartRun } from "./use-start-run.ts";

export interface RunNow {
  /** Starts at once where nothing has to be asked, and asks otherwise. */
  press(): void;
  ask(): void;
  readonly pending: boolean;
  readonly dialog: ReactNode;
}

/**
 * Starts a run of a routine from a button or a key; the dialog is to be placed where the caller is. `stay` is given where
 * something is not saved and the page must not be left.
 */
export function useRunNow(routine: RoutineRecord, stay: (() => void) | null = null): RunNow {
  const [asking, setAsking] = useState(false);
  const starting = useStartRun();
  const close = () => {
    starting.action.reset();
    setAsking(false);
  };
  return {
    press: () => {
      if (asking || starting.action.pending) return;
      if (mustAsk(routine, stay !== null)) setAsking(true);
      else void startAtOnce(starting, routine, () => setAsking(true));
    },
    ask: () => setAsking(true),
    pending: starting.action.pending,
    dialog: asking ? <RunDialog routine={routine} stay={stay} starting={starting} onClose={close} /> : null,
  };
}

function mustAsk(routine: RoutineRecord, unsaved: boolean): boolean {
  return routine.variables.length > 0 || routine.agentId === null || unsaved;
}

async function startAtOnce(starting: StartRun, routine: RoutineRecord, onRefused: () => void): Promise<void> {
  if (!(await starting.start({ routine }))) onRefused();
}
