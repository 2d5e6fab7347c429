/** As many are named; the rest is counted. */
const MOST_NAMED = 20;

/** What is said of tables that a restore leaves in the file, such as `notes (3 rows), crm.people (1 row)`; null for none. */
export function leftTablesText(tables: readonly { readonly name: string; readonly rows: number }[]): string | null {
  if (tables.length === 0) return null;
  const named = tables
    .slice(0, MOST_NAMED)
    .map(({ name, rows }) => `${name} (${rows.toLocaleString("en")} ${rows === 1 ? "row" : "rows"})`);
  const more = tables.length > MOST_NAMED ? ` and ${tables.length - MOST_NAMED} more` : "";
  const theirs = tables.length === 1 ? "its rows stay" : "their rows stay";
  return `${named.join(", ")}${more}: no migration of this app makes ${tables.length === 1 ? "it" : "them"}; ${theirs} in the file`;
}
