import { isDeepStrictEqual } from "node:util";
import type { Queryable } from "../database/migrator.ts";
import type { TableHead } from "./format.ts";

/** An index that no constraint needs, as the database itself tells it. */
export interface Index {
  /** As SQL names it, with its schema. */
  readonly name: string;
  readonly definition: string;
  readonly comment: string | null;
}

/**
 * Drops the indexes of tables that are about to be filled, and answers with them, those that take longest first: made in one
 * go they take a fraction of the time of row by row. Those of constraints stay, and so do those that a foreign key refers to.
 */
export async function dropIndexes(client: Queryable, tables: readonly TableHead[]): Promise<readonly Index[]> {
  const indexes = await readIndexes(client, tables);
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  return indexes;
}

/** Makes one again that was dropped. */
export async function makeIndex(client: Queryable, { name, definition, comment }: Index): Promise<void> {
  await client.query(definition);
  if (comment !== null) await setComment(client, name, comment);
}

/** Throws where tables have other indexes than those that were dropped and made again. */
export async function compareIndexes(
  client: Queryable,
  tables: readonly TableHead[],
  dropped: readonly Index[],
): Promise<void> {
  if (isDeepStrictEqual(await readIndexes(client, tables), dropped)) return;
  throw new Error("the indexes are not what they were before the rows");
}

/** What an index is besides its definition (clustered, a replica identity) keeps it from being dropped. */
async function readIndexes(client: Queryable, tables: readonly TableHead[]): Promise<Index[]> {
  const { rows } = await client.query<Index>(
    `select format('%I.%I', n.nspname, c.relname) as name,
       pg_get_indexdef(c.oid) as definition, obj_description(c.oid, 'pg_class') as comment
     from pg_index i
     join pg_class c on c.oid = i.indexrelid
     join pg_class t on t.oid = i.indrelid
     join pg_namespace n on n.oid = t.relnamespace
     join json_to_recordset($1) as ours (schema text, name text) on ours.schema = n.nspname and ours.name = t.relname
     where not i.indisclustered and not i.indisreplident and i.indisvalid
       and not exists (select 1 from pg_constraint where conindid = c.oid)
     order by c.relam = (select oid from pg_am where amname = 'btree'), 1`,
    [JSON.stringify(tables)],
  );
  return rows;
}

/** It takes no parameters: the server writes the text as it has to stand in it. */
async function setComment(client: Queryable, name: string, comment: string): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(
    "select format('comment on index %s is %L', $1::text, $2::text) as statement",
    [name, comment],
  );
  await client.query(rows[0]?.statement ?? "");
}
