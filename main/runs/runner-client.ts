import type { Log } from "../instance/log.ts";
import type { RunnerChannel } from "./channel.ts";
import type { AttemptRequest, Outcome } from "./runner/messages.ts";

/** The runner process as the worker sees it: started when it is first needed, and again when it died. */
export interface RunnerClient {
  /** Resolves when the attempt is over, with null where the runner died before it could tell. */
  execute(request: AttemptRequest): Promise<Outcome | null>;
  cancel(attemptId: string, note: string): void;
  /** Hears of attempts whose log file has grown. The answer ends that. */
  onGrew(listener: (attemptId: string) => void): () => void;
  /** Ends all runs and the process, and resolves when it is gone. */
  stop(): Promise<void>;
}

interface Connection {
  readonly channel: RunnerChannel;
  readonly gone: Promise<void>;
}

export function createRunnerClient(launch: () => RunnerChannel, log: Log): RunnerClient {
  const waiting = new Map<string, (outcome: Outcome | null) => void>();
  const listeners = new Set<(attemptId: string) => void>();
  let connection: Connection | null = null;
  let stopping = false;

  function settle(attemptId: string, outcome: Outcome | null): void {
    const resolve = waiting.get(attemptId);
    waiting.delete(attemptId);
    resolve?.(outcome);
  }

  function connect(): Connection {
    const channel = launch();
    const gone = new Promise<void>((resolve) => {
      channel.onExit(() => {
        connection = null;
        if (!stopping) log.error({ pid: channel.pid, count: waiting.size }, "the runner process died");
        for (const attemptId of waiting.keys()) settle(attemptId, null);
        resolve();
      });
    });
    channel.onMessage((report) => {
      if (report.type === "finished") settle(report.attemptId, report.outcome);
      else if (report.type === "grew") for (const listener of listeners) listener(report.attemptId);
      else if (report.type === "broken") {
        log.error({ reason: `${report.name} ${report.frames.join(" ")}` }, "the runner process failed");
      }
    });
    return { channel, gone };
  }

  return {
    execute: (request) => {
      connection ??= connect();
      const { channel } = connection;
      return new Promise((resolve) => {
        waiting.set(request.attemptId, resolve);
        channel.send(request);
      });
    },
    cancel: (attemptId, note) => connection?.channel.send({ type: "cancel", attemptId, note }),
    onGrew: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: async () => {
      stopping = true;
      const { channel, gone } = connection ?? {};
      channel?.send({ type: "stop" });
      await gone;
    },
  };
}
