import pg from "pg";
import type { Queryable } from "../database/migrator.ts";
import type { Header, Migrations, Sequences, TableHead } from "./format.ts";
import { inForeignKeyOrder, type Reference } from "./table-order.ts";

// What there is to back up, as the database itself tells it: before a migration its tables are older than this app.

/** A table with its size on disk. */
export interface TableFound extends TableHead {
  readonly diskBytes: number;
}

/** What belongs to this app: everything that the owner of its journal owns, in any schema, and no extension brought. */
export const OURS = `
  n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%'
  and c.relpersistence <> 't'
  and c.relowner = (select relowner from pg_class where oid = 'public.paperclip_migrations'::regclass)
  and not exists (
    select 1 from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
  )`;

/** Our tables in foreign-key order. Columns that are computed from others are left out. */
export async function readTables(client: Queryable): Promise<TableFound[]> {
  const { rows } = await client.query<TableFound & { oid: string }>(`
    select c.oid::text as oid, n.nspname::text as schema, c.relname::text as name,
      pg_table_size(c.oid)::float8 as "diskBytes",
      array(
        select a.attname::text from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        order by a.attnum
      ) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and ${OURS}`);
  const { rows: references } = await client.query<Reference>(
    `select conrelid::text as from, confrelid::text as to
     from (select conrelid::oid, confrelid::oid from pg_constraint where contype = 'f') as keys`,
  );
  const byOid = new Map(rows.map(({ oid, ...table }) => [oid, table]));
  // Names order what foreign keys leave open, so that two backups of one schema hold its tables alike.
  const keyOf = new Map(rows.map(({ oid, schema, name }) => [oid, `${schema}.${name}\0${oid}`]));
  const named = references.flatMap(({ from, to }) => {
    const [one, other] = [keyOf.get(from), keyOf.get(to)];
    return one === undefined || other === undefined ? [] : [{ from: one, to: other }];
  });
  return inForeignKeyOrder([...keyOf.values()], named).flatMap((key) => byOid.get(key.split("\0")[1] ?? "") ?? []);
}

/** Keeps tables from being changed in their form while they are read; who works with their rows goes on. */
export async function lockTables(client: Queryable, tables: readonly TableHead[]): Promise<void> {
  await client.query(`lock table ${tables.map(qualified).join(", ")} in access share mode`);
}

export async function readSequences(client: Queryable): Promise<Sequences> {
  const { rows } = await client.query<{ schema: string; name: string }>(`
    select n.nspname::text as schema, c.relname::text as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'S' and ${OURS} order by 1, 2`);
  const found: Sequences = [];
  for (const sequence of rows) {
    const { rows: values } = await client.query<{ lastValue: string; isCalled: boolean }>(
      `select last_value::text as "lastValue", is_called as "isCalled" from ${qualified(sequence)}`,
    );
    for (const value of values) found.push({ ...sequence, ...value });
  }
  return found;
}

/** The journal of migrations, in order. */
export async function readJournal(client: Queryable): Promise<Migrations> {
  const { rows } = await client.query<{ number: number; name: string; sha256: string; applied_at: Date }>(
    "select number, name, sha256, applied_at from public.paperclip_migrations order by number",
  );
  return rows.map(({ number, name, sha256, applied_at }) => ({
    number,
    name,
    sha256,
    appliedAt: applied_at.toISOString(),
  }));
}

/** Ids of master keys and names of companies, as far as the schema has them. */
export async function readContents(
  client: Queryable,
): Promise<Pick<Header, "keys"> & Pick<Header["instance"], "companies">> {
  const companies = await rowsOf<Header["instance"]["companies"][number]>(
    client,
    "public.companies",
    `select name, issue_prefix as "issuePrefix" from public.companies order by name limit 1000`,
  );
  const masters = await rowsOf<{ id: string }>(
    client,
    "public.vault_keys",
    "select key_id as id from public.vault_keys where purpose = 'master' and state = 'active'",
  );
  const material = await rowsOf<{ id: string }>(
    client,
    "public.company_secret_versions",
    `select distinct key_id as id from public.company_secret_versions
     where material is not null and key_id is not null order by 1`,
  );
  const master = masters[0]?.id ?? material[0]?.id ?? null;
  const needed = new Set([...(master === null ? [] : [master]), ...material.map(({ id }) => id)]);
  return { companies, keys: { master, needed: [...needed] } };
}

async function rowsOf<Row extends pg.QueryResultRow>(
  client: Queryable,
  table: string,
  statement: string,
): Promise<Row[]> {
  const { rows } = await client.query<{ there: boolean }>("select to_regclass($1) is not null as there", [table]);
  return rows[0]?.there ? (await client.query<Row>(statement)).rows : [];
}

export async function readServerVersion(client: Queryable): Promise<string> {
  const { rows } = await client.query<{ version: string }>("select current_setting('server_version') as version");
  return rows[0]?.version ?? "";
}

/** A table or sequence as SQL names it. */
export function qualified({ schema, name }: Pick<TableHead, "schema" | "name">): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
}

/** A table with its columns, as COPY names it. */
export function withColumns(table: TableHead): string {
  const columns = table.columns.map((column) => pg.escapeIdentifier(column)).join(", ");
  return columns === "" ? qualified(table) : `${qualified(table)} (${columns})`;
}
