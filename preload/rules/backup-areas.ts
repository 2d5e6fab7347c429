/** What people look for in a backup, with the table whose rows it is. */
const AREAS = [
  { area: "companies", table: "companies", one: "company" },
  { area: "agents", table: "agents", one: "agent" },
  { area: "routines", table: "routines", one: "routine" },
  { area: "runs", table: "routine_runs", one: "run" },
  { area: "secrets", table: "company_secrets", one: "secret" },
] as const;

export type BackupArea = (typeof AREAS)[number]["area"];

/** How many there are of each, by the rows of its tables; 0 of what its schema did not have yet. */
export function countAreas(
  tables: readonly { readonly name: string; readonly rows: number }[],
): Record<BackupArea, number> {
  const rows = new Map(tables.map((table) => [table.name, table.rows]));
  const [companies = 0, agents = 0, routines = 0, runs = 0, secrets = 0] = AREAS.map(({ table }) => rows.get(table));
  return { companies, agents, routines, runs, secrets };
}

/** Such as `1 company, 12 routines, 3,040 runs`; what there is none of is left out. */
export function areasText(counts: Readonly<Record<BackupArea, number>>): string {
  const parts = AREAS.flatMap(({ area, one }) => {
    const count = counts[area];
    if (count === 0) return [];
    return [`${count.toLocaleString("en")} ${count === 1 ? one : area}`];
  });
  return parts.length === 0 ? "nothing yet" : parts.join(", ");
}
