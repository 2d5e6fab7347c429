import { expect, test } from "vitest";
import { areasText, countAreas } from "../../../../preload/rules/backup-areas.ts";

test("a backup is told by what people look for, not by its tables", () => {
  const tables = [
    { name: "companies", rows: 1 },
    { name: "routines", rows: 12 },
    { name: "routine_revisions", rows: 900 },
    { name: "routine_runs", rows: 3_040 },
    { name: "company_secrets", rows: 1 },
  ];
  const counts = countAreas(tables);
  expect(counts).toEqual({ companies: 1, agents: 0, routines: 12, runs: 3_040, secrets: 1 });
  expect(areasText(counts)).toBe("1 company, 12 routines, 3,040 runs, 1 secret");
  expect(areasText(countAreas([]))).toBe("nothing yet");
});
