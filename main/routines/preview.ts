import { stat } from "node:fs/promises";
import type { PreviewEntry } from "../../preload/contract/environment.ts";
import type { RunPreview, VariableValues } from "../../preload/contract/routines.ts";
import { asRefusal, type Refusal } from "../contract/refusal.ts";
import type { Database } from "../database/database.ts";
import type { BaseEnvironment } from "../environment/base.ts";
import { previewFailure } from "../environment/failures.ts";
import { sheetHash } from "../environment/hash.ts";
import { previewEntries } from "../environment/preview-entries.ts";
import { runtimeNames } from "../environment/resolve.ts";
import { type EnvironmentSheet, layersOf } from "../environment/sheet.ts";
import { winners } from "../environment/layers.ts";
import type { Clock } from "../instance/clock.ts";
import type { Vault } from "../secrets/vault.ts";
import type { LaunchPlan, ProcessPlan } from "../work/adapters/adapter.ts";
import { missingProblem, missingVariables } from "../work/adapters/fill-request.ts";
import { findCommand } from "../work/adapters/find-command.ts";
import { launchPlan } from "../work/adapters/registry.ts";
import { holdsFact } from "../work/adapters/request-template.ts";
import type { RoutineRow } from "./snapshot.ts";
import { resolveValues } from "./variables.ts";
import { assignmentOf, type Overrides, sheetOf, textOf } from "./work-order.ts";

export interface PreviewServices {
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly baseEnvironment: BaseEnvironment;
  /** Where agents start that name no folder; an absolute path. */
  readonly defaultCwd: string;
}

type Problem = RunPreview["problems"][number];

/**
 * What a run started now would be: nothing is started, no secret is read. Each thing that would stop it is a problem,
 * those of the dispatch before those of the start. Refuses only what leaves nothing to show: no agent, an agent or
 * project that is not found, an adapter configuration that cannot be read.
 */
export async function previewRun(
  services: PreviewServices,
  routine: RoutineRow,
  options: Overrides & { readonly variables: VariableValues },
): Promise<RunPreview> {
  const { orm } = services.database;
  const { agent, projectId } = await assignmentOf(orm, routine, options);
  const sheet = await sheetOf(orm, routine, { agentId: agent.id, projectId });
  const entries = await previewEntries(services.database, services.vault, routine.companyId, sheet);
  const plan = launchPlan(sheet.agent, { cwd: services.defaultCwd });
  const base = await services.baseEnvironment(sheet.agent.passThrough);
  const text = preparedText(routine, options.variables, services.clock.now());
  const { project } = sheet;
  const withFile = plan.kind === "process" && plan.instructionsVia === "file";
  const ofRuntime = runtimeNames({ projectId, withFile });
  return {
    routineId: routine.id,
    revision: routine.latestRevisionNumber,
    title: text.title,
    agent: { id: agent.id, name: agent.name, adapter: agent.adapter, status: agent.status },
    project: project && { id: project.id, name: project.name },
    env: entries,
    baseNames: Object.keys(base).toSorted(),
    runtimeNames: ofRuntime,
    ...launchOf(plan),
    timeoutSeconds: routine.limits.timeoutSeconds ?? plan.timeoutSeconds,
    problems: [
      ...dispatchProblems(routine, agent),
      ...text.problems,
      ...entries.flatMap(entryProblem),
      ...(plan.kind === "process"
        ? await startProblems(plan, { ...base, ...plainValues(sheet) })
        : variableProblems(
            missingVariables(plan, [...Object.keys(base), ...entries.map(({ key }) => key), ...ofRuntime]),
          )),
    ],
    hash: sheetHash(entries, plan),
  };
}

/** What is started, as a preview shows it. */
function launchOf(plan: LaunchPlan): Pick<RunPreview, "argv" | "cwd" | "request" | "instructionsVia"> {
  if (plan.kind === "process") {
    return { argv: [...plan.argv], cwd: plan.cwd, request: null, instructionsVia: plan.instructionsVia };
  }
  const { method, url, headers, body, expectStatus } = plan;
  return {
    argv: [],
    cwd: null,
    request: { method, url, headers: headers.map(([name, value]) => ({ name, value })), body, expectStatus },
    instructionsVia: holdsFact(body, "instructions") ? "body" : "none",
  };
}

function variableProblems(missing: readonly string[]): Problem[] {
  return missing.length === 0 ? [] : [missingProblem(missing)];
}

function dispatchProblems(routine: RoutineRow, agent: { name: string; status: string }): Problem[] {
  const archived: Problem = { code: "routine_archived", message: "The routine is archived.", next: "Resume it first." };
  return [
    ...(routine.status === "archived" ? [archived] : []),
    ...(agent.status === "paused" ? [pausedAgent(agent.name)] : []),
  ];
}

/** Why a routine of a paused agent is not started. */
export function pausedAgent(name: string): Problem {
  return {
    code: "agent_inactive",
    message: `The agent ${JSON.stringify(name)} is paused.`,
    next: "Set the agent to active, or name another agent for this run.",
  };
}

/** The title with its values; without them as it is written, and why it has none. */
function preparedText(
  routine: RoutineRow,
  provided: VariableValues,
  now: Date,
): { title: string; problems: Problem[] } {
  try {
    return { title: textOf(routine, resolveValues(routine.variables, provided), now).title, problems: [] };
  } catch (error) {
    return { title: routine.title, problems: [problemOf(refusalOrThrow(error))] };
  }
}

function entryProblem(entry: PreviewEntry): Problem[] {
  const failure = previewFailure(entry);
  return failure ? [{ code: failure.code, message: failure.message, next: failure.next }] : [];
}

async function startProblems(plan: ProcessPlan, env: Record<string, string>): Promise<Problem[]> {
  const isFolder = await stat(plan.cwd).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) {
    return [
      {
        code: "folder_missing",
        message: `There is no folder ${plan.cwd} to start in.`,
        next: "Create it, or name another as cwd in the agent's configuration.",
      },
    ];
  }
  try {
    await findCommand(plan.argv[0] ?? "", { env, cwd: plan.cwd });
    return [];
  } catch (error) {
    return [problemOf(refusalOrThrow(error))];
  }
}

/** What the layers set in plain, which may be a PATH. */
function plainValues(sheet: EnvironmentSheet): Record<string, string> {
  return Object.fromEntries(
    winners(layersOf(sheet), process.platform).flatMap(({ key, binding }) =>
      binding.type === "plain" ? [[key, binding.value] as const] : [],
    ),
  );
}

const problemOf = (refusal: Refusal): Problem => ({
  code: refusal.code,
  message: refusal.message,
  next: refusal.data.next ?? null,
});

function refusalOrThrow(error: unknown): Refusal {
  const refusal = asRefusal(error);
  if (refusal) return refusal;
  throw error;
}
