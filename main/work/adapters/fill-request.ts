import type { RequestPlan } from "./adapter.ts";
import type { RequestProblem } from "./connection-problem.ts";
import { type Facts, fillTemplate, variablesIn, writingOf } from "./request-template.ts";

/** What is sent. Holds values of secrets: it goes into the request and nowhere else. */
export interface FilledRequest {
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

export type FillAnswer =
  | { readonly ok: true; readonly request: FilledRequest }
  | { readonly ok: false; readonly problem: RequestProblem };

/** What no header can carry: line ends, which would begin another header, and all but printable ASCII. */
const NO_HEADER_TEXT = /[^\t\x20-\x7e]/;

/** Why a text cannot be the value of a header, or null. */
export function whyNoHeaderText(text: string): string | null {
  if (/[\r\n]/.test(text)) return "must not hold a line end";
  return NO_HEADER_TEXT.test(text) ? "must hold printable ASCII characters only" : null;
}

/**
 * The headers and the body of one run. Refused where a variable is not there, because nothing is ever sent empty in its place,
 * and where the value of one cannot stand in a header. No message repeats a value.
 */
export function fillRequest(plan: RequestPlan, env: Readonly<Record<string, string>>, facts: Facts): FillAnswer {
  const missing = missingVariables(plan, Object.keys(env));
  if (missing.length > 0) return { ok: false, problem: missingProblem(missing) };
  for (const [name, template] of plan.headers) {
    const unfit = variablesIn([template]).find((key) => whyNoHeaderText(env[key] ?? "") !== null);
    if (unfit !== undefined) {
      return {
        ok: false,
        problem: {
          code: "header_invalid",
          message:
            `The request was not sent: the value of ${unfit} cannot stand in the header ${name}, because it holds a line ` +
            "end or a character that is not printable ASCII.",
          next: `Give ${unfit} a value without it. Often it is a line end after the value.`,
        },
      };
    }
  }
  const fill = (template: string, writing: "json" | "form" | "text") =>
    fillTemplate(template, writing, (placeholder) =>
      placeholder.kind === "env" ? (env[placeholder.key] ?? "") : facts[placeholder.name],
    );
  return {
    ok: true,
    request: {
      headers: plan.headers.map(([name, template]) => [name, fill(template, "text")]),
      body: fill(plan.body, writingOf(contentTypeOf(plan.headers))),
    },
  };
}

/** The variables of a plan that an environment does not have. */
export function missingVariables(plan: RequestPlan, names: readonly string[]): string[] {
  const known = new Set(names);
  return variablesIn([...plan.headers.map(([, template]) => template), plan.body]).filter((key) => !known.has(key));
}

/** Why a request is not sent that lacks these variables. */
export function missingProblem(keys: readonly string[]): RequestProblem {
  const [first = ""] = keys;
  const are = keys.length === 1 ? "is" : "are";
  return {
    code: "env_missing",
    message: `The request was not sent: ${keys.join(", ")} ${are} not in the environment of the run.`,
    next: `Set ${first} in the env of the agent, the project or the routine, or take {{env.${first}}} out of the agent's configuration.`,
  };
}

export function contentTypeOf(headers: RequestPlan["headers"]): string {
  return headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
}
