import type { Variable, VariableValues } from "../../../preload/contract/routines.ts";
import type { RunRecord } from "../../../preload/contract/runs.ts";

/** The values of a run that a new run of its routine can take as well: those whose variables the routine still has. */
export function repeatedValues(run: Pick<RunRecord, "variables">, variables: readonly Variable[]): VariableValues {
  return Object.fromEntries(
    variables.flatMap(({ name }): [string, string | number | boolean][] => {
      const value = Object.hasOwn(run.variables, name) ? run.variables[name] : undefined;
      return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
        ? [[name, value]]
        : [];
    }),
  );
}
