import { createRouterClient } from "@orpc/server";
import { afterEach, beforeEach, expect, test } from "vitest";
import { schedulerCoverage } from "../../../../main/database/schema/runs.ts";
import { type Scheduler, startScheduler } from "../../../../main/routines/scheduler/scheduler.ts";
import { pauseAll, resumeAll } from "../../../../main/routines/scheduler/pause.ts";
import { schedulerProcedures } from "../../../../main/routines/scheduler-procedures.ts";
import { createTrigger, listTriggers } from "../../../../main/routines/triggers.ts";
import { eventually } from "../../../fixtures/conditions.ts";
import { testDatabase, type TestDatabase } from "../../../fixtures/database.ts";
import { simulatedClock, type SimulatedClock } from "../../../fixtures/simulated-clock.ts";
import { aCompany, NOW } from "../fixtures.ts";

const HOUR = 3_600_000;

let database: TestDatabase;
let routineId: string;
let company: Awaited<ReturnType<typeof aCompany>>;
const running: Scheduler[] = [];
beforeEach(async () => {
  database = await testDatabase();
  company = await aCompany(database);
  routineId = await company.create({ concurrencyPolicy: "always_enqueue" });
  const trigger = { kind: "schedule", expression: "0 * * * *", zone: "UTC" } as const;
  await createTrigger(database, { ...company.note, routineId, trigger });
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((scheduler) => scheduler.stop()));
  await database.close();
});

function start(clock: SimulatedClock, instanceRoot = "/one"): Scheduler {
  const scheduler = startScheduler({
    database,
    session: database.options,
    feed: { subscribe: () => () => undefined },
    clock,
    log: { error: () => undefined, warn: () => undefined, info: () => undefined },
    instanceRoot,
    onQueued: () => undefined,
    changed: () => undefined,
  });
  running.push(scheduler);
  return scheduler;
}
const is = (scheduler: Scheduler, state: string) => eventually(async () => (await scheduler.state()).state === state);
const rows = async () =>
  (await company.runs(routineId)).map(({ status, slotAt, skipReason }) => ({ status, slotAt, skipReason }));
const at = (hours: number) => new Date(NOW.getTime() + hours * HOUR);
/** Lets the timers ring, and waits for the rows that come of it. */
const until = (clock: SimulatedClock, count: number) =>
  eventually(async () => {
    clock.pass(2_000);
    return (await rows()).length >= count;
  });

test("a slot runs when its time comes, and the scheduler says what is next and how late it was", async () => {
  const clock = simulatedClock(NOW);
  const scheduler = start(clock);
  await is(scheduler, "ready");
  expect(await scheduler.state()).toMatchObject({ nextRunAt: at(1), reason: `Next slot: ${at(1).toISOString()}.` });
  clock.pass(HOUR - 1);
  expect(await rows()).toEqual([]);
  await until(clock, 1);
  expect(await rows()).toMatchObject([{ status: "queued", slotAt: at(1) }]);
  await eventually(async () => (await scheduler.state()).nextRunAt?.getTime() === at(2).getTime());
  const { latenessMs } = await scheduler.state();
  expect(latenessMs).toBe(Number((await company.runs(routineId))[0]?.triggeredAt) - Number(at(1)));
});

test("after a night of sleep it accounts for what was missed and says that the machine slept", async () => {
  const clock = simulatedClock(NOW);
  await is(start(clock), "ready");
  clock.jump(9.5 * HOUR);
  await until(clock, 1);
  expect(await rows()).toMatchObject([{ status: "skipped", slotAt: at(1) }]);
  expect((await rows())[0]?.skipReason).toContain("9 slots were missed");
  expect((await rows())[0]?.skipReason).toContain("asleep");
  const stretches = await database.orm.select().from(schedulerCoverage).orderBy(schedulerCoverage.beganAt);
  expect(stretches.map(({ endedBy }) => endedBy)).toEqual(["slept", null]);
});

test("closed in order and killed are told apart", async () => {
  const clock = simulatedClock(NOW);
  const first = start(clock);
  await is(first, "ready");
  await first.stop();
  clock.jump(1.5 * HOUR);
  const second = start(clock);
  await is(second, "ready");
  expect((await rows())[0]?.skipReason).toContain("the app was closed");
  await second.stop();
  // As a kill leaves it: the stretch is open.
  await database.pool.query("update scheduler_coverage set ended_by = null where began_at = $1", [clock.now()]);
  clock.jump(HOUR);
  await is(start(clock), "ready");
  expect((await rows())[1]?.skipReason).toContain("ended unexpectedly");
});

test("of two on one database one leads; the other says who, and takes over when it leaves", async () => {
  const clock = simulatedClock(NOW);
  const first = start(clock);
  await is(first, "ready");
  const second = start(clock, "/two");
  await is(second, "standby");
  expect((await second.state()).reason).toContain(`Process ${process.pid}`);
  expect((await second.state()).reason).toContain("/one");
  await first.stop();
  clock.pass(6_000);
  await is(second, "ready");
});

test("while all schedules are paused nothing is due, whatever is changed meanwhile; resumed they are due from then on", async () => {
  const clock = simulatedClock(NOW);
  const scheduler = start(clock);
  await is(scheduler, "ready");
  clock.jump(0.5 * HOUR);
  const pausedAt = clock.now();
  expect(await pauseAll(database, company.note.actor, pausedAt)).toEqual(pausedAt);
  // A second pause is the first one.
  expect(await pauseAll(database, company.note.actor, new Date(pausedAt.getTime() + HOUR))).toEqual(pausedAt);
  expect(await scheduler.state()).toMatchObject({ state: "paused", pausedSince: pausedAt });
  const later = await company.create();
  const hourly = { kind: "schedule", expression: "0 * * * *", zone: "UTC" } as const;
  await createTrigger(database, { ...company.note, now: clock.now(), routineId: later, trigger: hourly });
  clock.jump(5 * HOUR);
  clock.pass(60_000);
  await eventually(async () => (await scheduler.state()).nextRunAt === null);
  await resumeAll(database, company.note.actor, clock.now());
  await resumeAll(database, company.note.actor, clock.now());
  clock.pass(60_000);
  await eventually(async () => (await scheduler.state()).nextRunAt?.getTime() === at(6).getTime());
  expect(await rows()).toEqual([]);
  expect(await company.runs(later)).toEqual([]);
  clock.jump(0.5 * HOUR);
  await until(clock, 1);
  expect(await rows()).toMatchObject([{ slotAt: at(6) }]);
});

test("a pause leaves a row for what was due and not looked at yet, also beside a trigger that cannot be read", async () => {
  const broken = await company.create();
  await createTrigger(database, {
    ...company.note,
    routineId: broken,
    trigger: { kind: "schedule", expression: "0 * * * *", zone: "UTC" },
  });
  await database.pool.query("update routine_triggers set cron_expression = 'junk' where routine_id = $1", [broken]);
  await pauseAll(database, company.note.actor, at(2.5));
  expect(await company.runs(routineId)).toMatchObject([{ status: "skipped", slotAt: at(1), slotCount: 2 }]);
  expect((await rows())[0]?.skipReason).toContain("paused");
  await resumeAll(database, company.note.actor, at(3.5));
  expect((await listTriggers(database.orm, routineId)).map(({ nextRunAt }) => nextRunAt)).toEqual([
    at(4).toISOString(),
  ]);
});

test("the outlook says what is due in which part of a day, and where nobody was awake", async () => {
  const clock = simulatedClock(NOW);
  await is(start(clock), "ready");
  clock.jump(3 * HOUR);
  await until(clock, 2);
  const client = createRouterClient(schedulerProcedures({ database, clock }), {
    context: { host: "in-process", reportUnexpected: (error) => expect.fail(String(error)) },
  });
  const day = { company: company.companyId, since: at(-2).toISOString(), until: at(6).toISOString() };
  const outlook = await client.outlook({ ...day, buckets: 16 });
  expect(outlook.routines).toMatchObject([{ routineId, nextRunAt: at(4).toISOString(), zone: "UTC", ahead: [12, 14] }]);
  expect(outlook.absences).toMatchObject([{ from: NOW.toISOString(), why: expect.stringContaining("asleep") }]);
  expect(outlook.pausedSince).toBeNull();
  const other = await aCompany(database);
  expect((await client.outlook({ ...day, company: other.companyId, buckets: 16 })).routines).toEqual([]);
  await expect(client.outlook({ ...day, until: day.since, buckets: 1 })).rejects.toMatchObject({
    code: "invalid_input",
  });
});
