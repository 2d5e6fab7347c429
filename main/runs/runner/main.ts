import type { RunnerReport, RunnerRequest } from "./messages.ts";
import { createGuard } from "./guard.ts";
import { createRunner } from "./runner.ts";

/**
 * The entry of the runner process: a small process that starts, captures, masks and ends, because starting a process
 * from a large one blocks it for 10 ms and more. It lives as long as its channel to the process that owns the instance,
 * and ends all its runs when that goes away.
 *
 * A forked Node process hears of that as `disconnect`. A utility process of Electron hears nothing: its port has one event,
 * `message`, and Chromium ends its child processes at once when the main process is gone. There a guard ends the runs.
 */

/** The channel of an Electron utility process; absent in a forked Node process. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(event: "message", listener: (event: { data: unknown }) => void): void;
}

const { parentPort } = process as NodeJS.Process & { parentPort?: ParentPort };

/** Calls `sent` when the message is on its way, or cannot be: the owner may be gone, and then nobody wants to know. */
const report = (message: RunnerReport, sent: () => void = () => undefined) => {
  if (parentPort) {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port to one process has no origins
    parentPort.postMessage(message);
    setImmediate(sent);
  } else if (process.connected && process.send) process.send(message, undefined, undefined, sent);
  else sent();
};

const runner = createRunner(report, parentPort ? createGuard(process.platform) : null);

const endAndExit = (note: string, exitCode: number) => {
  // Messages keep their order, so what was reported before has gone out when this one has.
  void runner.endAll(note).finally(() => report({ type: "ended" }, () => process.exit(exitCode)));
};

const handle = (message: unknown) => {
  // Only the process that forked this one has the other end of the channel.
  const request = message as RunnerRequest;
  if (request.type === "stop") endAndExit("The app was stopped, and the run with it.", 0);
  else runner.handle(request);
};

if (parentPort) {
  parentPort.on("message", (event) => handle(event.data));
} else {
  process.on("message", handle);
  process.on("disconnect", () => endAndExit("The app ended, and the run with it.", 0));
}
// Ctrl-C in the owner's terminal reaches this process too; the owner decides what it means.
process.on("SIGINT", () => undefined);
process.on("SIGHUP", () => undefined);
process.on("SIGTERM", () => endAndExit("The runner was told to end, and the run with it.", 0));
process.on("uncaughtException", (error) => {
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  report({ type: "broken", name: error.name, frames: frames.slice(0, 20) });
  endAndExit("The runner failed, and the run with it.", 1);
});
