import { expect, test } from "vitest";
import { leftTablesText } from "../../../../preload/rules/left-tables.ts";

test("tables that a restore leaves in the file are named with their rows", () => {
  expect(leftTablesText([])).toBeNull();
  expect(leftTablesText([{ name: "notes", rows: 1 }])).toBe(
    "notes (1 row): no migration of this app makes it; its rows stay in the file",
  );
  const two = [
    { name: "notes", rows: 3_000 },
    { name: "crm.people", rows: 0 },
  ];
  expect(leftTablesText(two)).toBe(
    "notes (3,000 rows), crm.people (0 rows): no migration of this app makes them; their rows stay in the file",
  );
  const many = Array.from({ length: 25 }, (_, index) => ({ name: `t${index}`, rows: 1 }));
  expect(leftTablesText(many)).toContain("t19 (1 row) and 5 more");
});
