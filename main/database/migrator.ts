import type pg from "pg";
import { Refusal } from "../contract/refusal.ts";
import type { MigrationFile } from "./migration-files.ts";

export interface AppliedMigration {
  readonly number: number;
  readonly name: string;
  readonly sha256: string;
  readonly appliedAt: Date;
}

/** What a database is to this app. Only `empty`, `current` and `behind` may be migrated. */
export type SchemaState =
  | {
      readonly kind: "empty";
      readonly pending: readonly MigrationFile[];
      readonly applied: readonly AppliedMigration[];
    }
  | { readonly kind: "current"; readonly pending: readonly []; readonly applied: readonly AppliedMigration[] }
  | {
      readonly kind: "behind";
      readonly pending: readonly MigrationFile[];
      readonly applied: readonly AppliedMigration[];
    };

export type Queryable = Pick<pg.ClientBase, "query">;

/** Serialises migrators of all processes on one database. An arbitrary constant of this product. */
const LOCK_KEY = 7_352_017_731;

/** Tells what the database is. Refuses one that is foreign, newer, or whose applied migrations differ from ours. */
export async function readSchemaState(client: Queryable, files: readonly MigrationFile[]): Promise<SchemaState> {
  const { hasJournal, others } = await look(client);
  if (!hasJournal) {
    refuseForeign(others);
    return { kind: "empty", pending: files, applied: [] };
  }
  const { rows } = await client.query<{ number: number; name: string; sha256: string; applied_at: Date }>(
    "select number, name, sha256, applied_at from public.paperclip_migrations order by number",
  );
  const applied = rows.map((row) => ({
    number: row.number,
    name: row.name,
    sha256: row.sha256,
    appliedAt: row.applied_at,
  }));
  refuseUnknown(applied, files);
  const pending = files.slice(applied.length);
  return pending.length === 0 ? { kind: "current", pending: [], applied } : { kind: "behind", pending, applied };
}

/**
 * Applies what is pending, each file in a transaction of its own under an advisory lock, so that two starters do not
 * collide and a kill leaves whole files only. `beforeFirst` runs once, before the first file is applied to a database
 * that already holds data: a backup. Answers with the files it applied.
 */
export async function migrate(
  client: Queryable,
  files: readonly MigrationFile[],
  beforeFirst: () => Promise<void>,
): Promise<MigrationFile[]> {
  const done: MigrationFile[] = [];
  const before = await readSchemaState(client, files);
  if (before.kind === "behind") await beforeFirst();
  for (const file of before.pending) {
    if (await applyOne(client, files, file)) done.push(file);
  }
  return done;
}

/**
 * Applies what is pending within a transaction of the caller, whose rows nobody sees yet: nothing is left of any of it where
 * that is rolled back. Takes the schema for itself until its end.
 */
export async function migrateWithin(client: Queryable, files: readonly MigrationFile[]): Promise<void> {
  await haveSchema(client);
  const { pending } = await readSchemaState(client, files);
  for (const file of pending) await applyFile(client, file);
}

async function applyOne(client: Queryable, files: readonly MigrationFile[], file: MigrationFile): Promise<boolean> {
  return exclusively(client, async () => {
    const now = await readSchemaState(client, files);
    if (!now.pending.some((pending) => pending.number === file.number)) return false;
    await applyFile(client, file);
    return true;
  });
}

/** Applies one file and notes it in the journal, within a transaction that has the schema to itself. */
export async function applyFile(client: Queryable, file: MigrationFile): Promise<void> {
  await client.query(createJournal);
  await client.query(file.sql);
  await client.query("insert into public.paperclip_migrations (number, name, sha256) values ($1, $2, $3)", [
    file.number,
    file.name,
    file.sha256,
  ]);
}

/**
 * Does work on the schema in a transaction of its own, one process at a time. Names mean the schema public, also where
 * the role would look elsewhere first.
 */
export async function exclusively<Answer>(client: Queryable, work: () => Promise<Answer>): Promise<Answer> {
  await client.query("begin");
  try {
    await haveSchema(client);
    const answer = await work();
    await client.query("commit");
    return answer;
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

async function haveSchema(client: Queryable): Promise<void> {
  await client.query("set local statement_timeout = 0; set local search_path = public");
  await client.query("select pg_advisory_xact_lock($1)", [LOCK_KEY]);
}

const createJournal = `
  create table if not exists public.paperclip_migrations (
    number integer primary key,
    name text not null,
    sha256 text not null,
    applied_at timestamptz not null default now()
  );
  comment on table public.paperclip_migrations is 'Which files of migrations/ were applied, with the hash each had.';
  comment on index public.paperclip_migrations_pkey is 'Each migration is applied once.';
`;

/**
 * What there is in a database that is not an extension's: schema, name, kind and owner as `pg_class` has them. Outside of the
 * schema public, what belongs to other roles does not count where ours could not touch it: hosted databases come with schemas
 * of their provider.
 */
export const OBJECTS = `
  select n.nspname, c.relname, c.relkind, c.relowner
  from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles us on us.rolname = current_user
  where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%'
    and (n.nspname = 'public' or us.rolsuper or c.relowner = us.oid)
    and not exists (
      select 1 from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    )`;

/**
 * Whether our journal is there, and what else is, at most three names. One statement over the catalog itself: with two, or
 * with `to_regclass`, which answers from what a session remembers, a database that another process migrates at this moment
 * would look like somebody else's.
 */
async function look(client: Queryable): Promise<{ hasJournal: boolean; others: string[] }> {
  const { rows } = await client.query<{ hasJournal: boolean; others: string[] }>(`
    with objects as materialized (${OBJECTS})
    select
      exists (select 1 from objects where nspname = 'public' and relname = 'paperclip_migrations') as "hasJournal",
      array(select quote_ident(nspname) || '.' || quote_ident(relname) from objects order by 1 limit 3) as others`);
  const [found] = rows;
  if (!found) throw new Error("the catalog gave no answer");
  return found;
}

function refuseForeign(others: readonly string[]): void {
  if (others.length === 0) return;
  throw new Refusal(
    "database_foreign",
    `The database is not empty and has no journal of this app: it holds ${others.join(", ")}. Nothing was changed.`,
    { next: "Set DATABASE_URL to an empty database, or to one that this app created." },
  );
}

function refuseUnknown(applied: readonly AppliedMigration[], files: readonly MigrationFile[]): void {
  const newest = files.at(-1)?.number ?? 0;
  const beyond = applied.find((entry) => entry.number > newest);
  if (beyond) {
    throw new Refusal(
      "database_newer",
      `The database was written by a newer version of this app: it has migration ${beyond.number} (${beyond.name}), this app knows ${newest}. Nothing was changed.`,
      { next: "Start the newer version, or restore a backup of this one." },
    );
  }
  applied.forEach((entry, index) => {
    if (entry.number !== index + 1) {
      throw new Refusal(
        "migration_order",
        `Migration ${index + 1} was never applied, but ${entry.number} (${entry.name}) was. Nothing was changed.`,
        { next: "Restore a backup: this database was changed by something else." },
      );
    }
    const file = files[index];
    if (!file || file.name !== entry.name) {
      throw new Refusal(
        "migration_missing",
        `The database has migration ${entry.number} (${entry.name}), which this app does not have. Nothing was changed.`,
        { next: "Install the version of the app that last wrote this database." },
      );
    }
    if (file.sha256 !== entry.sha256) {
      throw new Refusal(
        "migration_edited",
        `Migration ${entry.number} (${entry.name}) was edited after it was applied. Nothing was changed.`,
        { next: "Reinstall the app: its migrations are not the released ones." },
      );
    }
  });
}
