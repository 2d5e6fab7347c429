import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SPACING_MS } from "../../../../main/routines/scheduler/account.ts";
import { accountDue, type FailingTrigger, rewindAll } from "../../../../main/routines/scheduler/round.ts";
import { createTrigger, listTriggers } from "../../../../main/routines/triggers.ts";
import type { RoutineInput } from "../../../../preload/contract/routines.ts";
import type { TriggerInput } from "../../../../preload/contract/triggers.ts";
import { testDatabase, type TestDatabase } from "../../../fixtures/database.ts";
import { liveTimeLines } from "../../../fixtures/time-lines.ts";
import { simulatedClock } from "../../../fixtures/simulated-clock.ts";
import { aCompany, anAgent, NOW } from "../fixtures.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = NOW.getTime();

let database: TestDatabase;
let company: Awaited<ReturnType<typeof aCompany>>;
beforeAll(async () => {
  database = await testDatabase();
  company = await aCompany(database);
});
afterAll(() => database.close());

const quiet = { error: () => undefined, warn: () => undefined, info: () => undefined };

/** A scheduler's rounds on a clock of one's own. */
function rounds() {
  const clock = simulatedClock(NOW);
  const queued: (Date | null)[] = [];
  const services = {
    database,
    clock,
    log: quiet,
    failing: new Map<string, FailingTrigger>(),
    onQueued: (_: string, notBefore: Date | null) => void queued.push(notBefore),
  };
  const look = async () => {
    while ((await accountDue(services)).more);
  };
  return { clock, services, queued, look };
}

const hourly: TriggerInput = { kind: "schedule", expression: "0 * * * *", zone: "UTC" };
async function routineWith(input: Partial<RoutineInput> = {}, trigger: TriggerInput = hourly): Promise<string> {
  const routineId = await company.create({ concurrencyPolicy: "always_enqueue", ...input });
  await createTrigger(database, { ...company.note, routineId, trigger });
  return routineId;
}
const outcomes = async (routineId: string) =>
  (await company.runs(routineId))
    .toSorted((a, b) => Number(a.slotAt) - Number(b.slotAt))
    .map(({ status, slotAt, slotCount }) => {
      const hour = (Number(slotAt) - START) / HOUR;
      return slotCount === null ? `${status} ${hour}` : `${status} ${hour} (${slotCount})`;
    });

describe("a slot", () => {
  test("that is due becomes a queued run of its trigger, with its day and the way to it, and the trigger goes on", async () => {
    const routineId = await routineWith(
      { instructions: "{{timestamp}}" },
      { kind: "schedule", expression: "30 0 * * *", zone: "Asia/Tokyo" },
    );
    const { clock, look, queued, services } = rounds();
    clock.jump(8 * HOUR + 30 * MINUTE + 2);
    expect(await accountDue(services)).toEqual({ more: false, latenessMs: 2 });
    await look();
    const [run, ...others] = await company.runs(routineId);
    expect(others).toEqual([]);
    expect(run).toMatchObject({
      status: "queued",
      source: "schedule",
      slotAt: new Date("2026-03-08T15:30:00Z"),
      triggeredAt: clock.now(),
      instructions: "2026-03-09 00:30 Asia/Tokyo",
      notBefore: null,
    });
    expect(queued).toEqual([null]);
    expect(await listTriggers(database.orm, routineId)).toMatchObject([
      { id: run?.triggerId, nextRunAt: "2026-03-09T15:30:00.000Z", lastFiredAt: clock.now().toISOString() },
    ]);
  });

  test("that comes while its run is active gives way by the routine's policy, and its row names the run", async () => {
    const [coalesces, skips] = [
      await routineWith({ concurrencyPolicy: "coalesce_if_active" }),
      await routineWith({ concurrencyPolicy: "skip_if_active" }),
    ];
    const { clock, look } = rounds();
    clock.jump(HOUR);
    await look();
    clock.jump(HOUR);
    await look();
    expect(await outcomes(coalesces)).toEqual(["queued 1", "coalesced 2"]);
    expect(await outcomes(skips)).toEqual(["queued 1", "skipped 2"]);
    const runs = await company.runs(coalesces);
    expect(runs.find(({ status }) => status === "coalesced")?.coalescedIntoRunId).toBe(
      runs.find(({ status }) => status === "queued")?.id,
    );
  });

  test("that cannot run leaves a failed run with the reason and the next step", async () => {
    const agent = await anAgent(database, company.companyId, { status: "paused" });
    const paused = await routineWith({ agent });
    const wanting = await routineWith({
      instructions: "{{x}}",
      variables: [{ name: "x", type: "text", required: true, default: "1" }],
    });
    await database.pool.query("update routines set variables = $2 where id = $1", [
      wanting,
      JSON.stringify([{ name: "x", type: "text", required: true }]),
    ]);
    const { clock, look } = rounds();
    clock.jump(HOUR);
    await look();
    expect(await company.runs(paused)).toMatchObject([{ status: "failed", failure: { code: "agent_inactive" } }]);
    expect(await company.runs(wanting)).toMatchObject([{ status: "failed", failure: { code: "variable_missing" } }]);
    expect((await company.runs(paused))[0]?.failure?.next).toBeTruthy();
  });

  test("of a routine that stopped being active unheard is left out, with the reason", async () => {
    const routineId = await routineWith();
    await database.pool.query("update routines set status = 'archived' where id = $1", [routineId]);
    const { clock, look } = rounds();
    clock.jump(3 * HOUR);
    await look();
    const [run] = await company.runs(routineId);
    expect(run).toMatchObject({ status: "skipped", slotCount: 3 });
    expect(run?.skipReason).toContain("archived");
    expect(await listTriggers(database.orm, routineId)).toMatchObject([{ nextRunAt: null }]);
  });
});

test("after ten hours away each policy gives the rows that it promises, and runs are spaced", async () => {
  const skip = await routineWith({ catchUpPolicy: "skip_missed" });
  const hold = await routineWith({ catchUpPolicy: "hold" });
  const latest = await routineWith({ catchUpPolicy: "enqueue_latest_missed" });
  const capped = await routineWith({ catchUpPolicy: "enqueue_missed_with_cap" }, {
    ...hourly,
    missedCap: 3,
  } as TriggerInput);
  const { clock, look } = rounds();
  clock.jump(10 * HOUR + 10 * MINUTE);
  await look();
  expect(await outcomes(skip)).toEqual(["skipped 1 (10)"]);
  expect(await outcomes(hold)).toEqual(["held 1 (10)"]);
  expect(await outcomes(latest)).toEqual(["skipped 1 (9)", "queued 10"]);
  expect(await outcomes(capped)).toEqual(["skipped 1 (7)", "queued 8", "queued 9", "queued 10"]);
  const now = clock.now().getTime();
  const waits = (await company.runs(capped)).flatMap(({ status, notBefore }) =>
    status === "queued" ? [notBefore === null ? 0 : notBefore.getTime() - now] : [],
  );
  expect(waits.toSorted((a, b) => a - b)).toEqual([0, SPACING_MS, 2 * SPACING_MS]);
  expect((await company.runs(skip))[0]?.skipReason).toBe(
    "10 slots were missed by more than the grace of 5 min: no scheduler was running.",
  );
});

test("one bad trigger never stops the others, and is known", async () => {
  const [bad, good] = [await routineWith(), await routineWith()];
  await database.pool.query("update routine_triggers set cron_expression = 'junk' where routine_id = $1", [bad]);
  const { clock, look, services } = rounds();
  clock.jump(HOUR);
  await look();
  expect(await outcomes(good)).toEqual(["queued 1"]);
  expect([...services.failing.values()]).toMatchObject([{ message: expect.stringContaining("schedule is refused") }]);
  await database.pool.query("update routine_triggers set cron_expression = '0 * * * *' where routine_id = $1", [bad]);
  clock.pass(61_000);
  await look();
  expect(await outcomes(bad)).toEqual(["queued 1"]);
  expect(services.failing.size).toBe(0);
});

test("a clock that was far ahead and is put back neither freezes a trigger nor runs a slot twice", async () => {
  const routineId = await routineWith();
  const { clock, look, services } = rounds();
  clock.jump(HOUR);
  await look();
  clock.jump(30 * 24 * HOUR);
  await look();
  expect(await outcomes(routineId)).toEqual(["queued 1", "skipped 2 (719)", "queued 721"]);
  clock.jump(-30 * 24 * HOUR + 90 * MINUTE);
  await rewindAll(services);
  expect(await outcomes(routineId)).toEqual(["queued 1", "skipped 2 (1)", "queued 721"]);
  clock.jump(30 * MINUTE);
  await look();
  expect(await outcomes(routineId)).toEqual(["queued 1", "skipped 2 (1)", "queued 3", "queued 721"]);
  await database.pool.query("delete from routines where id = $1", [routineId]);
});

test("four schedulers on one database never double a slot", async () => {
  await database.pool.query("delete from routines");
  const routineIds = await Promise.all(
    Array.from({ length: 6 }, () => routineWith({ catchUpPolicy: "enqueue_missed_with_cap" })),
  );
  const schedulers = Array.from({ length: 4 }, rounds);
  for (const { clock } of schedulers) clock.jump(12 * HOUR + MINUTE);
  await Promise.all(schedulers.map(({ look }) => look()));
  for (const routineId of routineIds) {
    expect(await outcomes(routineId)).toEqual(Array.from({ length: 12 }, (_, hour) => `queued ${hour + 1}`));
  }
  expect(schedulers.map(({ services }) => services.failing.size)).toEqual([0, 0, 0, 0]);
});

test("whatever the machine and the operator do, the rows cover every slot exactly once", async () => {
  await database.pool.query("delete from routines");
  await liveTimeLines(database, 15);
});
