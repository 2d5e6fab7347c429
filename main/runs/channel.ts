import { fork } from "node:child_process";
import type { RunnerReport, RunnerRequest } from "./runner/messages.ts";

/** The way to a runner process, whatever carries it. */
export interface RunnerChannel {
  readonly pid: number | undefined;
  send(message: RunnerRequest): void;
  onMessage(listener: (message: RunnerReport) => void): void;
  /** Called once, also when the process never came up. */
  onExit(listener: () => void): void;
  kill(): void;
}

/** Starts a runner process from its bundled entry. A host that cannot fork Node brings its own way. */
export type ForkRunner = (entryPath: string, processEnv: NodeJS.ProcessEnv) => RunnerChannel;

/** What the runner itself needs of the env. Its runs are given theirs by message. */
const RUNNER_NAMES = ["PATH", "HOME", "TMPDIR", "LANG", "SystemRoot", "windir", "TEMP", "TMP"];

/** The env of a runner process: nothing but what it needs. */
export function runnerEnvironment(processEnv: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    RUNNER_NAMES.flatMap((name) => {
      const value = processEnv[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** Forks a runner process of Node, with an env of its own and without this process's Node options. */
export function forkRunner(entryPath: string, processEnv: NodeJS.ProcessEnv): RunnerChannel {
  const env = runnerEnvironment(processEnv);
  const child = fork(entryPath, [], { env, execArgv: [], stdio: ["ignore", "ignore", "ignore", "ipc"] });
  return {
    pid: child.pid,
    send: (message) => {
      // A message that does not arrive is answered by the exit of the process.
      if (child.connected) child.send(message, () => undefined);
    },
    onMessage: (listener) => {
      child.on("message", (message) => listener(message as RunnerReport));
    },
    onExit: (listener) => {
      let told = false;
      const tell = () => {
        if (!told) listener();
        told = true;
      };
      child.once("exit", tell);
      child.once("error", tell);
    },
    kill: () => {
      child.kill("SIGKILL");
    },
  };
}
