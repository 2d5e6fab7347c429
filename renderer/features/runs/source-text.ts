import type { RunRecord } from "../../../preload/contract/runs.ts";

/** What a run was started by: the way, and the trigger where that has a label. */
export function sourceText({ source, trigger }: Pick<RunRecord, "source" | "trigger">): string {
  // One instant is a kind of schedule to those who look for runs.
  const way = trigger?.kind === "once" ? "once" : source;
  return trigger?.label ? `${way}: ${trigger.label}` : way;
}
