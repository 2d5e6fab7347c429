import { sql } from "drizzle-orm";
import type { Change } from "../../preload/contract/system.ts";
import type { Executor } from "./database.ts";

/** The channel of NOTIFY on which changes are announced. */
export const CHANGE_CHANNEL = "paperclip_changes";

/**
 * Announces a change. Joined to a transaction it is delivered at its commit, and not at all when it rolls back. The
 * payload holds ids only.
 */
export async function announce(executor: Executor, change: Change): Promise<void> {
  await executor.execute(sql`select pg_notify(${CHANGE_CHANNEL}, ${JSON.stringify(change)})`);
}

/** SQL that announces a change when its statement is committed; takes SQL for the ids. */
export const announceSql = (topic: Change["topic"], companyId: string, id: string): string =>
  `pg_notify('${CHANGE_CHANNEL}', json_build_object('topic', '${topic}', 'companyId', ${companyId}, 'id', ${id})::text)`;

/** Hears of changes until the answer is called. Every listener gets every change of every process on the database. */
export interface ChangeFeed {
  subscribe(listener: (change: Change) => void): () => void;
}
