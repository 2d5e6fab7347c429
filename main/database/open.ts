import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { DatabaseState } from "../../preload/contract/system.ts";
import { asRefusal } from "../contract/refusal.ts";
import type { Clock } from "../instance/clock.ts";
import type { Log } from "../instance/log.ts";
import type { InstancePaths } from "../instance/paths.ts";
import type { ChangeFeed } from "./changes.ts";
import { type AskedHealth, createCondition, type Condition } from "./condition.ts";
import { connect, CONNECTING_MS, type ConnectionOptions, type Database } from "./database.ts";
import { startEmbedded, type EmbeddedOptions } from "./embedded/supervisor.ts";
import { openFeed } from "./listen.ts";
import { readMigrations, type MigrationFile } from "./migration-files.ts";
import { migrate, readSchemaState, type SchemaState } from "./migrator.ts";
import { onlyOnce } from "./only-once.ts";
import { whyReadOnly } from "./read-only.ts";
import { explainRights, letUse, refuseUnusable, roleOf } from "./rights.ts";
import { readServer, refuseUnfit, type ServerFacts } from "./server-version.ts";
import { statementFailure } from "./statement-failure.ts";
import { connectionFromUrl, connectionProblem, unavailable } from "./unavailable.ts";

/** Milliseconds that a query may take which only asks whether the database is there, and that closing may wait. */
const PATIENCE_MS = 5_000;

export interface OpenDatabaseOptions {
  readonly paths: InstancePaths;
  /** The server to use. Left out, the instance's own is started. */
  readonly databaseUrl?: string | undefined;
  /** For what needs a session or more rights: schema checks, migrations, LISTEN. Defaults to `databaseUrl`. */
  readonly migrationUrl?: string | undefined;
  readonly migrationsDirectory: string;
  /** Of the owner of the instance. */
  readonly runtimeDirectory: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Runs once before pending migrations reach a database that holds data: a backup over this connection. */
  readonly beforeMigrate: (connection: ConnectionOptions) => Promise<void>;
  /** The instance's own server lets nothing be changed as long as it is open; nothing is migrated then. */
  readonly readOnly?: boolean;
  /** Other limits or binaries for the embedded server. */
  readonly embedded?: Pick<EmbeddedOptions, "limits" | "backOffMs" | "binaries">;
}

/** A database that is migrated and takes queries. */
export interface OpenDatabase {
  readonly database: Database;
  readonly mode: "embedded" | "postgres";
  /** Of the server, such as `18.4`. */
  readonly version: string;
  /** What is known without asking. */
  state(): DatabaseState;
  onState(listener: (state: DatabaseState) => void): () => void;
  /** Asks with a real query. */
  health(): Promise<AskedHealth>;
  readonly feed: ChangeFeed;
  /** The connection for what needs a session: leader lock, backup. */
  readonly session: ConnectionOptions;
  schemaState(): Promise<SchemaState>;
  /** Applies what is pending and answers with it. */
  migrate(): Promise<MigrationFile[]>;
  /** Starts an embedded server that was given up, once more. */
  retry(): Promise<void>;
  /** Ends all connections, and an embedded server in order. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Opens the database of an instance: its own PostgreSQL, or the server of `databaseUrl`; checks the server, applies
 * pending migrations under the guard, and listens for changes. Refuses, with everything stopped again, where the server
 * cannot be reached or started, is unfit, or the database is not ours.
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<OpenDatabase> {
  const { clock, log } = options;
  const files = await readMigrations(options.migrationsDirectory);
  const server =
    options.databaseUrl === undefined ? await ownServer(options) : givenServer(options.databaseUrl, options);
  const { session, condition } = server;
  const database = connect({ ...server.main, direct: server.mode === "embedded" }, (error) =>
    log.warn({ error }, "an idle connection broke"),
  );
  const inMain = pooledSession(database);
  // Where both are one, the pool has its first connection afterwards, and a start needs one less.
  const inSession = session === server.main ? inMain : ownSession(session);
  const role = async () => (session === server.main ? null : inMain(roleOf));
  const prepare = async () => prepareSchema({ inSession, session, files, role: await role() }, options);
  const feed = openFeed({ connection: session, polling: server.polling, clock, log, onConnection: server.heard });
  // Side by side, because a start is felt.
  const outcomes = await Promise.allSettled([prepare(), feed]);
  const close = onlyOnce(async () => {
    await feed.then((opened) => opened.close()).catch(() => undefined);
    const { ended } = await within(PATIENCE_MS, database.close());
    if (!ended) log.warn({}, "connections were still in use when the database was closed");
    await server.stop();
  });
  const giveUp = async (error: unknown): Promise<never> => {
    await close();
    throw asRefusal(error) ?? statementFailure(error) ?? error;
  };
  const [prepared, listening] = outcomes;
  if (prepared.status === "rejected") return giveUp(prepared.reason);
  if (listening.status === "rejected") return giveUp(listening.reason);
  if (server.mode === "postgres") {
    await inMain((main) => inSession((other) => refuseUnusable(main, other))).catch(giveUp);
  }
  return {
    database,
    mode: server.mode,
    version: prepared.value.facts.version,
    state: condition.state,
    onState: condition.onState,
    health: () => askHealth(server, database),
    feed: listening.value,
    session,
    schemaState: () => inSession((client) => readSchemaState(client, files)),
    migrate: async () => (await prepare()).applied,
    retry: server.retry,
    close,
  };
}

/** Where the server is, and how it fares. */
interface Server {
  readonly mode: "embedded" | "postgres";
  readonly main: ConnectionOptions;
  readonly session: ConnectionOptions;
  /** Whether notifications may get lost in a pooler. */
  readonly polling: boolean;
  readonly condition: Condition;
  /** Told when the connection for changes breaks, with the cause, and with null when it is back. */
  heard(problem: string | null): void;
  retry(): Promise<void>;
  stop(): Promise<void>;
}

async function ownServer(options: OpenDatabaseOptions): Promise<Server> {
  const { paths, runtimeDirectory, log } = options;
  const { connection, condition, retry, stop } = await startEmbedded({
    paths,
    runtimeDirectory,
    log,
    use: options.readOnly === true ? "read" : "serve",
    ...options.embedded,
  });
  // The supervisor knows better than a connection how its server fares.
  const heard = () => undefined;
  return { mode: "embedded", main: connection, session: connection, polling: false, condition, heard, retry, stop };
}

function givenServer(databaseUrl: string, { migrationUrl }: OpenDatabaseOptions): Server {
  const main = connectionFromUrl("DATABASE_URL", databaseUrl);
  const session = migrationUrl === undefined ? main : connectionFromUrl("DATABASE_MIGRATION_URL", migrationUrl);
  const condition = createCondition();
  condition.enter("ready");
  return {
    mode: "postgres",
    main,
    session,
    polling: migrationUrl === undefined,
    condition,
    heard: (problem) => condition.enter(problem === null ? "ready" : "failed", problem),
    retry: async () => undefined,
    stop: async () => condition.enter("stopped"),
  };
}

interface SchemaWork {
  readonly inSession: InSession;
  readonly session: ConnectionOptions;
  readonly files: readonly MigrationFile[];
  /** Who works with the tables, where that is not the role that makes them. */
  readonly role: string | null;
}

async function prepareSchema(
  { inSession, session, files, role }: SchemaWork,
  { beforeMigrate, log }: OpenDatabaseOptions,
): Promise<{ facts: ServerFacts; applied: MigrationFile[] }> {
  return inSession(async (client) => {
    const facts = await readServer(client);
    refuseUnfit(facts);
    const applied = await migrate(client, files, () => beforeMigrate(session)).catch(explainRights);
    if (role !== null) await letUse(client, role);
    if (applied.length > 0) log.info({ migration: applied.map(({ name }) => name) }, "migrations were applied");
    return { facts, applied };
  });
}

/** Does work on one connection that stays the same. Refuses with `database_unavailable` where there is none. */
type InSession = <T>(work: (client: pg.ClientBase) => Promise<T>) => Promise<T>;

function pooledSession(database: Database): InSession {
  return async (work) => {
    const client = await database.pool.connect().catch((error: unknown) => {
      throw unavailable(error);
    });
    try {
      const outcome = await work(client);
      client.release();
      return outcome;
    } catch (error) {
      // It may be in the middle of something.
      client.release(true);
      throw error;
    }
  };
}

function ownSession(connection: ConnectionOptions): InSession {
  return async (work) => {
    const client = new pg.Client({
      ...connection,
      connectionTimeoutMillis: CONNECTING_MS,
      application_name: "paperclip-desktop schema",
    });
    // A connection that breaks fails the statement that runs on it.
    client.on("error", () => undefined);
    try {
      await client.connect();
    } catch (error) {
      throw unavailable(error, "DATABASE_MIGRATION_URL");
    }
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
}

async function askHealth({ mode, condition }: Server, database: Database): Promise<AskedHealth> {
  if (mode === "embedded" && condition.state() !== "ready") return { ...condition.health(), readOnly: null };
  try {
    const answer = await within(PATIENCE_MS, whyReadOnly(database.pool));
    if (answer.ended) return { state: "ready", failure: null, readOnly: answer.value };
    return { state: "failed", failure: `no answer within ${PATIENCE_MS / 1000} seconds`, readOnly: null };
  } catch (error) {
    return { state: "failed", failure: connectionProblem(error), readOnly: null };
  }
}

/** The answer of work that ended in time. Work that failed in time throws. */
async function within<T>(limitMs: number, work: Promise<T>): Promise<{ ended: true; value: T } | { ended: false }> {
  const timer = new AbortController();
  const tooLate = delay(limitMs, { ended: false as const }, { signal: timer.signal }).catch(() => ({
    ended: false as const,
  }));
  try {
    return await Promise.race([work.then((value) => ({ ended: true as const, value })), tooLate]);
  } finally {
    timer.abort();
  }
}
