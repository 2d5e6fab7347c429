import type { SchemaDifference } from "../../preload/contract/backups.ts";
import type { Queryable } from "../database/migrator.ts";
import { OURS } from "./catalog.ts";
import { tableName, type SchemaPart } from "./format.ts";

/**
 * What the schema is made of besides rows: the columns of each table, constraints, indexes, triggers, functions and views, each
 * with the SHA-256 of how the server writes it down. The texts depend on the search path, which has to be empty. That a column
 * takes no NULL counts as part of the column: only since version 18 is it a constraint too.
 */
export async function readSchemaForm(client: Queryable): Promise<SchemaPart[]> {
  const { rows } = await client.query<SchemaPart & { schema: string }>(`
    with ours as (
      select c.oid, n.nspname::text as schema, c.relname::text as name, c.relkind
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'v') and ${OURS}
    ),
    owner as (select relowner as id from pg_class where oid = 'public.paperclip_migrations'::regclass),
    parts as (
      select 'columns' as kind, t.schema, t.name as "table", t.name, string_agg(
        format('%s %s %s %s %s', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated,
          pg_get_expr(d.adbin, d.adrelid)), E'\\n' order by a.attname) as definition
      from ours t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where t.relkind = 'r' group by t.schema, t.name
      union all
      select 'constraint', t.schema, t.name, c.conname::text, pg_get_constraintdef(c.oid)
      from ours t join pg_constraint c on c.conrelid = t.oid where c.contype <> 'n'
      union all
      select 'index', t.schema, t.name, c.relname::text, format('%s %s', pg_get_indexdef(c.oid), i.indisvalid)
      from ours t join pg_index i on i.indrelid = t.oid join pg_class c on c.oid = i.indexrelid
      where not exists (select 1 from pg_constraint where conindid = c.oid)
      union all
      select 'trigger', t.schema, t.name, g.tgname::text, format('%s %s', pg_get_triggerdef(g.oid), g.tgenabled)
      from ours t join pg_trigger g on g.tgrelid = t.oid where not g.tgisinternal
      union all
      select 'view', v.schema, null, v.name, pg_get_viewdef(v.oid) from ours v where v.relkind = 'v'
      union all
      select 'function', n.nspname, null, format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)),
        pg_get_functiondef(p.oid)
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where p.prokind in ('f', 'p') and p.proowner = (select id from owner)
        and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%'
        and not exists (
          select 1 from pg_depend where classid = 'pg_proc'::regclass and objid = p.oid and deptype = 'e'
        )
    )
    select kind, schema, "table", name, encode(sha256(convert_to(definition, 'UTF8')), 'hex') as sha256
    from parts
    -- What somebody has dropped since the snapshot was taken is written down as nothing.
    where definition is not null
    order by schema collate "C", kind collate "C", "table" collate "C", name collate "C"`);
  return rows.map(({ schema, table, ...part }) => ({
    kind: part.kind,
    table: table === null ? null : tableName({ schema, name: table }),
    name: tableName({ schema, name: part.name }),
    sha256: part.sha256,
  }));
}

export interface FormComparison {
  /** Of the database that was backed up. */
  readonly before: readonly SchemaPart[];
  /** Of the one that was made from it. */
  readonly after: readonly SchemaPart[];
  /** Whether servers of one major version wrote both down: another one may write the same thing otherwise. */
  readonly sameServer: boolean;
}

/** How a database that was backed up differed from what its migrations make, by the two forms of it. */
export function compareForms({ before, after, sameServer }: FormComparison): SchemaDifference[] {
  const keyOf = ({ kind, table, name }: SchemaPart) => JSON.stringify([kind, table, name]);
  const had = new Map(before.map((part) => [keyOf(part), part]));
  const has = new Set(after.map(keyOf));
  const told = ({ kind, table, name }: SchemaPart, was: SchemaDifference["was"]) => ({ kind, table, name, was });
  return [
    ...after.flatMap((part) => {
      const found = had.get(keyOf(part));
      if (found === undefined) return [told(part, "missing")];
      return sameServer && found.sha256 !== part.sha256 ? [told(part, "other")] : [];
    }),
    ...before.filter((part) => !has.has(keyOf(part))).map((part) => told(part, "added")),
  ];
}
