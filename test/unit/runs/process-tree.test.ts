import { describe, expect, it } from "vitest";
import { type LiveProcess, membersOf } from "../../../main/runs/process-tree.ts";

const live = (pid: number, facts: Partial<LiveProcess> = {}): LiveProcess => ({
  pid,
  parent: 1,
  group: pid,
  session: pid,
  runId: null,
  ...facts,
});

describe("process tree of a run", () => {
  it("holds the group and session of its first process, the marked ones, and their descendants", () => {
    const all = [
      live(10, { runId: "r" }),
      live(11, { group: 10, session: 10 }),
      live(12, { session: 10 }),
      live(13, { runId: "r" }),
      live(15, { parent: 14 }),
      live(14, { parent: 13 }),
      live(20, { runId: "other" }),
      live(21, { parent: 20 }),
      live(22),
    ];
    expect(membersOf({ runId: "r", leader: 10 }, all).toSorted()).toEqual([10, 11, 12, 13, 14, 15]);
    expect(membersOf({ runId: "r", leader: null }, all).toSorted()).toEqual([10, 13, 14, 15]);
  });

  it("never holds this process", () => {
    expect(membersOf({ runId: "r", leader: null }, [live(process.pid, { runId: "r" })])).toEqual([]);
  });
});
