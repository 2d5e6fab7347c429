import { type ForkHelper, type HelperProcess, forkHelper, pickEnvironment } from "../instance/helper-process.ts";
import type { RunnerReport, RunnerRequest } from "./runner/messages.ts";

/** The way to a runner process, whatever carries it. */
export type RunnerChannel = HelperProcess<RunnerRequest, RunnerReport>;

/**
 * What the runner itself needs of the env. Its runs are given theirs by message. The file of further authorities is read by
 * Node itself, and concerns the services that requests go to.
 */
const RUNNER_NAMES = ["PATH", "HOME", "TMPDIR", "LANG", "SystemRoot", "windir", "TEMP", "TMP", "NODE_EXTRA_CA_CERTS"];

/** Starts a runner process from its bundled entry; its env is nothing but what it needs. */
export function forkRunner(
  entryPath: string,
  processEnv: NodeJS.ProcessEnv,
  fork: ForkHelper = forkHelper,
): RunnerChannel {
  return fork(entryPath, pickEnvironment(processEnv, RUNNER_NAMES), "Paperclip runner");
}
