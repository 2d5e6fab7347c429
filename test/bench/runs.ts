import { spawn } from "node:child_process";
import { once } from "node:events";
import { systemClock } from "../../main/instance/clock.ts";
import { OPERATOR } from "../../main/record/activity.ts";
import { createRoutine } from "../../main/routines/definition.ts";
import { dispatch } from "../../main/routines/dispatch.ts";
import { createSecret } from "../../main/secrets/store.ts";
import { createAgent } from "../../main/work/agents.ts";
import { createCompany } from "../../main/work/companies.ts";
import { type BenchInstance, withInstance } from "./instance.ts";
import { interleaved } from "./median.ts";
import type { BenchRow } from "./row.ts";

const AT_ONCE = 4;
const RUNS = 200;
const REPETITIONS = 7;
const SECRETS = 5;

/**
 * Whole runs of `/bin/true` with five secrets, from the queue to the finished row, with access events, manifest and
 * log, on the product's own server: runs per second against a bare loop of spawns, four at once in both. Interleaved.
 */
export function runsBench(): Promise<BenchRow[]> {
  return withInstance(async (instance) => {
    const fire = await routine(instance);
    const wholeRuns = async () => {
      const runIds: string[] = [];
      for (let count = 0; count < RUNS; count += 1) runIds.push(await fire());
      const worker = await instance.worker(AT_ONCE, "asked");
      // The runner is up before the clock runs, as it is in an app that has been running for a while.
      const first = await fire();
      worker.accept(first);
      await worker.idle();
      const start = performance.now();
      for (const runId of runIds) worker.accept(runId);
      await worker.idle();
      const elapsed = performance.now() - start;
      await worker.stop();
      return (RUNS / elapsed) * 1_000;
    };
    const [spawns = 0, runs = 0] = await interleaved(REPETITIONS, [bareSpawns, wholeRuns]);
    const failed = await instance.database.pool.query("select 1 from routine_runs where status <> 'succeeded'");
    return [
      {
        what: `whole runs of /bin/true with ${SECRETS} secrets (${runs.toFixed(0)}/s, ${failed.rowCount} not succeeded)`,
        against: `bare spawn loop (${spawns.toFixed(0)}/s)`,
        ratio: `${(runs / spawns).toFixed(2)} x`,
        goal: ">= 0.45 x",
      },
    ];
  });
}

/** Makes a routine with secrets, and answers with what fires it. */
async function routine({ database, vault }: BenchInstance): Promise<() => Promise<string>> {
  const company = await createCompany(database.orm, { name: "Bench" });
  const env: Record<string, { type: "secret_ref"; secret: string }> = {};
  for (let count = 0; count < SECRETS; count += 1) {
    await createSecret(
      { executor: database.orm, vault, clock: systemClock, actor: OPERATOR },
      { companyId: company.id, key: `secret-${count}`, value: `value-of-secret-${count}-${"x".repeat(40)}` },
    );
    env[`SECRET_${count}`] = { type: "secret_ref", secret: `secret-${count}` };
  }
  const agent = await createAgent(database.orm, company.id, {
    name: "true",
    adapter: "process",
    config: { command: ["/bin/true"] },
  });
  const routineId = await createRoutine(database, {
    companyId: company.id,
    actor: OPERATOR,
    now: new Date(),
    changeSummary: null,
    routine: { title: "Bench", agent: agent.id, env, concurrencyPolicy: "always_enqueue" },
  });
  return () =>
    dispatch(
      { database, clock: systemClock, wake: () => undefined },
      { companyId: company.id, routineId, source: "manual", variables: {}, payload: null, idempotencyKey: null },
    );
}

/** Spawns per second, each waited for until its pipes are closed. */
async function bareSpawns(): Promise<number> {
  const start = performance.now();
  let left = RUNS;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      await once(spawn("/bin/true", [], { stdio: "pipe" }), "close");
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return (RUNS / (performance.now() - start)) * 1_000;
}
