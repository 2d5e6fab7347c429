import { fork } from "node:child_process";

/** The way to a child process of the product's own code, whatever carries it. */
export interface HelperProcess<Request, Report> {
  readonly pid: number | undefined;
  send(message: Request): void;
  onMessage(listener: (message: Report) => void): void;
  /** Called once, also when the process never came up. */
  onExit(listener: () => void): void;
  kill(): void;
}

/**
 * Starts a helper process from its bundled entry, with an env of its own and nothing of this process's. `name` is what
 * the system may call it. A host that cannot fork Node brings its own way.
 */
export type ForkHelper = <Request, Report>(
  entryPath: string,
  env: Readonly<Record<string, string>>,
  name: string,
) => HelperProcess<Request, Report>;

/** Forks a helper process of Node, without this process's Node options. */
export const forkHelper: ForkHelper = <Request, Report>(entryPath: string, env: Readonly<Record<string, string>>) => {
  const child = fork(entryPath, [], { env, execArgv: [], stdio: ["ignore", "ignore", "ignore", "ipc"] });
  const channel: HelperProcess<Request, Report> = {
    pid: child.pid,
    send: (message) => {
      // A message that does not arrive is answered by the exit of the process.
      if (child.connected) child.send(message as object, () => undefined);
    },
    onMessage: (listener) => {
      child.on("message", (message) => listener(message as Report));
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
  return channel;
};

/** The values that a process has for some names, as an env for a helper. */
export function pickEnvironment(processEnv: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = processEnv[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}
