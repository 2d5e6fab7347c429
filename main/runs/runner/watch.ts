import { allPids, findTree, liveProcesses, membersOf, type RunTree } from "../process-tree.ts";

/** A process that carries no marker for so long will not get one: it is past the moment between fork and exec. */
const STRANGER_AFTER_MS = 2_000;

/** Looks for what finished runs left behind, which has to be cheap: there is one look per run. */
export interface ProcessWatch {
  /** A run has begun: its processes are never taken for strangers. */
  begin(tree: RunTree): void;
  end(tree: RunTree): void;
  /** The pids of a run that are alive. */
  find(tree: RunTree): number[];
}

/**
 * A watch that learns which processes belong to no run, so that a look reads those only that came lately. A pid that has
 * gone is forgotten at the next look, because pids are used again.
 */
export function createProcessWatch(monotonicMs: () => number): ProcessWatch {
  const strangers = new Set(allPids());
  const firstSeen = new Map<number, number>();
  const begun = new Set<RunTree>();

  function forgetGone(present: ReadonlySet<number>): void {
    for (const pid of strangers) if (!present.has(pid)) strangers.delete(pid);
    for (const pid of firstSeen.keys()) if (!present.has(pid)) firstSeen.delete(pid);
  }

  return {
    begin: (tree) => begun.add(tree),
    end: (tree) => begun.delete(tree),
    find: (tree) => {
      if (process.platform !== "linux") return findTree(tree);
      const pids = allPids();
      forgetGone(new Set(pids));
      const all = liveProcesses(pids.filter((pid) => !strangers.has(pid)));
      const members = new Set([...begun].flatMap((each) => membersOf(each, all)));
      const now = monotonicMs();
      for (const { pid, runId } of all) {
        const since = firstSeen.get(pid);
        if (since === undefined) firstSeen.set(pid, now);
        else if (runId === null && !members.has(pid) && now - since > STRANGER_AFTER_MS) strangers.add(pid);
      }
      return membersOf(tree, all);
    },
  };
}
