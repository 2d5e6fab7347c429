import { execute, type Execution } from "./execution.ts";
import type { RunnerReport, RunnerRequest } from "./messages.ts";
import { createProcessWatch } from "./watch.ts";

/** The work of the runner process: any number of attempts at once. */
export interface Runner {
  handle(request: RunnerRequest): void;
  /** Ends every run with its whole tree, and resolves when all have ended. */
  endAll(note: string): Promise<void>;
}

export function createRunner(report: (message: RunnerReport) => void): Runner {
  const executions = new Map<string, Execution>();
  const watch = createProcessWatch(() => performance.now());

  return {
    handle: (request) => {
      if (request.type === "cancel") {
        executions.get(request.attemptId)?.end("cancelled", request.note);
        return;
      }
      if (request.type !== "start") return;
      const { attemptId } = request;
      const execution = execute(request, { report, now: () => new Date(), watch });
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
