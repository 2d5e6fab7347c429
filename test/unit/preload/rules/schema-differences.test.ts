import { expect, test } from "vitest";
import { schemaDifferencesText } from "../../../../preload/rules/schema-differences.ts";

test("what a schema differed in is named, and nothing is said where it did not", () => {
  expect(schemaDifferencesText(null)).toBeNull();
  expect(schemaDifferencesText([])).toBeNull();
  const text = schemaDifferencesText([
    { kind: "index", table: "routine_runs", name: "routine_runs_status_ix", was: "missing" },
    { kind: "columns", table: "agents", name: "agents", was: "other" },
    { kind: "function", table: null, name: "mine(a integer)", was: "added" },
  ]);
  expect(text).toBe(
    "in the database that was backed up, the index routine_runs_status_ix of routine_runs was missing; the definition of the columns of agents was another one; the function mine(a integer) was added by another hand, and is not made again. What comes back is as the app's migrations make it",
  );
  const many = Array.from({ length: 23 }, (_, at) => ({
    kind: "view" as const,
    table: null,
    name: `v${at}`,
    was: "added" as const,
  }));
  expect(schemaDifferencesText(many)).toContain("; and 3 more. ");
  expect(schemaDifferencesText(many.slice(0, 2), 1_000)).toContain("; and 998 more. ");
});
