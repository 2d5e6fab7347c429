import type { Env } from "../../../preload/contract/environment.ts";
import type { RoutineRecord, Variable } from "../../../preload/contract/routines.ts";
import { ROUTINE_DEFAULTS } from "../../../preload/rules/routine-defaults.ts";
import { variablesInUse, withTypedDefault } from "./variables.ts";

/** Everything of a routine that a revision holds, as the screens edit it. Status is not part of it. */
export type RoutineDraft = Pick<
  RoutineRecord,
  | "title"
  | "instructions"
  | "agentId"
  | "projectId"
  | "priority"
  | "concurrencyPolicy"
  | "catchUpPolicy"
  | "variables"
  | "env"
  | "retry"
  | "limits"
>;

/** A routine of which nothing is known yet; as the control plane has it where only the title is given. */
export const BLANK_DRAFT: RoutineDraft = {
  ...ROUTINE_DEFAULTS,
  title: "",
  instructions: "",
  agentId: null,
  projectId: null,
  variables: [],
  env: {},
};

type Field = string | number | boolean | null | Variable | Env[string];

const PLAIN_FIELDS = [
  "title",
  "instructions",
  "agentId",
  "projectId",
  "priority",
  "concurrencyPolicy",
  "catchUpPolicy",
] as const satisfies readonly (keyof RoutineDraft)[];

/**
 * A draft as a flat list of what can be changed each by itself: `title`, `retry.maxAttempts`, `variables.what`,
 * `env.GH_TOKEN`. The order of variables and keys is not a change.
 */
export function fieldsOf(draft: RoutineDraft): Map<string, Field> {
  const { variables, env, retry, limits } = draft;
  return new Map<string, Field>([
    ...PLAIN_FIELDS.map((name) => [name, draft[name]] as const),
    ...Object.entries(retry).map(([name, value]) => [`retry.${name}`, value] as const),
    ...Object.entries(limits).map(([name, value]) => [`limits.${name}`, value] as const),
    ...variablesInUse(draft.title, draft.instructions, variables).map(
      (variable) => [`variables.${variable.name}`, withTypedDefault(variable)] as const,
    ),
    ...Object.entries(env).map(([key, binding]) => [`env.${key}`, binding] as const),
  ]);
}

/** Whether two fields hold the same, however their parts are ordered. An absent one is undefined. */
export function sameField(one: Field | undefined, other: Field | undefined): boolean {
  return one === other || (one !== undefined && other !== undefined && canonical(one) === canonical(other));
}

function canonical(value: Field): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const parts = Object.entries(value).filter(([, part]) => part !== undefined);
  return JSON.stringify(parts.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** The names of the fields in which two drafts differ, those of `from` first. */
export function changedFields(from: RoutineDraft, to: RoutineDraft): string[] {
  const before = fieldsOf(from);
  const after = fieldsOf(to);
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => !sameField(before.get(name), after.get(name)),
  );
}

const LABELS: Readonly<Record<string, string>> = {
  title: "Title",
  instructions: "Instructions",
  agentId: "Agent",
  projectId: "Project",
  priority: "Priority",
  concurrencyPolicy: "Concurrency",
  catchUpPolicy: "Missed slots",
  "retry.maxAttempts": "Attempts",
  "retry.backoffSeconds": "Wait between attempts",
  "retry.backoffFactor": "Growth of the wait",
  "retry.backoffCapSeconds": "Longest wait between attempts",
  "retry.jitter": "Spread of the wait",
  "retry.onInterruption": "Retry on interruption",
  "limits.timeoutSeconds": "Time limit",
  "limits.logLimitBytes": "Log limit",
};

/** What a field is called on the screen: `Title`, `Variable what`, `Env GH_TOKEN`. */
export function fieldLabel(name: string): string {
  if (name === "unfinished") return "Unfinished lines of the environment";
  if (name.startsWith("env.")) return `Env ${name.slice("env.".length)}`;
  if (name.startsWith("variables.")) return `Variable ${name.slice("variables.".length)}`;
  return LABELS[name] ?? name;
}
