import type { Queryable } from "./migrator.ts";

/**
 * Why a database that answers takes no changes, as a sentence, or null where it takes them. Asked of one connection: a
 * setting of the database or the role holds for those that are made after it.
 */
export async function whyReadOnly(client: Queryable): Promise<string | null> {
  const { rows } = await client.query<{ standby: boolean; readOnly: boolean }>(`
    select pg_is_in_recovery() as standby, current_setting('transaction_read_only')::boolean as "readOnly"`);
  const [found] = rows;
  if (found?.standby) return "The database can only be read: its server is a standby.";
  return found?.readOnly ? "The database can only be read: default_transaction_read_only is on." : null;
}
