import { withScratchServer, type ScratchOptions } from "../database/embedded/scratch.ts";
import type { MigrationFile } from "../database/migration-files.ts";
import { loadBackup, type LoadedBackup } from "./load.ts";
import { migrateForward } from "./migrate-forward.ts";

export interface ProveOptions extends ScratchOptions {
  readonly file: string;
  readonly migrations: readonly MigrationFile[];
  readonly signal: AbortSignal;
  readonly onProgress?: (read: number, size: number) => void;
}

/**
 * Proves that a backup comes back: restores it into a PostgreSQL of its own, holds every table against the sums and
 * its schema against the one that was backed up, and migrates it to what this app uses. Nothing of it is left. Refuses as `loadBackup` does, and as a start of the database.
 */
export async function proveBackup(options: ProveOptions): Promise<LoadedBackup> {
  return withScratchServer(options, async (connection) => {
    const content = await loadBackup({ ...options, connection, disposable: true });
    await migrateForward(connection, options.migrations);
    return content;
  });
}
