import { randomUUID } from "node:crypto";
import path from "node:path";
import type { TakeOptions } from "../../../main/backup/take.ts";
import { readMigrations } from "../../../main/database/migration-files.ts";
import { systemClock } from "../../../main/instance/clock.ts";
import type { TestDatabase } from "../../fixtures/database.ts";

/** A company with agents, long texts and what COPY has to escape. */
export async function fill({ pool }: TestDatabase, agents = 3): Promise<void> {
  const company = randomUUID();
  await pool.query("insert into companies (id, name, issue_prefix) values ($1, $2, $3)", [
    company,
    `Tab\tand \\ line\nend ${company}`,
    company.slice(0, 8),
  ]);
  await pool.query(
    `insert into agents (id, company_id, name, adapter, adapter_config, pass_through)
     select gen_random_uuid(), $1, 'agent ' || n, 'process', jsonb_build_object('text', repeat('ü\n' || n, 50)),
       array['A', null, '{"']::text[]
     from generate_series(1, $2) as n`,
    [company, agents],
  );
}

/** What a backup of a test's database needs, with small entries, so that a small table has several. */
export async function takeOptions(database: TestDatabase, directory: string): Promise<TakeOptions> {
  return {
    connection: database.options,
    directory,
    reason: "manual",
    instanceId: "test",
    appVersion: "1.2.3",
    migrations: await readMigrations(path.resolve("migrations")),
    clock: systemClock,
    deadlineMs: 60_000,
    signal: new AbortController().signal,
    chunkBytes: 1_024,
  };
}
