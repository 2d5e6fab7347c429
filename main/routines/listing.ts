import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { RoutineRecord, RoutineSort } from "../../preload/contract/routines.ts";
import { cursorId, cursorInstant, cursorText, readCursor, writeCursor } from "../database/cursor.ts";
import type { Executor } from "../database/database.ts";
import { routines } from "../database/schema/routines.ts";
import { lastRunOf, routineRecords } from "./records.ts";

export interface RoutineFilter {
  readonly companyId: string;
  readonly status?: RoutineRecord["status"] | undefined;
  readonly projectId?: string | undefined;
  /** A part of the title, whatever the case. */
  readonly text?: string | undefined;
  readonly sort?: RoutineSort | undefined;
  /** Rows of a page; left out, all. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/**
 * The routines of a company, by title unless told otherwise. A page goes on after the value and the id of the last row of
 * the one before, so that rows that come, go or are equal neither hide nor repeat others. Refuses with `invalid_input` a
 * cursor of another list or order.
 */
export async function listRoutines(
  executor: Executor,
  filter: RoutineFilter,
): Promise<{ routines: RoutineRecord[]; nextCursor: string | null }> {
  const { companyId, status, projectId, text, limit, cursor } = filter;
  const order = orderOf(executor, filter.sort ?? "title");
  const conditions = [
    sql`routines.company_id = ${companyId}::uuid`,
    ...(status === undefined ? [] : [sql`routines.status = ${status}`]),
    ...(projectId === undefined ? [] : [sql`routines.project_id = ${projectId}::uuid`]),
    ...(text ? [sql`strpos(lower(routines.title), lower(${text}::text)) > 0`] : []),
    ...(cursor === undefined ? [] : [order.after(cursor)]),
  ];
  // The rows of the page are chosen first, so that names and last runs are looked up for them alone.
  const { rows } = await executor.execute<{ id: string; value: string | null }>(sql`
    select routines.id, ${order.value} as value from routines ${order.join}
    where ${sql.join(conditions, sql` and `)}
    order by ${order.by} limit ${limit === undefined ? null : limit + 1}`);
  const page = limit === undefined ? rows : rows.slice(0, limit);
  const last = page.at(-1);
  return {
    routines: await routineRecords(
      executor,
      companyId,
      page.map(({ id }) => id),
    ),
    nextCursor: last && rows.length > page.length ? writeCursor([order.name, last.value, last.id]) : null,
  };
}

interface Order {
  /** What its cursors begin with. */
  readonly name: string;
  /** The value that a cursor holds, as text. */
  readonly value: SQL;
  readonly join: SQL;
  readonly by: SQL;
  /** The rows that come after the one of a cursor. */
  after(cursor: string): SQL;
}

function orderOf(executor: Executor, sort: RoutineSort): Order {
  switch (sort) {
    case "title":
      return byTitle();
    case "updated":
      return byInstant(sort, sql`${routines.updatedAt}`);
    case "created":
      return byInstant(sort, sql`${routines.createdAt}`);
    case "last_run": {
      const last = lastRunOf(executor);
      return byInstant(sort, sql`${last.at}`, sql`left join lateral ${last} on true`);
    }
  }
}

function byTitle(): Order {
  const place = z.tuple([z.literal("title"), cursorText, cursorId]);
  return {
    name: "title",
    value: sql`lower(routines.title)`,
    join: sql``,
    by: sql`lower(routines.title), routines.id`,
    after: (cursor) => {
      const [, title, id] = readCursor(cursor, place);
      return sql`(lower(routines.title), routines.id) > (${title}::text, ${id}::uuid)`;
    },
  };
}

/** The latest first, and at the end those that have no such instant. */
function byInstant(name: string, column: SQL, join = sql``): Order {
  const place = z.tuple([z.literal(name), cursorInstant.nullable(), cursorId]);
  return {
    name,
    value: sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
    join,
    by: sql`${column} desc nulls last, routines.id desc`,
    after: (cursor) => {
      const [, at, id] = readCursor(cursor, place);
      if (at === null) return sql`(${column} is null and routines.id < ${id}::uuid)`;
      return sql`((${column}, routines.id) < (${at}::timestamptz, ${id}::uuid) or ${column} is null)`;
    },
  };
}
