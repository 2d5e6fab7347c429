import { execute, type Execution } from "./execution.ts";
import type { Guard } from "./guard.ts";
import type { RunnerReport, RunnerRequest } from "./messages.ts";
import { sendRequest } from "./request.ts";
import { createProcessWatch, type ProcessWatch } from "./watch.ts";

/** The work of the runner process: any number of attempts at once. */
export interface Runner {
  handle(request: RunnerRequest): void;
  /** Ends every run, with its whole tree or its connection, and resolves when all have ended. */
  endAll(note: string): Promise<void>;
}

/** `guard` ends the runs where the runner cannot, because it is killed with its owner; null where it outlives that. */
export function createRunner(report: (message: RunnerReport) => void, guard: Guard | null): Runner {
  const executions = new Map<string, Execution>();
  const watch = guarded(
    createProcessWatch(() => performance.now()),
    guard,
  );

  return {
    handle: (request) => {
      if (request.type === "cancel") {
        executions.get(request.attemptId)?.end("cancelled", request.note);
        return;
      }
      if (request.type === "stop") return;
      const { attemptId } = request;
      const now = () => new Date();
      const execution =
        request.type === "send" ? sendRequest(request, { report, now }) : execute(request, { report, now, watch });
      executions.set(attemptId, execution);
      void execution.outcome.then((outcome) => {
        executions.delete(attemptId);
        report({ type: "finished", attemptId, outcome });
      });
    },
    endAll: async (note) => {
      const all = [...executions.values()];
      for (const execution of all) execution.end("cancelled", note);
      await Promise.allSettled(all.map((execution) => execution.outcome));
    },
  };
}

function guarded(watch: ProcessWatch, guard: Guard | null): ProcessWatch {
  if (guard === null) return watch;
  return {
    begin: (tree) => {
      guard.begin(tree);
      watch.begin(tree);
    },
    end: (tree) => {
      guard.end(tree);
      watch.end(tree);
    },
    find: watch.find,
  };
}
