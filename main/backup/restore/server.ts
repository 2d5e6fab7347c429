import { rm, stat } from "node:fs/promises";
import path from "node:path";
import { drizzle } from "drizzle-orm/node-postgres";
import pg from "pg";
import { Refusal, systemCode } from "../../contract/refusal.ts";
import { CONNECTING_MS, type ConnectionOptions, type Executor } from "../../database/database.ts";
import type { MigrationFile } from "../../database/migration-files.ts";
import { exclusively, migrateWithin, type Queryable, readSchemaState } from "../../database/migrator.ts";
import { unavailable } from "../../database/unavailable.ts";
import type { InstancePaths } from "../../instance/paths.ts";
import { makePrivateDirectory, writePrivateFile } from "../../instance/permissions.ts";
import { newestHold } from "../../runs/hold.ts";
import { ownersElsewhere } from "../../runs/owners.ts";
import type { KeyRing } from "../../secrets/key-ring.ts";
import { restoredHeads } from "../../secrets/restored-heads.ts";
import { qualified, readTables } from "../catalog.ts";
import { type Header, tableName } from "../format.ts";
import { loadBackup, type LoadedBackup } from "../load.ts";
import { findForeign, ownTables } from "../own-tables.ts";
import type { DatabaseContent } from "../read.ts";
import { settleRestored } from "./build.ts";
import { entriesOf, type RestorePlaces } from "./places.ts";
import { KEPT_DAYS } from "./plan.ts";

/** SQLSTATE of a table that something else depends on. */
const DEPENDED_ON = "2BP01";
const DAY_MS = 86_400_000;

/** Tables that a mere opening of an empty database writes. */
const WRITTEN_BY_OPENING = new Set(["paperclip_migrations", "owners", "scheduler_coverage", "restore_holds"]);

/** The refusal of a restore into a server's database that holds anything, or null. */
export async function refuseFilled(client: Queryable, migrations: readonly MigrationFile[]): Promise<Refusal | null> {
  // The tables of today go, and those of the backup come: what is of another hand would go with them, or be in their way.
  const foreign = await findForeign(client, migrations);
  if (foreign !== null) return filled(`the ${foreign} is not this app's`);
  const own = ownTables(migrations);
  for (const table of await readTables(client)) {
    // Of the owner of ours, where this role is another one.
    if (table.schema !== "public" || !own.has(table.name))
      return filled(`the table ${tableName(table)} is not this app's`);
    if (WRITTEN_BY_OPENING.has(table.name)) continue;
    const { rows } = await client.query(`select 1 from ${qualified(table)} limit 1`);
    if (rows.length > 0) return filled(`there are rows in ${table.name}`);
  }
  return null;
}

function filled(why: string): Refusal {
  return new Refusal(
    "restore_not_empty",
    `Nothing was restored: the database of your server is not empty (${why}), and nothing there is ever replaced.`,
    { next: "Make an empty database on the server, set DATABASE_URL to it, and restore into that one." },
  );
}

/** The refusal of a restore into a database that another instance works on, which would have its tables taken away; or null. */
export async function refuseShared(executor: Executor, paths: InstancePaths, now: Date): Promise<Refusal | null> {
  const [other] = await ownersElsewhere(executor, paths, now);
  if (other === undefined) return null;
  return new Refusal(
    "restore_shared",
    `Nothing was restored: another instance works on this database: ${other}. What is restored would replace it under that one.`,
    {
      next: "Stop the other one (`paperclip-desktop stop` there) or point it at another database; a minute after it ended without a word it no longer counts. Then try again.",
    },
  );
}

export interface IntoServerOptions {
  readonly paths: InstancePaths;
  readonly archive: string;
  /** What was read in it. */
  readonly expected?: DatabaseContent;
  readonly source: string;
  readonly session: ConnectionOptions;
  readonly migrations: readonly MigrationFile[];
  readonly ring: KeyRing;
  readonly now: Date;
  readonly signal: AbortSignal;
  readonly onProgress: (read: number, size: number) => void;
  /** What else comes with the rows, to be laid aside before they count, under the id of what holds them back. */
  readonly beside?: (settled: { readonly opens: boolean; readonly holdId: string }) => Promise<void>;
}

/**
 * Fills the empty database of a server, which nobody uses meanwhile. Refuses as `loadBackup` does, and where somebody filled
 * it in the meantime. Where it refuses or is cut off, the database holds the schema at most. How far its events are sealed is
 * noted before the rows count, under the id of the hold that comes with them: `findServerHeads` takes no other note.
 */
export async function loadIntoServer(options: IntoServerOptions, places: RestorePlaces): Promise<LoadedBackup> {
  const { archive, session, migrations, ring, now, source } = options;
  // Nothing is built beside a server, so that nothing else has made it.
  await makePrivateDirectory(path.dirname(places.heads));
  await withClient(session, (client) => dropEmptySchema(client, options));
  const settle = async (client: pg.Client, { takenAt }: Header) => {
    await migrateWithin(client, migrations);
    const hold = { kind: "restore", source, stateOf: new Date(takenAt) } as const;
    const settled = await settleRestored(drizzle(client), { ring, hold, now });
    // Without it, the first statements on a large database would be planned as for an empty one.
    await client.query("analyze");
    await writePrivateFile(serverHeads(places, settled.holdId), await restoredHeads(client));
    await options.beside?.(settled);
  };
  // One transaction: whenever it is cut off, no row is there, or all of them are held back.
  return loadBackup({ ...options, file: archive, connection: session, disposable: false, settle });
}

/** The note of how far the events of a server's database are sealed that has the rows with this hold. */
function serverHeads({ heads }: RestorePlaces, holdId: string): string {
  return path.join(path.dirname(heads), `heads-${holdId}.json`);
}

const HEADS = /^heads-([0-9a-f-]{36})\.json$/;

/**
 * The note that belongs to the rows of the database of a server, which may be there no more or never was: until the vault is
 * open it waits, whatever else is opened meanwhile. To be called at each opening, before the heads are read. Notes of rows
 * that never came are removed after a week.
 */
export async function findServerHeads(places: RestorePlaces, executor: Executor, now: Date): Promise<string> {
  const names = await entriesOf(path.dirname(places.heads));
  const newest = await newestHold(executor);
  for (const id of names.flatMap((name) => HEADS.exec(name)?.[1] ?? [])) {
    const note = serverHeads(places, id);
    if (id !== newest && (await stat(note)).mtimeMs < now.getTime() - KEPT_DAYS * DAY_MS)
      await rm(note, { force: true });
  }
  return serverHeads(places, newest ?? "none");
}

/** An opening has made the tables of today; those of the backup may be older. They go only where all of them are empty. */
async function dropEmptySchema(
  client: pg.Client,
  { migrations, paths, now }: Pick<IntoServerOptions, "migrations" | "paths" | "now">,
): Promise<void> {
  if ((await readSchemaState(client, migrations)).kind === "empty") return;
  await exclusively(client, async () => {
    const tables = await readTables(client);
    await client.query(`lock table ${tables.map(qualified).join(", ")} in access exclusive mode`);
    // Whoever came in the meantime stands in it by now, and whoever comes from here on waits.
    const shared = await refuseShared(drizzle(client), paths, now);
    if (shared) throw shared;
    const refusal = await refuseFilled(client, migrations);
    if (refusal) throw refusal;
    await client.query(`drop table ${tables.map(qualified).join(", ")}`).catch((error: unknown) => {
      throw systemCode(error) === DEPENDED_ON ? filled(detailOf(error)) : error;
    });
  });
}

/** What the server says of what depends on a table, the first of it. */
function detailOf(error: unknown): string {
  const detail = error instanceof pg.DatabaseError ? error.detail : undefined;
  return detail?.split("\n", 1)[0] ?? "something depends on its tables";
}

async function withClient<Answer>(
  connection: ConnectionOptions,
  work: (client: pg.Client) => Promise<Answer>,
): Promise<Answer> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: CONNECTING_MS });
  client.on("error", () => undefined);
  await client.connect().catch((error: unknown) => {
    throw unavailable(error);
  });
  return work(client).finally(() => client.end());
}
