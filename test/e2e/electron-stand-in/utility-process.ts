import { fork, type ChildProcess } from "node:child_process";
import { EventEmitter } from "node:events";
import path from "node:path";
import type { ForkOptions, UtilityProcess } from "electron";

/** A utility process as a forked Node process; `utility-child.ts` is its other end. */
export class StandInUtilityProcess
  extends EventEmitter
  implements Pick<UtilityProcess, "kill" | "pid" | "postMessage">
{
  readonly #child: ChildProcess;

  private constructor(entry: string, args: readonly string[], options: ForkOptions) {
    super();
    const shim = path.join(import.meta.dirname, "utility-child.js");
    this.#child = fork(shim, [entry, ...args], {
      env: (options.env ?? process.env) as NodeJS.ProcessEnv,
      execArgv: options.execArgv ?? [],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    this.#child.once("spawn", () => this.emit("spawn"));
    this.#child.on("message", (message) => this.emit("message", message));
    this.#child.once("exit", (code) => this.emit("exit", code ?? 1));
    this.#child.on("error", () => this.emit("exit", 1));
  }

  static fork(entry: string, args: readonly string[] = [], options: ForkOptions = {}): StandInUtilityProcess {
    return new StandInUtilityProcess(entry, args, options);
  }

  get pid(): number | undefined {
    return this.#child.exitCode === null && this.#child.signalCode === null ? this.#child.pid : undefined;
  }

  postMessage(message: unknown): void {
    if (this.#child.connected) this.#child.send(message as object, () => undefined);
  }

  kill(): boolean {
    return this.#child.kill("SIGTERM");
  }
}
