import { describe, expect, it } from "vitest";
import { failureOfRun, judge } from "../../../main/runs/failures.ts";
import type { Outcome } from "../../../main/runs/runner/messages.ts";

const outcome = (facts: Partial<Outcome>): Outcome => ({
  end: "exited",
  pid: 1,
  exitCode: 0,
  signal: null,
  problem: null,
  log: { bytes: 0, lines: 0, sha256: null, excerpt: "", droppedBytes: 0, maskHits: 0, problem: null },
  valueHits: [],
  leftProcesses: 0,
  ...facts,
});

describe("what an outcome means", () => {
  it.each([
    [outcome({}), null, "succeeded", undefined],
    [outcome({ exitCode: 2 }), null, "failed", "exit_code"],
    [outcome({ exitCode: null, signal: "SIGSEGV" }), null, "failed", "signal"],
    [outcome({ end: "timed_out", exitCode: null, signal: "SIGTERM" }), null, "timed_out", "timed_out"],
    [outcome({ end: "cancelled" }), "cancelled", "cancelled", "cancelled"],
    [outcome({ end: "cancelled" }), "owner_stopped", "interrupted", "owner_stopped"],
    [outcome({ end: "cancelled" }), "ended_for_restore", "interrupted", "ended_for_restore"],
    [outcome({ end: "cancelled" }), null, "interrupted", "runner_died"],
    [null, null, "interrupted", "runner_died"],
    [null, "cancelled", "cancelled", "cancelled"],
    // It was over before the wish to end it arrived.
    [outcome({}), "cancelled", "succeeded", undefined],
    [
      outcome({ end: "not_started", problem: { code: "command_missing", message: "No.", next: "Install it." } }),
      null,
      "failed",
      "command_missing",
    ],
  ] as const)("%j with the wish %s is %s (%s)", (what, reason, status, code) => {
    const judged = judge(what, reason, null);
    expect(judged.status).toBe(status);
    expect(judged.failure?.code).toBe(code);
  });
});

it("names the run in the next step, once it is known", () => {
  const { failure } = judge(outcome({ exitCode: 2 }), null, null);
  expect(failureOfRun(failure, "8f3c")?.next).toBe("See what it said: `paperclip-desktop runs logs 8f3c`");
  expect(failureOfRun(null, "8f3c")).toBe(null);
});

it("says whose time limit ended a run", () => {
  const late = outcome({ end: "timed_out", exitCode: null, signal: "SIGTERM" });
  const said = (setBy: "agent" | "routine") => judge(late, null, { seconds: 90, setBy }).failure?.message;
  expect(said("agent")).toBe("The run took longer than the 90 s that its agent gives it and was ended.");
  expect(said("routine")).toBe("The run took longer than the 90 s that its routine gives it and was ended.");
});
