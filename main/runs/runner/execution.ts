import { type ChildProcess, spawn } from "node:child_process";
import { type Masker, maskStream, type MaskTable, maskTable } from "../../record/masking.ts";
import { endTree, RUN_MARKER, type RunTree } from "../process-tree.ts";
import { capture, createRunLog } from "./run-log.ts";
import type { LogFile } from "./log-file.ts";
import type { Outcome, RunnerReport, AttemptProblem, StartRequest } from "./messages.ts";
import { folderProblem, spawnProblem } from "./spawn-problem.ts";
import type { ProcessWatch } from "./watch.ts";

/** How long the pipes are read on when every process of the run that can be found has ended. */
const CLOSE_WAIT_MS = 1_000;

export interface Execution {
  /** Ends the run's processes. The first reason stands. */
  end(reason: "cancelled" | "timed_out", note: string): void;
  readonly outcome: Promise<Outcome>;
}

export interface Surroundings {
  readonly report: (report: RunnerReport) => void;
  readonly now: () => Date;
  readonly watch: ProcessWatch;
}

/**
 * Executes one attempt: starts the process, masks and writes what it prints, ends it when it is told to or takes too
 * long, and looks for what it left behind. The outcome never rejects for what a process does.
 */
export function execute(request: StartRequest, surroundings: Surroundings): Execution {
  const { argv, cwd } = request;
  const env = { ...request.env, [RUN_MARKER]: request.runId };
  const [command = "", ...rest] = argv;
  const log = createRunLog(request, surroundings);
  const early = folderProblem(cwd);
  if (early) return notStarted(log, early);
  let child: ChildProcess;
  try {
    child = spawn(command, rest, {
      cwd,
      env,
      detached: process.platform !== "win32",
      windowsHide: true,
      stdio: [request.stdin ? "pipe" : "ignore", "pipe", "pipe"],
    });
  } catch (error) {
    return notStarted(log, spawnProblem(error, command, cwd, env));
  }
  if (child.pid === undefined) {
    const failed = new Promise<unknown>((resolve) => child.once("error", resolve));
    return {
      end: () => undefined,
      outcome: failed.then((error) => notStarted(log, spawnProblem(error, command, cwd, env)).outcome),
    };
  }
  return supervise(child, child.pid, request, log, surroundings);
}

function notStarted(log: LogFile, problem: AttemptProblem): Execution {
  const outcome = async (): Promise<Outcome> => ({
    end: "not_started",
    pid: null,
    exitCode: null,
    signal: null,
    problem,
    log: await log.close(0),
    valueHits: [],
    leftProcesses: 0,
  });
  return { end: () => undefined, outcome: outcome() };
}

function supervise(
  child: ChildProcess,
  pid: number,
  request: StartRequest,
  log: LogFile,
  { watch }: Surroundings,
): Execution {
  const tree: RunTree = { runId: request.runId, leader: pid };
  let hasExited = false;
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once("exit", (code, signal) => {
      hasExited = true;
      resolve({ code, signal });
    });
  });
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  // A process that does not read its stdin is no fault.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(request.stdin);

  // Made with the first output: many processes say nothing.
  let table: MaskTable | null = null;
  const maskers: Partial<Record<"stdout" | "stderr", Masker>> = {};
  for (const stream of ["stdout", "stderr"] as const) {
    capture(child[stream], stream, log, (chunk) => {
      table ??= maskTable(request.secretValues);
      return (maskers[stream] ??= maskStream(table)).push(chunk);
    });
  }

  let reason: "cancelled" | "timed_out" | null = null;
  const ending = new AbortController();
  const end = (why: "cancelled" | "timed_out", note: string) => {
    if (ending.signal.aborted) return;
    log.note(note);
    // What the first process ended with stands; only what it left behind is ended now.
    if (!hasExited) reason = why;
    ending.abort();
  };
  const { timeoutMs } = request;
  const timer =
    timeoutMs === null
      ? undefined
      : setTimeout(() => end("timed_out", `The run took longer than ${timeoutMs / 1000} s and was ended.`), timeoutMs);

  async function supervised(): Promise<Outcome> {
    await Promise.race([exited, aborted(ending.signal)]);
    let left = 0;
    if (ending.signal.aborted) {
      left = await endTree(tree, { graceMs: request.graceMs });
    }
    // What cannot be killed, as a process that waits for a dead disk, must not keep the run open for ever.
    const exit = await withinMs(exited, left > 0 ? CLOSE_WAIT_MS : request.graceMs + 10_000);
    clearTimeout(timer);
    if (!ending.signal.aborted) left = await endLeftOvers();
    await drained();
    for (const stream of ["stdout", "stderr"] as const) {
      const masker = maskers[stream];
      if (masker) log.append(stream, masker.end());
      log.endStream(stream);
    }
    return {
      end: reason ?? "exited",
      pid,
      exitCode: exit?.code ?? null,
      signal: exit?.signal ?? null,
      problem: null,
      log: await log.close((maskers.stdout?.hits() ?? 0) + (maskers.stderr?.hits() ?? 0)),
      valueHits: request.secretValues.map((_, place) =>
        Object.values(maskers).reduce((sum, masker) => sum + (masker.hitsByValue()[place] ?? 0), 0),
      ),
      leftProcesses: left,
    };
  }

  /** Waits for the end of the pipes, unless a process that cannot be found keeps them open and says nothing. */
  async function drained(): Promise<void> {
    while (
      (await withinMs(
        closed.then(() => true),
        CLOSE_WAIT_MS,
      )) === null
    ) {
      const ready = log.ready();
      if (ready) {
        await ready;
        continue;
      }
      child.stdout?.destroy();
      child.stderr?.destroy();
      return;
    }
  }

  /** Ends what the run left in the background. Answers how many are left after that. */
  async function endLeftOvers(): Promise<number> {
    let left = watch.find(tree);
    if (left.length === 0) return 0;
    const until = performance.now() + request.lingerMs;
    while (left.length > 0 && performance.now() < until && !ending.signal.aborted) {
      await withinMs(aborted(ending.signal), 50);
      left = watch.find(tree);
    }
    if (left.length === 0) return 0;
    log.note(`The process ended and left ${left.length} running; ${left.length === 1 ? "it was" : "they were"} ended.`);
    return endTree(tree, { graceMs: request.graceMs });
  }

  watch.begin(tree);
  return { end, outcome: supervised().finally(() => watch.end(tree)) };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

async function withinMs<Value>(promise: Promise<Value>, ms: number): Promise<Value | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
