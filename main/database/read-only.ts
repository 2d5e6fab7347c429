import type pg from "pg";
import { systemCode } from "../contract/refusal.ts";
import type { Queryable } from "./migrator.ts";

/** SQLSTATE of a change where only reading is allowed. */
const READ_ONLY = "25006";

/** What helps where a database can only be read. */
export const LET_IT_BE_CHANGED =
  "Connect to the primary server where this one is a standby; else let an administrator turn default_transaction_read_only off for the database and the role.";

/** Whether a statement failed because only reading is allowed. Looks through the causes that are wrapped around. */
export function isReadOnlyFailure(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (systemCode(cause) === READ_ONLY) return true;
  }
  return false;
}

/**
 * Why a database that answers takes no changes, as a sentence, or null where it takes them. A connection keeps the setting
 * that it was made with, so one that can only read is not used again: the next one has what holds by then.
 */
export async function whyReadOnly(pool: pg.Pool): Promise<string | null> {
  const client = await pool.connect();
  try {
    const why = await reasonOf(client);
    client.release(why !== null);
    return why;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function reasonOf(client: Queryable): Promise<string | null> {
  const { rows } = await client.query<{ standby: boolean; setting: string }>(
    "select pg_is_in_recovery() as standby, current_setting('transaction_read_only') as setting",
  );
  if (rows[0]?.standby) return "The database can only be read: its server is a standby.";
  return rows[0]?.setting === "on" ? "The database can only be read: default_transaction_read_only is on." : null;
}
