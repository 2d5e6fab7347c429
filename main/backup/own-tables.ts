import { Refusal } from "../contract/refusal.ts";
import type { MigrationFile } from "../database/migration-files.ts";
import { OBJECTS, type Queryable } from "../database/migrator.ts";
import { tableName, type Header, type TableHead, type TableSum } from "./format.ts";

/** Made by whoever applies migrations, before the first of them. */
const JOURNAL = "paperclip_migrations";

/** Names of the tables in the schema public that migrations of this app make, by their SQL: nothing is asked of a database. */
export function ownTables(files: readonly Pick<MigrationFile, "sql">[]): ReadonlySet<string> {
  const made = files.flatMap(({ sql }) => [...sql.matchAll(/^create table (?:if not exists )?([a-z0-9_]+) \(/gm)]);
  return new Set([JOURNAL, ...made.flatMap(([, name]) => name ?? [])]);
}

const KINDS: Readonly<Record<string, string>> = {
  v: "view",
  m: "materialized view",
  S: "sequence",
  f: "foreign table",
};

/** What there is in a database of this app beside its tables, such as `view public.shown`, or null. */
export async function findForeign(client: Queryable, files: readonly MigrationFile[]): Promise<string | null> {
  const { rows } = await client.query<{ kind: string; schema: string; name: string }>(
    `select relkind::text as kind, nspname::text as schema, relname::text as name from (${OBJECTS}) as objects
     where not (relkind = 'r' and nspname = 'public' and relname = any($1)
       and relowner = (select relowner from pg_class where oid = 'public.paperclip_migrations'::regclass))
     order by 2, 3 limit 1`,
    [[...ownTables(files)]],
  );
  const [found] = rows;
  return found === undefined ? null : `${KINDS[found.kind] ?? "table"} ${found.schema}.${found.name}`;
}

/**
 * Refuses with `database_foreign` where a table of this app belongs to another role than its journal, as one does that was
 * made by hand under another name: a backup holds what the owner of the journal owns, and would lack it.
 */
export async function refuseOtherOwners(
  client: Queryable,
  files: readonly Pick<MigrationFile, "sql">[],
): Promise<void> {
  const { rows } = await client.query<{ name: string; owner: string; expected: string }>(
    `select c.relname::text as name, c.relowner::regrole::text as owner, journal.relowner::regrole::text as expected
     from pg_class c, pg_class journal
     where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname = any($1)
       and journal.oid = 'public.paperclip_migrations'::regclass and c.relowner <> journal.relowner
     order by 1 limit 1`,
    [[...ownTables(files)]],
  );
  const [odd] = rows;
  if (odd === undefined) return;
  throw new Refusal(
    "database_foreign",
    `The backup was not taken: the table ${odd.name} belongs to the role ${odd.owner}, and the other tables of this app to ${odd.expected}. It would be missing in it.`,
    { next: `Let the owner of the database run: alter table public.${odd.name} owner to ${odd.expected}` },
  );
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
