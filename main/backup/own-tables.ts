import type { MigrationFile } from "../database/migration-files.ts";
import { tableName, type Header, type TableHead, type TableSum } from "./format.ts";

/** Made by whoever applies migrations, before the first of them. */
const JOURNAL = "paperclip_migrations";

/** Names of the tables in the schema public that migrations of this app make, by their SQL: nothing is asked of a database. */
export function ownTables(files: readonly Pick<MigrationFile, "sql">[]): ReadonlySet<string> {
  const made = files.flatMap(({ sql }) => [...sql.matchAll(/^create table (?:if not exists )?([a-z0-9_]+) \(/gm)]);
  return new Set([JOURNAL, ...made.flatMap(([, name]) => name ?? [])]);
}

/**
 * Whether a table of a backup is one of another hand: an operator's own, which the migrations that were applied to it do not
 * make. It is in the file, and a restore has no place to put it.
 */
export function isForeign(
  { schema }: Pick<Header, "schema">,
  files: readonly MigrationFile[],
): (table: Pick<TableHead, "schema" | "name">) => boolean {
  const own = ownTables(files.slice(0, schema.migrations.length));
  return (table) => table.schema !== "public" || !own.has(table.name);
}

/** A table that a restore leaves in the file, as it is shown. */
export interface LeftTable {
  readonly name: string;
  readonly rows: number;
}

/** The tables of a backup that a restore leaves in the file. None of a schema that this app does not know: it is refused. */
export function leftInFile(
  { header, tables }: { readonly header: Pick<Header, "schema">; readonly tables: readonly TableSum[] },
  files: readonly MigrationFile[],
): LeftTable[] {
  if (header.schema.migrations.length > files.length) return [];
  return tables.filter(isForeign(header, files)).map((table) => ({ name: tableName(table), rows: table.rows }));
}
