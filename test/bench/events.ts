import { randomUUID } from "node:crypto";
import type { Database } from "../../main/database/database.ts";
import { systemClock } from "../../main/instance/clock.ts";
import { auditHeads } from "../../main/secrets/audit-heads.ts";
import { startAuditSealer } from "../../main/secrets/audit-sealer.ts";
import { verifyAudit } from "../../main/secrets/audit-verify.ts";
import { type EventFilter, listEvents } from "../../main/secrets/events.ts";
import { median } from "./median.ts";
import type { BenchRow } from "./row.ts";
import { withVault } from "./vault.ts";

const EVENTS = 1_000_000;
const REPETITIONS = 7;
const GOAL_MS = 100;

/**
 * A page of 100 out of 1,000,000 access events: the first one, the one in the middle, and with each filter, also with those
 * that fit nothing. Then how many events a second are sealed and verified.
 */
export function eventsBench(): Promise<BenchRow[]> {
  return withVault(async ({ database, vault, paths }) => {
    await vault.makeReady();
    const companyId = randomUUID();
    const place = await fill(database, companyId);
    const times = async (filter: Partial<EventFilter>) => {
      const figures: number[] = [];
      for (let repetition = -1; repetition < REPETITIONS; repetition += 1) {
        const start = performance.now();
        await listEvents(database.orm, { companyId, ...filter });
        // The first one fills caches, and does not count.
        if (repetition >= 0) figures.push(performance.now() - start);
      }
      return median(figures);
    };
    const first = await times({});
    const rows: BenchRow[] = [];
    for (const [what, filter] of Object.entries(place)) {
      const took = await times(filter);
      rows.push({
        what: `page of 100 out of ${EVENTS.toLocaleString("en")} access events, ${what}`,
        against: `the first page (${first.toFixed(1)} ms), so many times the cost`,
        ratio: `${(took / first).toFixed(1)} x (${took.toFixed(1)} ms)`,
        goal: `< ${GOAL_MS} ms`,
      });
    }
    return [...rows, ...(await sealAndVerify({ database, vault, companyId, secrets: paths.secrets }))];
  });
}

/** So many events of 1,000 secrets, 100 runs each, 1 % refused; answers with a filter of each kind. */
async function fill(database: Database, companyId: string): Promise<Record<string, Partial<EventFilter>>> {
  const id = (kind: number, number: number) => `${kind}0000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
  await database.pool.query("insert into companies (id, name, issue_prefix) values ($1, 'Bench', 'BEN')", [companyId]);
  await database.pool.query(
    `insert into secret_access_events (id, company_id, sequence, secret_id, secret_key, secret_name, version, provider,
       actor_type, actor_id, consumer_type, consumer_id, config_path, layer, routine_run_id, outcome, error_code, created_at)
     select gen_random_uuid(), $1, n, ('10000000-0000-4000-8000-' || lpad((n % 1000)::text, 12, '0'))::uuid, 'key', 'name', 1,
       'local_encrypted', 'agent', '20000000-0000-4000-8000-' || lpad((n % 20)::text, 12, '0'), 'routine',
       '30000000-0000-4000-8000-' || lpad((n % 50)::text, 12, '0'), 'env.KEY', 'routine',
       ('40000000-0000-4000-8000-' || lpad((n / 100)::text, 12, '0'))::uuid,
       case when n % 100 = 0 then 'failure' else 'success' end, case when n % 100 = 0 then 'secret_inactive' end,
       now() - make_interval(secs => $2 - n)
     from generate_series(1, $2::int) n`,
    [companyId, EVENTS],
  );
  await database.pool.query("insert into secret_access_heads (company_id, last_sequence) values ($1, $2)", [
    companyId,
    EVENTS,
  ]);
  await database.pool.query("vacuum analyze secret_access_events");
  const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000).toISOString();
  return {
    "in the middle": { cursor: String(EVENTS / 2) },
    "of a secret": { secret: id(1, 7) },
    "of a run": { run: id(4, 5_000) },
    refused: { outcome: "failure" },
    "with a code that none has": { errorCode: "vault_locked" },
    "of a consumer": { consumerType: "routine", consumerId: id(3, 7) },
    "of an actor that none has": { actor: id(2, 99) },
    "of a version that none has": { version: 9 },
    "of an hour in the middle": { since: ago(EVENTS / 2), until: ago(EVENTS / 2 - 3_600) },
    "of a secret, refused, with a code that none has": { secret: id(1, 7), errorCode: "vault_locked" },
  };
}

interface Chained {
  readonly database: Database;
  readonly vault: Parameters<typeof startAuditSealer>[0]["vault"] & Parameters<typeof verifyAudit>[0]["vault"];
  readonly companyId: string;
  readonly secrets: string;
}

async function sealAndVerify({ database, vault, companyId, secrets }: Chained): Promise<BenchRow[]> {
  const silent = () => undefined;
  const log = { info: silent, warn: silent, error: silent };
  const heads = auditHeads(secrets);
  const feed = { subscribe: () => silent };
  const rate = (what: string, milliseconds: number, goal: string): BenchRow => ({
    what: `${EVENTS.toLocaleString("en")} access events ${what}`,
    against: "the clock",
    ratio: `${Math.round(EVENTS / (milliseconds / 1_000)).toLocaleString("en")} a second (${(milliseconds / 1_000).toFixed(1)} s)`,
    goal,
  });
  const start = performance.now();
  const sealer = startAuditSealer({ database, vault, feed, clock: systemClock, log, heads });
  await sealer.sealAll();
  const sealed = performance.now();
  for await (const event of verifyAudit({ database, vault, heads, sealer, clock: systemClock, log }, companyId)) {
    if (event.type === "result" && event.result.broken) throw new Error("the chain is broken");
  }
  const verified = performance.now();
  await sealer.stop();
  return [rate("sealed", sealed - start, "-"), rate("verified", verified - sealed, "-")];
}
