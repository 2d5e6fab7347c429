import type { VariableValues } from "../../preload/contract/routines.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import type { Json } from "../database/schema/work.ts";
import { sha256 } from "../environment/hash.ts";
import { type EnvironmentSheet, buildSheet } from "../environment/sheet.ts";
import { findAgent, findProject } from "../work/lookup.ts";
import type { RoutineRow } from "./snapshot.ts";
import { builtInValues, interpolate } from "./variables.ts";

/** What a run may set instead of its routine: agent and project by id or name. */
export interface Overrides {
  readonly agent?: string | undefined;
  readonly project?: string | undefined;
}

/** Runs that no schedule starts have no zone of their own. */
const ZONE = "UTC";
const LONGEST_TITLE = 500;

/** What helps a routine that nobody is to carry out. */
export const GIVE_AN_AGENT = "Give the routine an agent, or name one for this run.";

/** Who would do the work and for which project. Refuses `routine_without_agent`, and references that are not found. */
export async function assignmentOf(executor: Executor, routine: RoutineRow, overrides: Overrides) {
  const wanted = overrides.agent ?? routine.assigneeAgentId;
  if (wanted === null) throw withoutAgent(routine);
  const agent = await findAgent(executor, routine.companyId, wanted);
  const project = overrides.project ? await findProject(executor, routine.companyId, overrides.project) : null;
  return { agent, projectId: project?.id ?? routine.projectId };
}

export function withoutAgent({ title }: Pick<RoutineRow, "title">): Refusal {
  return new Refusal("routine_without_agent", `${JSON.stringify(title)} was not started: it has no agent.`, {
    next: GIVE_AN_AGENT,
    fields: { agent: "needs an agent" },
  });
}

/**
 * Title and instructions with their values. The title is one line of at most 500 characters. `now` is the slot of a scheduled
 * run, so that one which starts late speaks of the day that it is for.
 */
export function textOf(
  routine: Pick<RoutineRow, "title" | "instructions">,
  values: VariableValues,
  now: Date,
  zone = ZONE,
): { title: string; instructions: string } {
  const all = { ...values, ...builtInValues(now, zone) };
  const title = interpolate(routine.title, all).replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ");
  return {
    title: title.length > LONGEST_TITLE ? `${title.slice(0, LONGEST_TITLE - 1).replace(/\p{Cs}$/u, "")}…` : title,
    instructions: interpolate(routine.instructions, all),
  };
}

/**
 * Two firings with the same fingerprint are the same work: SHA-256 over payload, agent, project and variables. Times, the
 * revision and the text with its values filled in are not part of it, so `{{timestamp}}` does not set firings apart.
 */
export function fingerprintOf(work: {
  readonly payload: Json | null;
  readonly agentId: string;
  readonly projectId: string | null;
  readonly variables: VariableValues;
}): string {
  const { payload, agentId, projectId, variables } = work;
  return sha256({ payload, agentId, projectId, variables });
}

/** The sheet that a run of the routine as it stands is pinned to. */
export function sheetOf(
  executor: Executor,
  routine: RoutineRow,
  assignment: { readonly agentId: string; readonly projectId: string | null },
): Promise<EnvironmentSheet> {
  const { companyId } = routine;
  return buildSheet(executor, { companyId, ...assignment, routine: routinePart(routine) });
}

/** What of a routine stands in its sheets. */
export function routinePart(
  routine: Pick<RoutineRow, "id" | "latestRevisionId" | "latestRevisionNumber" | "env">,
): EnvironmentSheet["routine"] {
  return {
    id: routine.id,
    revisionId: routine.latestRevisionId,
    revisionNumber: routine.latestRevisionNumber,
    env: routine.env,
  };
}
