import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { asRefusal, Refusal } from "../contract/refusal.ts";
import { CONNECTING_MS, type ConnectionOptions } from "../database/database.ts";
import { isReadOnlyConnection } from "../database/read-only.ts";
import { statementFailure } from "../database/statement-failure.ts";
import { unavailable } from "../database/unavailable.ts";
import { takeBackup, type TakenBackup, type TakeOptions } from "./take.ts";

/** Milliseconds between two looks whether another backup of the database is done. */
const WAIT_MS = 1_000;

export type PreMigrationOptions = Omit<TakeOptions, "reason">;

/**
 * Backs a database up before migrations change it, after waiting for a backup that somebody else is taking. Refuses, with
 * the code of what stood in the way, where there is none in the end: then the migrations must not run. Null where the
 * database can only be read, which no migration changes.
 */
export async function backUpBeforeMigrations(options: PreMigrationOptions): Promise<TakenBackup | null> {
  try {
    return (await canBeChanged(options.connection)) ? await takeWhenFree(options) : null;
  } catch (error) {
    const refusal = asRefusal(error) ?? statementFailure(error);
    throw refusal === null ? error : withoutBackup(refusal, error);
  }
}

async function takeWhenFree(options: PreMigrationOptions): Promise<TakenBackup> {
  const until = options.clock.monotonicMs() + options.deadlineMs;
  for (;;) {
    try {
      return await takeBackup({ ...options, reason: "pre-migration" });
    } catch (error) {
      if (asRefusal(error)?.code !== "backup_running" || options.clock.monotonicMs() >= until) throw error;
    }
    await delay(WAIT_MS, undefined, { signal: options.signal });
  }
}

async function canBeChanged(connection: ConnectionOptions): Promise<boolean> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: CONNECTING_MS });
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw unavailable(error);
  }
  return isReadOnlyConnection(client)
    .then((readOnly) => !readOnly)
    .finally(() => client.end());
}

function withoutBackup({ code, message, data }: Refusal, cause: unknown): Refusal {
  return new Refusal(
    code,
    `The migrations that this version needs were not applied, because the database could not be backed up before. ${message}`,
    { ...data, next: data.next ?? "Start again, or start the version of the app that ran before." },
    cause,
  );
}
