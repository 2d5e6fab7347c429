import type { RoutineDiff } from "../../../preload/contract/routines.ts";

/** How many env keys a change adds, removes and changes, as a sentence. */
export function envCounts(changes: RoutineDiff["env"]): string {
  const count = (...kinds: readonly string[]) => changes.filter(({ change }) => kinds.includes(change)).length;
  const added = count("added");
  const removed = count("removed");
  const changed = changes.length - added - removed;
  const parts = [
    ...(added === 0 ? [] : [`adds ${keys(added)}`]),
    ...(removed === 0 ? [] : [`removes ${keys(removed)}`]),
    ...(changed === 0 ? [] : [`changes ${keys(changed)}`]),
  ];
  if (parts.length === 0) return "The environment stays as it is.";
  const last = parts.at(-1) ?? "";
  const text = parts.length === 1 ? last : `${parts.slice(0, -1).join(", ")} and ${last}`;
  return `In the environment it ${text}.`;
}

const keys = (count: number): string => (count === 1 ? "1 key" : `${count} keys`);
