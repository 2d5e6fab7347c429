import pg from "pg";
import { CONNECTING_MS, type ConnectionOptions } from "../database/database.ts";
import { unavailable } from "../database/unavailable.ts";

/** Tables in which the app notes that it is awake. What changes there alone is no reason for a backup. */
const SIGNS_OF_LIFE = ["owners", "scheduler_coverage"];

/**
 * A text that is another one after any row was written: what PostgreSQL counts of rows written to each table. It is taken
 * before a snapshot, so that what is written meanwhile counts as later. A restart of the server makes another one too:
 * where in doubt, something has changed. Refuses with `database_unavailable`.
 */
export async function changeMark(connection: ConnectionOptions): Promise<string> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: CONNECTING_MS });
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw unavailable(error);
  }
  try {
    const { rows } = await client.query<{ mark: string }>(
      `select encode(sha256(convert_to(concat_ws(' ',
         (select oid from pg_database where datname = current_database()),
         (select stats_reset from pg_stat_database where datname = current_database()),
         pg_postmaster_start_time(),
         (select string_agg(concat_ws('/', relid, n_tup_ins, n_tup_upd, n_tup_del), ' ' order by relid)
          from pg_stat_user_tables where not (schemaname = 'public' and relname = any ($1)))
       ), 'UTF8')), 'hex') as mark`,
      [SIGNS_OF_LIFE],
    );
    return rows[0]?.mark ?? "";
  } finally {
    await client.end().catch(() => undefined);
  }
}
