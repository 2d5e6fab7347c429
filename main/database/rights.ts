import pg from "pg";
import { errorText, Refusal, systemCode } from "../contract/refusal.ts";
import { exclusively, type Queryable } from "./migrator.ts";
import { isReadOnlyFailure, LET_IT_BE_CHANGED } from "./read-only.ts";

/** PostgreSQL's code for a missing right. */
const INSUFFICIENT_PRIVILEGE = "42501";

/** The role as which the server knows a connection; a pooler may have changed the name in the URL. */
export async function roleOf(client: Queryable): Promise<string> {
  const { rows } = await client.query<{ role: string }>("select current_user as role");
  if (!rows[0]) throw new Error("the server did not say who is logged in");
  return rows[0].role;
}

/**
 * Lets a role use every table of this app, where it cannot yet: the owner of the tables says so once, and the role that
 * works with them needs no other right.
 */
export async function letUse(owner: Queryable, role: string): Promise<void> {
  if ((await unusableTables(owner, role)).length === 0) return;
  const grantee = pg.escapeIdentifier(role);
  await exclusively(owner, async () => {
    const tables = await unusableTables(owner, role);
    if (tables.length === 0) return;
    await owner.query(`grant usage on schema public to ${grantee}`);
    await owner.query(`grant select, insert, update, delete on ${tables.join(", ")} to ${grantee}`);
  }).catch((error: unknown) => {
    if (systemCode(error) !== INSUFFICIENT_PRIVILEGE && !isReadOnlyFailure(error)) throw error;
  });
}

/**
 * Refuses a connection that would fail later: it leads to another database than `session`, looks into other schemas, or
 * its role may not use the tables.
 */
export async function refuseUnusable(main: Queryable, session: Queryable): Promise<void> {
  const role = await roleOf(main);
  const identity = await identityOf(main).catch((error: unknown) => {
    if (systemCode(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    throw withoutRights(role, errorText(error));
  });
  if (identity !== (await identityOf(session))) {
    throw new Refusal(
      "config_invalid",
      "DATABASE_URL and DATABASE_MIGRATION_URL lead to different databases. The migrations are in the second one.",
      { next: "Let both end in the name of the same database, on the same server." },
    );
  }
  const { rows } = await main.query<{ seen: boolean }>(
    "select to_regclass('paperclip_migrations') is not distinct from 'public.paperclip_migrations'::regclass as seen",
  );
  if (!rows[0]?.seen) {
    throw new Refusal(
      "database_unavailable",
      `The tables of this app are in the schema public, and the role ${role} does not look there first.`,
      { next: `Let the owner of the database run: alter role ${pg.escapeIdentifier(role)} set search_path = public` },
    );
  }
  const [table] = await unusableTables(main, role);
  if (table !== undefined) throw withoutRights(role, `permission denied for ${table}`);
}

/** Says what to do where a role, or nobody, may do what migrations need; other failures are thrown as they are. */
export function explainRights(error: unknown): never {
  if (isReadOnlyFailure(error)) {
    const message = "The migrations that this version needs were not applied: the database can only be read.";
    throw new Refusal("read_only", message, { next: LET_IT_BE_CHANGED }, error);
  }
  if (systemCode(error) !== INSUFFICIENT_PRIVILEGE) throw error;
  throw new Refusal(
    "database_unavailable",
    `The migrations were not applied: ${errorText(error)}.`,
    { next: "Set DATABASE_MIGRATION_URL to the role that owns the tables of this app, or that may create them." },
    error,
  );
}

/** Tells the databases apart to which two connections lead; null where this app is not in it. */
async function identityOf(client: Queryable): Promise<string | null> {
  const { rows: found } = await client.query<{ here: boolean }>(
    "select to_regclass('public.paperclip_migrations') is not null as here",
  );
  if (!found[0]?.here) return null;
  const { rows } = await client.query<{ identity: string }>(`
    select (select oid from pg_database where datname = current_database()) || ' ' ||
      (select extract(epoch from min(applied_at)) from public.paperclip_migrations) as identity`);
  return rows[0]?.identity ?? null;
}

function withoutRights(role: string, reason: string): Refusal {
  return new Refusal("database_unavailable", `The role ${role} may not use the tables of this app: ${reason}.`, {
    next:
      "Set DATABASE_MIGRATION_URL to their owner, or let the owner run: " +
      `grant select, insert, update, delete on all tables in schema public to ${pg.escapeIdentifier(role)}`,
  });
}

/** Tables of this app, which all have the owner of the journal, that a role may not use in full. */
async function unusableTables(client: Queryable, role: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select format('public.%I', c.relname) as name
     from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
       and c.relowner = (select relowner from pg_class where oid = 'public.paperclip_migrations'::regclass)
       and not (has_schema_privilege($1, 'public', 'usage') and has_table_privilege($1, c.oid, 'select')
         and has_table_privilege($1, c.oid, 'insert') and has_table_privilege($1, c.oid, 'update')
         and has_table_privilege($1, c.oid, 'delete'))
     order by 1`,
    [role],
  );
  return rows.map(({ name }) => name);
}
