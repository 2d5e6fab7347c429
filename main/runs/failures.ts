import type { RunFailure } from "../../preload/contract/runs.ts";
import { asRefusal, type Refusal } from "../contract/refusal.ts";
import type { FinalStatus } from "./claims.ts";
import type { Outcome } from "./runner/messages.ts";

/** Why somebody ended a run before it was over by itself. */
export type EndReason = "cancelled" | StopReason;
/** Why a worker ends all that it executes. */
export type StopReason = "owner_stopped" | "ended_for_restore";

/** Stands for the id of the run in the next step of a failure, because those are worded without knowing it. */
const RUN_ID = "RUN_ID";

/** The failure of a run as it is shown: its next step names the run. */
export function failureOfRun(failure: RunFailure | null, runId: string): RunFailure | null {
  return failure && { ...failure, next: failure.next?.replaceAll(RUN_ID, runId) ?? null };
}

/** A failure that concerns the run as a whole, not one key of its env. */
export function runFailure(code: string, message: string, next: string | null): RunFailure {
  return { code, message, next, layer: null, key: null, secretKey: null };
}

/** A refusal as the failure of the run that it stopped, or null for an error that was not expected. */
export function failureOfRefusal(error: unknown): RunFailure | null {
  const refusal = asRefusal(error);
  return refusal && runFailure(refusal.code, refusal.message, refusal.data.next ?? null);
}

export const cancelled = runFailure("cancelled", "The run was cancelled.", null);

export const ownerStopped = runFailure(
  "owner_stopped",
  "The run was ended because the app was stopped.",
  `Start it again when the app runs: \`paperclip-desktop runs retry ${RUN_ID}\``,
);

export const endedForRestore = runFailure(
  "ended_for_restore",
  "The run was ended for a restore or its undo.",
  `Start it again: \`paperclip-desktop runs retry ${RUN_ID}\``,
);

/** What becomes of a run that somebody ended. */
export function endedBy(reason: EndReason): { status: "cancelled" | "interrupted"; failure: RunFailure } {
  switch (reason) {
    case "cancelled":
      return { status: "cancelled", failure: cancelled };
    case "owner_stopped":
      return { status: "interrupted", failure: ownerStopped };
    case "ended_for_restore":
      return { status: "interrupted", failure: endedForRestore };
  }
}

const runnerDied = runFailure(
  "runner_died",
  "The run was interrupted: the process that supervised it ended unexpectedly.",
  `What was left of it was ended. Try it again: \`paperclip-desktop runs retry ${RUN_ID}\``,
);

export const ownerDied = runFailure(
  "interrupted",
  "The run was interrupted: the app that executed it ended before the run did.",
  `What was left of it was ended. Try it again: \`paperclip-desktop runs retry ${RUN_ID}\``,
);

export const unexpected = runFailure(
  "unexpected",
  "The run was interrupted by an unexpected error before its process was started.",
  `See logs/paperclip.log in the instance folder, then try it again: \`paperclip-desktop runs retry ${RUN_ID}\``,
);

/** What the database refused before there was a process: no secret was given out, and the run can be tried again. */
export function databaseFailed({ code, message, data }: Refusal): RunFailure {
  const again = `Then try it again: \`paperclip-desktop runs retry ${RUN_ID}\``;
  return runFailure(
    code,
    `The run was interrupted before its process was started. ${message}`,
    data.next === undefined ? again : `${data.next} ${again}`,
  );
}

export const sheetMissing = runFailure(
  "sheet_missing",
  "The run was not started: what it was pinned to at dispatch is not there.",
  "Start the routine anew: `paperclip-desktop routines run NAME`",
);

/** The time that an attempt was given. */
export interface TimeLimit {
  readonly seconds: number;
  readonly setBy: "agent" | "routine";
}

/** What an outcome of the runner means for the run. Null as outcome: the runner died. */
export function judge(
  outcome: Outcome | null,
  reason: EndReason | null,
  limit: TimeLimit | null,
): { status: FinalStatus; failure: RunFailure | null } {
  if (outcome === null || outcome.end === "cancelled") {
    return reason === null ? { status: "interrupted", failure: runnerDied } : endedBy(reason);
  }
  if (outcome.problem) {
    const { code, message, next } = outcome.problem;
    return { status: "failed", failure: runFailure(code, message, next) };
  }
  if (outcome.end === "timed_out") {
    return {
      status: "timed_out",
      failure: runFailure(
        "timed_out",
        `The run took longer than ${limitText(limit)} and was ended.`,
        `Raise that limit, or see what took so long: \`paperclip-desktop runs logs ${RUN_ID}\``,
      ),
    };
  }
  if (outcome.end === "answered" || outcome.exitCode === 0) return { status: "succeeded", failure: null };
  const how = outcome.signal === null ? `with exit code ${outcome.exitCode}` : `by ${outcome.signal}`;
  const code = outcome.signal === null ? "exit_code" : "signal";
  const next = `See what it said: \`paperclip-desktop runs logs ${RUN_ID}\``;
  return { status: "failed", failure: runFailure(code, `The process ended ${how}.`, next) };
}

function limitText(limit: TimeLimit | null): string {
  return limit === null ? "its time limit" : `the ${limit.seconds} s that its ${limit.setBy} gives it`;
}
