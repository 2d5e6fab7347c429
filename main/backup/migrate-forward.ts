import pg from "pg";
import { CONNECTING_MS, type ConnectionOptions } from "../database/database.ts";
import type { MigrationFile } from "../database/migration-files.ts";
import { migrate } from "../database/migrator.ts";

/** Brings a database that came from a backup to the schema of this app. It needs no backup before: it is one. */
export async function migrateForward(connection: ConnectionOptions, files: readonly MigrationFile[]): Promise<void> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: CONNECTING_MS });
  client.on("error", () => undefined);
  await client.connect();
  await migrate(client, files, async () => undefined).finally(() => client.end());
}
