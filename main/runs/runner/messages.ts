import type { RequestPlan } from "../../work/adapters/adapter.ts";
import type { Facts } from "../../work/adapters/request-template.ts";

/** What main asks of the runner process. Plain JSON; holds secret values, so it goes over the channel and nowhere else. */
export type RunnerRequest = AttemptRequest | CancelRequest | StopRequest;

export type AttemptRequest = StartRequest | SendRequest;

/** What every attempt has, whatever it starts. */
export interface AttemptBounds {
  readonly attemptId: string;
  readonly env: Readonly<Record<string, string>>;
  readonly secretValues: readonly string[];
  /** Absolute; made with the first output, and its directory too. */
  readonly logFile: string;
  readonly logLimitBytes: number;
  readonly timeoutMs: number | null;
}

/** Starts a process. */
export interface StartRequest extends AttemptBounds {
  readonly type: "start";
  /** Goes into the environment as the marker by which every process of the run is found. */
  readonly runId: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  /** What the process reads on stdin; null or nothing for an empty stdin. */
  readonly stdin: string | null;
  /** Between TERM and KILL. */
  readonly graceMs: number;
  /** How long processes that outlive the first one may go on. */
  readonly lingerMs: number;
}

/** Sends a request to a service: its templates, and what they are filled with here and nowhere else. */
export interface SendRequest extends AttemptBounds {
  readonly type: "send";
  readonly plan: RequestPlan;
  readonly facts: Facts;
}

export interface CancelRequest {
  readonly type: "cancel";
  readonly attemptId: string;
  /** Stands in the log as the reason. */
  readonly note: string;
}

/** Ends all runs and then the runner itself. */
export interface StopRequest {
  readonly type: "stop";
}

/** What the runner tells main. */
export type RunnerReport =
  /** The log file has grown; output is read from there, so that a slow reader costs the runner nothing. */
  | { readonly type: "grew"; readonly attemptId: string }
  | { readonly type: "finished"; readonly attemptId: string; readonly outcome: Outcome }
  /** The last message: all runs are over, and the runner ends. */
  | { readonly type: "ended" }
  /** An unexpected error: frames only, because a message might quote a value. The runner ends. */
  | { readonly type: "broken"; readonly name: string; readonly frames: readonly string[] };

export interface Outcome {
  /** `not_started`: there never was a process. `answered`: it was a request, which is over; `problem` says where it failed. */
  readonly end: "exited" | "answered" | "cancelled" | "timed_out" | "not_started";
  readonly pid: number | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why it was not started, or why its answer is none that counts. */
  readonly problem: AttemptProblem | null;
  readonly log: LogSummary;
  /** How often each of `secretValues` was in the output, in their order. */
  readonly valueHits: readonly number[];
  /** Processes of the run that are alive after all was done to end them. */
  readonly leftProcesses: number;
}

export interface AttemptProblem {
  readonly code: string;
  readonly message: string;
  readonly next: string;
}

export interface LogSummary {
  /** Size of the file; 0 where there was no output, and then there is no file. */
  readonly bytes: number;
  readonly lines: number;
  /** Of the file; null where there is none. */
  readonly sha256: string | null;
  /** The end of the output, masked. */
  readonly excerpt: string;
  readonly droppedBytes: number;
  readonly maskHits: number;
  /** The system's code where the file could not be written. */
  readonly problem: string | null;
}
