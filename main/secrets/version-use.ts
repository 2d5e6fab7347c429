import { sql } from "drizzle-orm";
import type { VersionUse } from "../../preload/contract/secrets.ts";
import type { Executor } from "../database/database.ts";
import { findSecret } from "./lookup.ts";

/** Accesses that are looked through: the newest ones by their index, so that a million older ones cost nothing. */
const NEWEST = 10_000;

/** Which versions of a secret its newest accesses gave to runs. One statement; of a deleted secret too. */
export async function versionUse(executor: Executor, companyId: string, reference: string): Promise<VersionUse> {
  const secret = await findSecret(executor, companyId, reference);
  const { rows } = await executor.execute<{ accesses: number; versions: VersionUse["versions"] }>(sql`
    with newest as materialized (
      select version, routine_run_id, outcome, created_at, row_number() over (order by sequence desc) as place
      from secret_access_events
      where secret_id = ${secret.id} and company_id = ${companyId} order by sequence desc limit ${NEWEST + 1}
    ), counted as (
      select version, count(distinct routine_run_id)::int as runs, max(created_at) as last
      from newest where place <= ${NEWEST} and outcome = 'success' and version is not null group by version
    )
    select (select count(*)::int from newest) as accesses,
      (select coalesce(jsonb_agg(jsonb_build_object('version', version, 'runs', runs, 'lastUsedAt',
                to_char(last at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by version desc), '[]')
       from counted) as versions`);
  const [row] = rows;
  if (!row) throw new Error("the database gave no answer for the use of versions");
  return {
    versions: row.versions,
    accesses: Math.min(row.accesses, NEWEST),
    more: row.accesses > NEWEST,
  };
}
