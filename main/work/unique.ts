import { Refusal } from "../contract/refusal.ts";

/** SQLSTATE of a unique violation. */
const UNIQUE_VIOLATION = "23505";

/** The unique index that a statement ran into, or null where the error is another. drizzle wraps the driver's error. */
export function violatedIndex(error: unknown): string | null {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    if (!("code" in cause) || cause.code !== UNIQUE_VIOLATION) continue;
    return "constraint" in cause && typeof cause.constraint === "string" ? cause.constraint : null;
  }
  return null;
}

/** Does the work, and refuses with `name_taken` where it ran into the name of another record of the company. */
export async function refusingTakenName<Result>(
  what: "agent" | "project",
  name: string | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (violatedIndex(error) !== `${what}s_name_uq`) throw error;
    throw new Refusal(
      "name_taken",
      `The ${what} was not saved: another one of the company is named ${JSON.stringify(name)}.`,
      {
        fields: { name: "is taken" },
        next: "Choose another name.",
      },
    );
  }
}
