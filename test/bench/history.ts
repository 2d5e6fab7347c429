import { randomUUID } from "node:crypto";
import type { Database } from "../../main/database/database.ts";
import { readHistory } from "../../main/runs/history.ts";
import type { RunFilters } from "../../preload/contract/runs.ts";
import { median } from "./median.ts";
import type { BenchRow } from "./row.ts";
import { withVault } from "./vault.ts";

const RUNS = 1_000_000;
const REPETITIONS = 7;
const PAGE = 50;
const GOAL_MS = 100;
/** Runs are half a minute apart, which makes it almost a year. */
const SECONDS_APART = 30;

/**
 * The history over 1,000,000 runs: the last page against the first one and against OFFSET, and a page with each filter,
 * with several of them, with those that fit nothing, and with words that are everywhere, rare, or in one bad week.
 */
export function historyBench(): Promise<BenchRow[]> {
  return withVault(async ({ database }) => {
    const companyId = await fillHistory(database, RUNS);
    return historyRows(database, companyId);
  });
}

/** The figures on a database that `fillHistory` has filled. */
async function historyRows(database: Database, companyId: string): Promise<BenchRow[]> {
  const page = (filters: RunFilters, cursor?: string) =>
    readHistory(database.orm, { companyId, filters, cursor, limit: PAGE, now: new Date() });
  const first = await timed(() => page({}));
  const last = await lastCursor(database, companyId);
  const deep = await timed(() => page({}, last));
  const offset = await timed(() =>
    database.pool.query(
      `select * from routine_runs where company_id = $1 order by triggered_at desc, id desc limit ${PAGE} offset ${RUNS - PAGE}`,
      [companyId],
    ),
  );
  const rows: BenchRow[] = [
    {
      what: `last page of ${PAGE} out of ${RUNS.toLocaleString("en")} runs`,
      against: `the first page (${first.toFixed(1)} ms)`,
      ratio: `${(deep / first).toFixed(2)} x (${deep.toFixed(1)} ms)`,
      goal: "<= 2 x",
    },
    {
      what: "last page by key",
      against: `OFFSET (${offset.toFixed(0)} ms), so many times as fast`,
      ratio: `${(offset / deep).toFixed(0)} x`,
      goal: ">= 100 x",
    },
  ];
  for (const [what, filters] of Object.entries(questions())) {
    const { runs } = await page(filters);
    const took = await timed(() => page(filters));
    rows.push({
      what: `page of ${PAGE}, ${what} (${runs.length === PAGE ? "full" : runs.length})`,
      against: "the clock",
      ratio: `${took.toFixed(1)} ms`,
      goal: `< ${GOAL_MS} ms`,
    });
  }
  return rows;
}

function questions(): Record<string, RunFilters> {
  const ago = (runs: number) => new Date(Date.now() - runs * SECONDS_APART * 1_000).toISOString();
  return {
    "of a routine": { routine: "Routine 7" },
    "of an agent": { agent: "Agent 3" },
    "of an agent that never ran": { agent: "Idle agent" },
    failed: { status: ["failed"] },
    "failed, timed out or interrupted": { status: ["failed", "timed_out", "interrupted"] },
    held: { status: ["held"] },
    "started by webhook": { source: "webhook" },
    "of an hour in the middle": { since: ago(RUNS / 2), until: ago(RUNS / 2 - 120) },
    "failed, of a routine": { status: ["failed"], routine: "Routine 3" },
    "failed, of a routine that never fails": { status: ["failed"], routine: "Routine 7" },
    "interrupted, of an agent, of a routine": { status: ["interrupted"], agent: "Agent 3", routine: "Routine 3" },
    "by webhook, of an agent that has none": { source: "webhook", agent: "Agent 1" },
    "succeeded, by webhook, of an agent that has none": { status: ["succeeded"], source: "webhook", agent: "Agent 1" },
    "failed, of a day a year ago": { status: ["failed"], until: ago(RUNS - 2_880) },
    "with a word that every run has": { text: "finished" },
    "with the beginning of a word that every run has": { text: "fin" },
    "with a word of every hundredth run": { text: "w7" },
    "with a phrase of seven runs": { text: "quagga/zebra-7" },
    "with a word that none has": { text: "nosuchword" },
    "with words that many have, and never together": { text: "finished quagga" },
    "with the word of one bad fortnight": { text: "ECONNREFUSED" },
    "failed, with the word of one bad fortnight, of a routine": {
      text: "ECONNREFUSED",
      status: ["failed"],
      routine: "Routine 7",
    },
    "with one letter": { text: "e" },
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const figures: number[] = [];
  for (let repetition = -1; repetition < REPETITIONS; repetition += 1) {
    const start = performance.now();
    await work();
    // The first one fills caches, and does not count.
    if (repetition >= 0) figures.push(performance.now() - start);
  }
  return median(figures);
}

/** Where the last page begins. */
async function lastCursor(database: Database, companyId: string): Promise<string> {
  const { rows } = await database.pool.query<{ cursor: string }>(
    `select to_char(triggered_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || ' ' || id as cursor
     from routine_runs where company_id = $1 order by triggered_at, id offset ${PAGE} limit 1`,
    [companyId],
  );
  return rows[0]?.cursor ?? "";
}

/**
 * So many runs of 40 routines and 6 agents with an attempt and a log excerpt of about 300 characters each. 6 % failed; half
 * of those of a fortnight in the past for one reason. Answers with their company.
 */
export async function fillHistory(database: Database, count: number): Promise<string> {
  const companyId = randomUUID();
  const { pool } = database;
  await pool.query("insert into companies (id, name, issue_prefix) values ($1, 'Bench', 'BEN')", [companyId]);
  await pool.query(
    `insert into agents (id, company_id, name, adapter, adapter_config)
     select gen_random_uuid(), $1, case when n = 6 then 'Idle agent' else 'Agent ' || n end, 'process', '{}'
     from generate_series(0, 6) n`,
    [companyId],
  );
  await pool.query(
    `insert into routines (id, company_id, title, instructions, latest_revision_id)
     select gen_random_uuid(), $1, 'Routine ' || n, '', gen_random_uuid() from generate_series(0, 39) n`,
    [companyId],
  );
  // Built afterwards, it takes a tenth of the time.
  const { rows: index } = await pool.query<{ definition: string }>(
    "select pg_get_indexdef('routine_runs_words_ix'::regclass) as definition",
  );
  await pool.query("drop index routine_runs_words_ix");
  await pool.query(
    `insert into routine_runs (id, company_id, routine_id, agent_id, source, status, title, instructions, triggered_at,
       dispatch_fingerprint, attempts, failure, exit_code, log_excerpt, queued_at, started_at, completed_at)
     select gen_random_uuid(), $1, routine.id, agent.id,
       case when n % 6 = 2 and n % 3 = 2 then 'webhook' when n % 10 = 0 then 'manual' else 'schedule' end,
       said.status, 'Routine ' || n % 40, 'Do the work.', said.at, 'work', 1,
       case when said.status <> 'succeeded' then jsonb_build_object('code', 'exit_code', 'message',
         'The process ended with exit code ' || n % 5 || '.', 'next', null, 'layer', null, 'key', null, 'secretKey', null) end,
       case when said.status = 'succeeded' then 0 else n % 5 end,
       case when n between $2 * 0.6 and $2 * 0.64 and n % 2 = 0 then 'connect ECONNREFUSED 10.0.0.' || n % 200 || ':5432' else '' end
         || case when n % ($2 / 7) = 11 then 'reading quagga/zebra-7.txt' else '' end
         || (select string_agg('step ' || s || ' w' || (n * 31 + s * 17) % 600 || ' wrote /var/lib/part-' || (n * s) % 5000, E'\\n')
             from generate_series(1, 6) s)
         || E'\\nfinished in ' || n % 977 || ' ms, id ' || md5(n::text),
       said.at, said.at, said.at + interval '5 s'
     from generate_series(1, $2::int) n
     cross join lateral (select now() - make_interval(secs => ($2 - n) * ${SECONDS_APART}) as at,
       case when n % 100 < 6 then 'failed' when n % 100 = 7 then 'timed_out' when n % 100 = 8 then 'cancelled'
         when n % 1000 = 9 then 'interrupted' when n % 100 = 10 then 'skipped' else 'succeeded' end as status) said
     join routines routine on routine.company_id = $1 and routine.title = 'Routine ' || n % 40
     join agents agent on agent.company_id = $1 and agent.name = 'Agent ' || n % 6`,
    [companyId, count],
  );
  await pool.query(
    `insert into heartbeat_runs (id, company_id, routine_run_id, agent_id, attempt, status, started_at, finished_at)
     select gen_random_uuid(), company_id, id, agent_id, 1, 'succeeded', started_at, completed_at
     from routine_runs where company_id = $1`,
    [companyId],
  );
  await pool.query(index[0]?.definition ?? "");
  await pool.query("vacuum analyze routine_runs, heartbeat_runs, routines, agents");
  return companyId;
}
