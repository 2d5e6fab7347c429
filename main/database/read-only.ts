import type pg from "pg";
import { systemCode } from "../contract/refusal.ts";

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

/** Whether a connection was made where only reading is allowed. It keeps that setting until it is closed. */
export async function isReadOnlyConnection(client: Pick<pg.ClientBase, "query">): Promise<boolean> {
  const { rows } = await client.query<{ setting: string }>(
    "select current_setting('transaction_read_only') as setting",
  );
  return rows[0]?.setting === "on";
}

/** Why a database that answers takes no changes, as a sentence, or null where it takes them. */
export async function whyReadOnly(pool: pg.Pool): Promise<string | null> {
  const { rows } = await pool.query<{ standby: boolean; setting: string }>(
    "select pg_is_in_recovery() as standby, current_setting('transaction_read_only') as setting",
  );
  if (rows[0]?.standby) return "The database can only be read: its server is a standby.";
  return rows[0]?.setting === "on" ? "The database can only be read: default_transaction_read_only is on." : null;
}
