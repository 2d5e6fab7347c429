import type pg from "pg";
import type { ChainHead } from "./audit-chain.ts";
import { type ChainRow, SEALED_COLUMNS } from "./audit-event.ts";

/** Milliseconds as a whole number: a text of the instant would depend on the settings of the session. */
const texts = SEALED_COLUMNS.map((name) =>
  name === "created_at" ? "round(extract(epoch from e.created_at) * 1000)::text" : `e.${name}::text`,
);

const EVENTS = `
select e.sequence, e.seal, ${texts.join(", ")}
from secret_access_events e
where e.company_id = $1 and (e.sequence, e.id) > ($2::bigint, $3::uuid) and ($4::bigint is null or e.sequence <= $4)
order by e.sequence, e.id
limit $5`;

type Text = string | null;

/** What statements run on: a pool, or the connection of a transaction. */
export type Queryable = Pick<pg.ClientBase, "query">;

/** Where the last page ended; before the first one, `START`. */
export interface Place {
  /** As text: a row that somebody added may have a number that JavaScript has not. */
  readonly sequence: string;
  readonly id: string;
}

const NO_ID = "00000000-0000-0000-0000-000000000000";
/** Below any number. */
export const START: Place = { sequence: "-9223372036854775808", id: NO_ID };

export function after(sequence: number): Place {
  return { sequence: String(sequence + 1), id: NO_ID };
}

/** The next events of a company by their numbers, `limit` at most, up to the number `until` (null: all there are). */
export async function readEvents(
  executor: Queryable,
  page: { readonly companyId: string; readonly from: Place; readonly until: number | null; readonly limit: number },
): Promise<{ rows: ChainRow[]; end: Place }> {
  const { companyId, from, until, limit } = page;
  const { rows } = await executor.query<[string, Text, ...Text[]]>({
    text: EVENTS,
    values: [companyId, from.sequence, from.id, until, limit],
    rowMode: "array",
  });
  const last = rows.at(-1);
  return {
    rows: rows.map(([sequence, seal, ...columns]) => ({ sequence: Number(sequence), seal, columns })),
    end: last === undefined ? from : { sequence: last[0], id: last[2] ?? NO_ID },
  };
}

/** The heads as the database has them, by company. */
export async function readHeads(executor: Queryable, companyId: string | null): Promise<Map<string, ChainHead>> {
  const { rows } = await executor.query<{
    company_id: string;
    last_sequence: string;
    sealed_sequence: string;
    sealed_head: Text;
  }>("select * from secret_access_heads where $1::uuid is null or company_id = $1 order by company_id", [companyId]);
  return new Map(
    rows.map((row) => [
      row.company_id,
      {
        lastSequence: Number(row.last_sequence),
        sealedSequence: Number(row.sealed_sequence),
        sealedHead: row.sealed_head,
      },
    ]),
  );
}

/**
 * Companies that have access events, whether or not they have a head or a row of their own. One look into the index for
 * each: a list of a million events is not read for it.
 */
export async function companiesWithEvents(executor: Queryable): Promise<string[]> {
  const { rows } = await executor.query<{ company_id: string }>(`
    with recursive found as (
      (select company_id from secret_access_events order by company_id limit 1)
      union all
      select (select e.company_id from secret_access_events e where e.company_id > f.company_id order by e.company_id limit 1)
      from found f where f.company_id is not null
    )
    select company_id from found where company_id is not null`);
  return rows.map((row) => row.company_id);
}
