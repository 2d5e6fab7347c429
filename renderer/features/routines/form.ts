import type { RoutineChanges, RoutineInput, RoutineRecord } from "../../../preload/contract/routines.ts";
import { envProblems } from "../environment/env-problems.ts";
import { envInputOf, envOf, envRows, isBlank } from "../environment/env-rows.ts";
import type { EnvDraft, EnvRow } from "../environment/env-rows.ts";
import { BLANK_DRAFT, changedFields } from "./draft.ts";
import type { RoutineDraft } from "./draft.ts";
import { problemOfDefinition, variablesInUse } from "./variables.ts";

/** A routine as it is being edited: as a draft, but its env as lines, which may be unfinished. */
export type RoutineForm = Omit<RoutineDraft, "env"> & { readonly env: EnvDraft };

export function formOf(draft: RoutineDraft): RoutineForm {
  const { title, instructions, agentId, projectId, priority } = draft;
  const { concurrencyPolicy, catchUpPolicy, variables, env, retry, limits } = draft;
  return {
    title,
    instructions,
    agentId,
    projectId,
    priority,
    concurrencyPolicy,
    catchUpPolicy,
    variables,
    env: envRows(env),
    retry,
    limits,
  };
}

/** What of a form could be stored. */
export function draftOf(form: RoutineForm): RoutineDraft {
  return { ...form, env: envOf(form.env) };
}

/** The name under which `formChanges` counts lines of the env that are unfinished. */
export const UNFINISHED_LINES = "unfinished";

/** What a form changes, by field name; unfinished lines count, because they were typed and could be lost. */
export function formChanges(base: RoutineDraft, form: RoutineForm): string[] {
  const changed = changedFields(base, draftOf(form));
  return form.env.some(isUnfinished) ? [...changed, UNFINISHED_LINES] : changed;
}

function isUnfinished(row: EnvRow): boolean {
  return !isBlank(row) && (row.key.trim() === "" || (row.kind === "secret" && row.secretId === null));
}

/** A form of this draft that still has the unfinished lines of another one. */
export function formWithLinesOf(draft: RoutineDraft, form: RoutineForm): RoutineForm {
  const merged = formOf(draft);
  return { ...merged, env: [...merged.env, ...form.env.filter(isUnfinished)] };
}

/** As many as the control plane takes. */
const MOST_VARIABLES = 50;

export const MEBIBYTE = 1024 * 1024;

const isWhole = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

/** Why a form cannot be saved, by field name. `env` where a line says itself what is wrong with it. */
export function formProblems(form: RoutineForm): Readonly<Record<string, string>> {
  const problems: Record<string, string> = {};
  const title = form.title.trim();
  if (title === "") problems["title"] = "Give the routine a title.";
  else if (title.length > 200)
    problems["title"] = `A title takes at most 200 characters; this one has ${title.length}.`;
  if (form.instructions.length > 200_000) {
    problems["instructions"] = "Instructions take at most 200,000 characters.";
  }
  const variables = variablesInUse(form.title, form.instructions, form.variables);
  if (variables.length > MOST_VARIABLES) {
    problems["instructions"] = `A routine takes at most ${MOST_VARIABLES} variables; this one has ${variables.length}.`;
  }
  for (const variable of variables) {
    const problem = problemOfDefinition(variable);
    if (problem !== null) problems[`variables.${variable.name}`] = problem;
  }
  const { maxAttempts, backoffSeconds, backoffFactor, backoffCapSeconds, jitter } = form.retry;
  if (!isWhole(maxAttempts, 1, 25)) problems["retry.maxAttempts"] = "A whole number from 1 to 25.";
  if (!isWhole(backoffSeconds, 1, 86_400)) problems["retry.backoffSeconds"] = "A whole number from 1 to 86,400.";
  if (!(backoffFactor >= 1 && backoffFactor <= 10)) problems["retry.backoffFactor"] = "A number from 1 to 10.";
  if (!isWhole(backoffCapSeconds, 1, 86_400)) {
    problems["retry.backoffCapSeconds"] = "A whole number from 1 to 86,400.";
  }
  if (!(jitter >= 0 && jitter <= 1)) problems["retry.jitter"] = "A number from 0 to 100.";
  const { timeoutSeconds, logLimitBytes } = form.limits;
  if (timeoutSeconds !== null && !isWhole(timeoutSeconds, 1, 604_800)) {
    problems["limits.timeoutSeconds"] = "A whole number from 1 to 604,800, which is seven days.";
  }
  if (logLimitBytes !== null && !isWhole(logLimitBytes, MEBIBYTE, 4096 * MEBIBYTE)) {
    problems["limits.logLimitBytes"] = "A number from 1 to 4,096.";
  }
  if (envProblems(form.env).size > 0) problems["env"] = "The environment has lines that cannot be saved.";
  return problems;
}

/** A whole form as `routines.create` takes it. */
export function inputOf(form: RoutineForm): RoutineInput {
  return {
    title: form.title,
    instructions: form.instructions,
    agent: form.agentId,
    project: form.projectId,
    priority: form.priority,
    concurrencyPolicy: form.concurrencyPolicy,
    catchUpPolicy: form.catchUpPolicy,
    variables: variablesInUse(form.title, form.instructions, form.variables),
    env: envInputOf(form.env),
    retry: form.retry,
    limits: form.limits,
  };
}

/** What of a form differs from the routine, as `routines.update` takes it. */
export function changesOf(base: RoutineDraft, form: RoutineForm): RoutineChanges {
  const changed = formChanges(base, form);
  const input = inputOf(form);
  const touches = (...prefixes: readonly string[]) =>
    changed.some((name) => prefixes.some((prefix) => name === prefix || name.startsWith(`${prefix}.`)));
  return {
    ...(touches("title") ? { title: input.title } : {}),
    ...(touches("instructions") ? { instructions: input.instructions ?? "" } : {}),
    ...(touches("agentId") ? { agent: form.agentId } : {}),
    ...(touches("projectId") ? { project: form.projectId } : {}),
    ...(touches("priority") ? { priority: form.priority } : {}),
    ...(touches("concurrencyPolicy") ? { concurrencyPolicy: form.concurrencyPolicy } : {}),
    ...(touches("catchUpPolicy") ? { catchUpPolicy: form.catchUpPolicy } : {}),
    ...(touches("title", "instructions", "variables") ? { variables: input.variables ?? [] } : {}),
    ...(touches("env", UNFINISHED_LINES) ? { env: envInputOf(form.env) } : {}),
    ...(touches("retry") ? { retry: form.retry } : {}),
    ...(touches("limits") ? { limits: form.limits } : {}),
  };
}

/**
 * Messages of the control plane by the names that the form has: what an input's schema refuses is named with the input's
 * own path, such as `changes.title`.
 */
export function fieldMessages(fields: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, message]) => [name.replace(/^(?:routine|changes)\./, ""), message]),
  );
}

/** A new routine, or the copy of one: all but its status. */
export function startingForm(from: RoutineRecord | null): RoutineForm {
  if (from === null) return formOf(BLANK_DRAFT);
  return formOf({ ...from, title: `${from.title.slice(0, 190)} (copy)` });
}
