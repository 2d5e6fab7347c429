import { afterEach, beforeEach, expect, test } from "vitest";
import type { Change } from "../../../../preload/contract/system.ts";
import type { Notice } from "../../../../preload/contract/notifications.ts";
import { type Notifier, startNotifier } from "../../../../main/routines/notices/notifier.ts";
import { accountDue } from "../../../../main/routines/scheduler/round.ts";
import { createTrigger } from "../../../../main/routines/triggers.ts";
import { testDatabase, type TestDatabase } from "../../../fixtures/database.ts";
import { simulatedClock, type SimulatedClock } from "../../../fixtures/simulated-clock.ts";
import { aCompany, anAgent, NOW } from "../fixtures.ts";

const HOUR = 3_600_000;
const quiet = { error: () => undefined, warn: () => undefined, info: () => undefined };

let database: TestDatabase;
let company: Awaited<ReturnType<typeof aCompany>>;
let clock: SimulatedClock;
let notifier: Notifier;
let tell: (change: Change) => void;
const wanted = { outcomes: true, missed: true };
beforeEach(async () => {
  database = await testDatabase();
  company = await aCompany(database);
  clock = simulatedClock(NOW);
  notifier = startNotifier({
    database,
    clock,
    log: quiet,
    wanted: () => wanted,
    feed: {
      subscribe: (listener) => {
        tell = listener;
        return () => undefined;
      },
    },
  });
});
afterEach(async () => {
  await notifier.stop();
  await database.close();
});

/** As the feed says it of every run of a routine; then waits as long as changes are gathered. */
async function changed(routineId: string): Promise<void> {
  for (const { id } of await company.runs(routineId)) tell({ topic: "runs", companyId: company.companyId, id });
  clock.pass(5_000);
}
async function ends(routineId: string, status: string): Promise<void> {
  const runId = await company.fire(routineId);
  await database.pool.query(
    `update routine_runs set status = $2, triggered_at = $3, completed_at = $3, failure = $4, log_excerpt = 'canary-output',
       title = 'canary-variable' where id = $1`,
    [runId, status, clock.now(), { message: "canary-message" }],
  );
  await changed(routineId);
}

test("tells of a change and not of each run, with no word of what a run said", async () => {
  const heard: Notice[] = [];
  notifier.subscribe((notice) => heard.push(notice));
  const routineId = await company.create({ title: "Nightly triage", concurrencyPolicy: "always_enqueue" });
  const kinds = () => heard.map(({ kind }) => kind);
  for (const [status, count] of [
    ["succeeded", 0],
    ["failed", 1],
    ["timed_out", 1],
    ["cancelled", 1],
    ["succeeded", 2],
    ["succeeded", 2],
    ["interrupted", 3],
  ] as const) {
    await ends(routineId, status);
    await expect.poll(() => kinds().length).toBe(count);
    // A look that finds nothing has ended before the next one begins.
    await notifier.stop();
  }
  expect(kinds()).toEqual(["failing", "recovered", "failing"]);
  expect(heard[0]).toMatchObject({ title: "Nightly triage fails", companyId: company.companyId });
  expect(JSON.stringify(heard)).not.toContain("canary");
});

test("tells once of what was missed and held when the machine wakes up, also a window that opens a moment later", async () => {
  const hourly = { kind: "schedule", expression: "0 * * * *", zone: "UTC" } as const;
  const policies = { hold: "hold", skip: "skip_missed", latest: "enqueue_latest_missed" } as const;
  const ids: string[] = [];
  for (const [title, catchUpPolicy] of Object.entries(policies)) {
    const routineId = await company.create({ title, catchUpPolicy });
    await createTrigger(database, { ...company.note, routineId, trigger: hourly });
    ids.push(routineId);
  }
  clock.jump(5.5 * HOUR);
  const round = { database, clock, log: quiet, failing: new Map(), onQueued: () => undefined };
  while ((await accountDue(round)).more);
  for (const routineId of ids) for (const { id } of await company.runs(routineId)) tellRun(id);
  clock.pass(5_000);
  await notifier.stop();
  const heard: Notice[] = [];
  notifier.subscribe((notice) => heard.push(notice));
  expect(heard.map(({ title }) => title)).toEqual(["5 slots of hold are held", "skip missed 5 slots"]);
  // The same rows once more are no news.
  for (const routineId of ids) for (const { id } of await company.runs(routineId)) tellRun(id);
  clock.pass(5_000);
  await notifier.stop();
  expect(heard).toHaveLength(2);

  // What was due and could not even be queued did not run either.
  const agent = await anAgent(database, company.companyId, { status: "paused" });
  const stopped = await company.create({ title: "stopped", agent });
  await createTrigger(database, { ...company.note, routineId: stopped, trigger: hourly, now: clock.now() });
  clock.jump(0.5 * HOUR);
  while ((await accountDue(round)).more);
  for (const { id } of await company.runs(stopped)) tellRun(id);
  clock.pass(5_000);
  await notifier.stop();
  expect(heard[2]).toMatchObject({ title: "stopped fails", body: "It was due, and could not be started." });
});

const tellRun = (id: string) => tell({ topic: "runs", companyId: company.companyId, id });
