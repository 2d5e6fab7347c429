import type pg from "pg";
import { Refusal } from "../contract/refusal.ts";

/** Of PostgreSQL: what the schema and the statements need. */
const OLDEST_MAJOR = 15;

export interface ServerFacts {
  /** As people write it: `18.4`. */
  readonly version: string;
  /** 10,000 times the major version, and the minor one: 180004. */
  readonly versionNumber: number;
  /** Of the database: `UTF8`. */
  readonly encoding: string;
}

/** Asks a server what it is. */
export async function readServer(client: Pick<pg.ClientBase, "query">): Promise<ServerFacts> {
  const { rows } = await client.query<{ version: string; number: number; encoding: string }>(`
    select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
      current_setting('server_encoding') as encoding`);
  const row = rows[0];
  if (!row) throw new Error("the server did not say what it is");
  // Builds add their own name: `15.18 (Debian 15.18-0+deb12u1)`.
  return { version: row.version.split(" ")[0] ?? row.version, versionNumber: row.number, encoding: row.encoding };
}

/** Refuses a server with which the app would fail later: too old, or unable to hold every text. */
export function refuseUnfit(server: ServerFacts): void {
  if (server.versionNumber < OLDEST_MAJOR * 10_000) {
    throw new Refusal(
      "database_too_old",
      `The database server is PostgreSQL ${server.version}, and ${OLDEST_MAJOR} or newer is needed. Nothing was changed.`,
      { next: "Set DATABASE_URL to a newer server.", details: { found: server.version, oldest: OLDEST_MAJOR } },
    );
  }
  if (server.encoding !== "UTF8") {
    throw new Refusal(
      "database_encoding",
      `The database has the encoding ${server.encoding}, and UTF8 is needed. Nothing was changed.`,
      { next: "Create a database with encoding UTF8 and set DATABASE_URL to it.", details: { found: server.encoding } },
    );
  }
}
