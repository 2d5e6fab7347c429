import type { RoutineRecord } from "../../../preload/contract/routines.ts";
import { Mark } from "../../ui/mark.tsx";
import type { State } from "../../ui/mark.tsx";

/** A routine without an agent is a draft: it cannot run, whatever its switch says. */
function stateOf({ status, agentId }: Pick<RoutineRecord, "status" | "agentId">): State {
  return agentId === null && status !== "archived" ? "draft" : status;
}

const WORDS = { active: "active", paused: "paused", draft: "draft (no agent)", archived: "archived" } as const;

/** The state of a routine; `full` as its own page says it. */
export function RoutineMark({
  routine,
  full = false,
}: {
  readonly routine: Pick<RoutineRecord, "status" | "agentId">;
  readonly full?: boolean;
}) {
  const state = stateOf(routine);
  return <Mark state={state}>{full ? WORDS[state as keyof typeof WORDS] : undefined}</Mark>;
}
