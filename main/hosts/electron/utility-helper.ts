import { utilityProcess } from "electron";
import { systemCode } from "../../contract/refusal.ts";
import type { ForkHelper, HelperProcess } from "../../instance/helper-process.ts";

/**
 * Starts a helper as a utility process: in a packaged app Electron's binary does not run as Node, so there is nothing
 * that `fork` could start. Must be called after the app is ready.
 */
export const forkUtilityHelper: ForkHelper = <Request, Report>(
  entryPath: string,
  env: Readonly<Record<string, string>>,
  name: string,
) => {
  // The env is given whole: without it a utility process inherits this one's.
  const child = utilityProcess.fork(entryPath, [], { env, execArgv: [], serviceName: name, stdio: "ignore" });
  let gone = false;
  child.once("exit", () => (gone = true));
  const channel: HelperProcess<Request, Report> = {
    // Not known before the process has come up.
    get pid() {
      return child.pid;
    },
    // What does not arrive is answered by the exit of the process.
    send: (message) => {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port to one process has no origins
      if (!gone) child.postMessage(message);
    },
    onMessage: (listener) => {
      child.on("message", (message: unknown) => listener(message as Report));
    },
    onExit: (listener) => {
      if (gone) listener();
      else child.once("exit", () => listener());
    },
    kill: () => {
      if (child.pid === undefined) child.kill();
      else killNow(child.pid);
    },
  };
  return channel;
};

function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (systemCode(error) !== "ESRCH") throw error;
  }
}
