import { readFileSync } from "node:fs";
import path from "node:path";
import { appFiles } from "../../instance/app-files.ts";
import { systemClock } from "../../instance/clock.ts";
import { systemCode } from "../../contract/refusal.ts";
import { Interrupted } from "./errors.ts";
import { createInterruption } from "./interruption.ts";
import { launchedBy } from "./launch.ts";
import { runCommandLine } from "./program.ts";

/*
 * The entry of the command line. It alone knows the process; everything else is handed what it needs.
 */

const { directory } = launchedBy(process.env, process.argv.slice(2));
if (directory !== null) process.chdir(directory);

const interruption = new AbortController();
const meaningOf = createInterruption(() => performance.now());
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    const meaning = meaningOf(signal);
    if (meaning === "close") interruption.abort(new Interrupted("Interrupted.", signal));
    else if (meaning === "leave") process.exit(130);
  });
}
// A reader that leaves early, such as `head`, is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    if (!["EPIPE", "ERR_STREAM_DESTROYED"].includes(systemCode(error) ?? "")) throw error;
    interruption.abort(new Interrupted("Nobody reads the output any more.", null));
  });
}

const files = appFiles(import.meta.dirname);
const { version } = JSON.parse(readFileSync(path.join(path.dirname(files.migrations), "package.json"), "utf8")) as {
  version: string;
};

const exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
  version,
  rendererDirectory: files.renderer,
  // Loaded when an instance is opened: help, `call --list` and a client of a running owner need none of it.
  openControlPlane: async (options) => (await import("../../control-plane.ts")).openControlPlane(options),
  signal: interruption.signal,
});
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write("", resolve))),
);
process.exit(exitCode);
