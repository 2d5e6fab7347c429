/** How a part of the schema of a database that was backed up differed from what comes back. */
interface Difference {
  readonly kind: string;
  /** Null for a function or a view. */
  readonly table: string | null;
  readonly name: string;
  readonly was: keyof typeof WAS;
}

/** As many are named; the rest is counted. */
const MOST_NAMED = 20;

/**
 * How the database that was backed up differed from what comes back, for people; null where it did not, or nobody looked.
 * `count` is how many there are, where the first alone are given.
 */
export function schemaDifferencesText(
  differences: readonly Difference[] | null,
  count: number = differences?.length ?? 0,
): string | null {
  if (differences === null || differences.length === 0) return null;
  const named = differences.slice(0, MOST_NAMED).map((one) => `${partText(one)} ${WAS[one.was]}`);
  const more = count > named.length ? `; and ${count - named.length} more` : "";
  return `in the database that was backed up, ${named.join("; ")}${more}. What comes back is as the app's migrations make it`;
}

const WAS = {
  missing: "was missing",
  other: "was another one",
  added: "was added by another hand, and is not made again",
} as const;

function partText({ kind, table, name }: Difference): string {
  if (kind === "columns") return `the definition of the columns of ${name}`;
  return table === null ? `the ${kind} ${name}` : `the ${kind} ${name} of ${table}`;
}
