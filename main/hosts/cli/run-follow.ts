import type { LogLine, RunRecord, RunStatus } from "../../../preload/contract/runs.ts";
import { activeRunStatuses } from "../../../preload/rules/run-states.ts";
import { Refusal } from "../../contract/refusal.ts";
import type { ContractClient } from "../../control-plane-port.ts";
import { Failure } from "./errors.ts";
import type { Invocation } from "./invocation.ts";

/** Milliseconds of one question for the end of a run; it is asked again until the run is over. */
const WAIT_MS = 60_000;

type One = { company?: string; run: string };

/** A run whose state may still change by itself: under way, or waiting for a retry. */
export function isActive(run: RunRecord): boolean {
  return activeRunStatuses.some((status) => status === run.status);
}

/** Waits until a run is over, however long that takes. */
export async function waitForRun(client: ContractClient, one: One): Promise<RunRecord> {
  for (;;) {
    const run = await client.runs.wait({ ...one, timeoutMs: WAIT_MS });
    if (!isActive(run)) return run;
  }
}

/**
 * Prints the masked log of a run as it comes, until the run is over. On standard output where the log is the answer,
 * otherwise on standard error. With `--json` the answer is kept instead, for one value at the end.
 */
export async function followLog(
  invocation: Invocation,
  client: ContractClient,
  one: One,
  role: "answer" | "company",
): Promise<{ lines: LogLine[]; run: RunRecord }> {
  const { output } = invocation;
  const keep = output.json && role === "answer";
  const lines: LogLine[] = [];
  for await (const event of await client.runs.follow(one, { signal: invocation.signal })) {
    if (event.type === "end") return { lines, run: event.run };
    if (event.type !== "lines") continue;
    for (const line of event.lines) {
      if (keep) lines.push(line);
      else output.log(line.text, output.json);
    }
  }
  throw new Refusal("owner_gone", "The log of the run ended before the run did.", {
    next: `Look at it with \`paperclip-desktop runs show ${one.run}\`.`,
  });
}

/** Says that this command stays because it is the owner that the run needs. */
export function sayThatItStays(invocation: Invocation, owner: "self" | "other", run: RunRecord): void {
  if (owner !== "self" || !isActive(run)) return;
  invocation.output.progress(
    "No app runs, so this command stays until the run is over. Start `paperclip-desktop serve` to leave it to that.",
  );
}

/** Ends the command with 1 and the reason of the run, unless it succeeded. */
export function demandSuccess(run: RunRecord): void {
  if (run.status === "succeeded") return;
  const { failure } = run;
  const next = failure?.next ?? `Look at it with \`paperclip-desktop runs show ${run.id}\`.`;
  throw new Failure({
    code: failure?.code ?? `run_${run.status}`,
    message: failure === null ? `The run ${outcome(run)}.` : failedText(run.status, failure.message),
    next,
    details: {
      runId: run.id,
      status: run.status,
      layer: failure?.layer ?? null,
      key: failure?.key ?? null,
      secret: failure?.secretKey ?? null,
    },
  });
}

/** The reason of a run. One that was cancelled, ended or interrupted has a reason that says so by itself. */
function failedText(status: RunStatus, reason: string): string {
  return status === "failed" ? `The run failed: ${reason}` : reason;
}

function outcome(run: RunRecord): string {
  switch (run.status) {
    case "failed":
      return run.exitCode === null ? "failed" : `failed with exit code ${run.exitCode}`;
    case "cancelled":
      return "was cancelled";
    case "timed_out":
      return "took too long and was ended";
    case "interrupted":
      return "was interrupted";
    case "coalesced":
      return `was coalesced into run ${run.coalescedIntoRunId ?? "that is active"}`;
    case "skipped":
      return "was skipped";
    case "held":
      return "is held";
    default:
      return `is ${run.status}`;
  }
}
