import path from "node:path";
import { connect, type ConnectionOptions, type Database, type Executor } from "../../database/database.ts";
import { withServerOn, type ScratchOptions } from "../../database/embedded/scratch.ts";
import type { MigrationFile } from "../../database/migration-files.ts";
import { writePrivateFile } from "../../instance/permissions.ts";
import { type Hold, holdBack } from "../../runs/hold.ts";
import type { KeyRing } from "../../secrets/key-ring.ts";
import { restoredHeads } from "../../secrets/restored-heads.ts";
import { loadBackup, type LoadedBackup } from "../load.ts";
import { migrateForward } from "../migrate-forward.ts";
import type { DatabaseContent } from "../read.ts";
import type { RestorePlaces } from "./places.ts";

export interface BuildOptions extends Omit<ScratchOptions, "directory"> {
  readonly places: RestorePlaces;
  readonly migrations: readonly MigrationFile[];
  readonly ring: KeyRing;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** What a database is once it is ready to be put in place. */
export interface Built {
  /** Whether it opens by the key in use here. */
  readonly opens: boolean;
}

/**
 * Makes a data directory from a backup, beside the one in use: loads it, holds every table against the sums, migrates it to
 * what this app uses, and holds back what would start by itself. Answers with the file that says how far its access events
 * are sealed too. Refuses as `loadBackup` does; what is in use is not touched.
 */
export async function buildFromBackup(
  options: BuildOptions & {
    readonly archive: string;
    readonly expected: DatabaseContent;
    readonly source: string;
    readonly onProgress?: (read: number, size: number) => void;
  },
): Promise<Built & { readonly content: LoadedBackup; readonly heads: string }> {
  const { places, migrations, source } = options;
  return withServerOn({ ...options, directory: places.work, data: places.building }, async (connection) => {
    const content = await loadBackup({ ...options, file: options.archive, connection, disposable: true });
    await migrateForward(connection, migrations);
    const stateOf = new Date(content.header.takenAt);
    const built = await settle(connection, { ...options, hold: { kind: "restore", source, stateOf } });
    return { content, ...built, heads: await noteHeads(connection, places) };
  });
}

/** Makes a kept database ready to come back: it opens, its schema is known here, and it holds back what would start. */
export async function prepareKept(
  options: BuildOptions & { readonly data: string; readonly source: string; readonly stateOf: Date },
): Promise<Built> {
  const { places, data, source, stateOf } = options;
  return withServerOn({ ...options, directory: places.work, data }, async (connection) => {
    await migrateForward(connection, options.migrations);
    return settle(connection, { ...options, hold: { kind: "undo", source, stateOf } });
  });
}

type Settling = Pick<BuildOptions, "ring" | "now"> & { readonly hold: Omit<Hold, "id" | "beganAt"> };

async function settle(connection: ConnectionOptions, settling: Settling): Promise<Built> {
  return withDatabase(connection, async (database) => {
    const { opens } = await database.orm.transaction((tx) => settleRestored(tx, settling));
    // Without it, the first statements on a large database would be planned as for an empty one.
    await database.pool.query("analyze");
    return { opens };
  });
}

async function noteHeads(connection: ConnectionOptions, places: RestorePlaces): Promise<string> {
  const file = path.join(places.work, "heads.json");
  await writePrivateFile(file, await withDatabase(connection, (database) => restoredHeads(database.pool)));
  return file;
}

/**
 * Holds back what would start by itself, and wraps its keys by the one in use here where that is possible. In a transaction
 * of the caller. Answers whether the database opens by the key in use, and the id of what holds it back.
 */
export async function settleRestored(
  tx: Executor,
  { ring, hold, now }: Settling,
): Promise<{ readonly opens: boolean; readonly holdId: string }> {
  const holdId = await holdBack(tx, hold, now);
  return { opens: await ring.adopt(tx, now), holdId };
}

async function withDatabase<Answer>(
  connection: ConnectionOptions,
  work: (database: Database) => Promise<Answer>,
): Promise<Answer> {
  const database = connect({ ...connection, max: 2 }, () => undefined);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}
