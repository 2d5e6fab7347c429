import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EventFilter, listEvents } from "../../../main/secrets/events.ts";
import { type SecretsSetup, insertCompany, secretsSetup } from "./setup.ts";

/** Events of the company that is asked for, and as many of another one. */
const EVENTS = 20_000;
/** Events that a page may look at. */
const LOOKED_AT = 2_000;

let setup: SecretsSetup;
let companyId: string;
const [secretId, runId] = [randomUUID(), randomUUID()];

beforeAll(async () => {
  setup = await secretsSetup();
  companyId = await insertCompany(setup.database);
  for (const company of [await insertCompany(setup.database), companyId]) {
    await setup.database.pool.query(
      `insert into secret_access_events (id, company_id, sequence, secret_id, version, actor_type, actor_id, consumer_type,
         consumer_id, routine_run_id, outcome, error_code, created_at)
       select gen_random_uuid(), $1, n, case when n % 400 = 0 then $3::uuid else gen_random_uuid() end, 1, 'agent', 'a', 'agent',
         'x', case when n between 5000 and 5020 then $4::uuid else gen_random_uuid() end, 'success', null,
         now() - make_interval(secs => $2 - n)
       from generate_series(1, $2::int) n`,
      [company, EVENTS, secretId, runId],
    );
  }
  await setup.database.pool.query("analyze secret_access_events");
});
afterAll(() => setup.close());

const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000).toISOString();

test.each<[string, Partial<EventFilter>, found: number]>([
  ["nothing", {}, 100],
  ["a place in the middle", { cursor: "10000" }, 100],
  ["a secret", { secret: secretId }, 50],
  ["a run", { run: runId }, 21],
  ["an outcome that none has", { outcome: "failure" }, 0],
  ["a code that none has", { errorCode: "vault_locked" }, 0],
  ["a consumer that none has", { consumerType: "routine", consumerId: "y" }, 0],
  ["an actor that none has", { actor: "b" }, 0],
  ["a version that none has", { version: 9 }, 0],
  ["a while long ago", { since: ago(9_000), until: ago(8_900) }, 100],
  ["a time before all", { until: ago(90_000) }, 0],
])("with %s, a page reads as many events as it may and no more", async (_, filter, found) => {
  await setup.database.orm.transaction(async (tx) => {
    // What this connection has counted so far is in it.
    const read = async () => {
      const { rows } = await tx.execute<{ whole: number; fetched: number }>(
        `select seq_scan::int as whole, idx_tup_fetch::int as fetched from pg_stat_xact_user_tables
         where relname = 'secret_access_events'`,
      );
      return rows[0] ?? { whole: Number.NaN, fetched: Number.NaN };
    };
    const before = await read();
    const { events } = await listEvents(tx, { companyId, ...filter }, LOOKED_AT);
    const after = await read();
    expect(events.length).toBe(found);
    expect(after.whole - before.whole).toBe(0);
    // The page, and once more to say whether there is a next one; some hundred looks find two instants.
    expect(after.fetched - before.fetched).toBeLessThanOrEqual(2 * LOOKED_AT + 500);
  });
});
