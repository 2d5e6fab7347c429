import { afterEach, beforeEach, expect, test } from "vitest";
import { createRoutine } from "../../../main/routines/definition.ts";
import { releaseHold } from "../../../main/routines/hold-release.ts";
import { absenceAt, beginCoverage } from "../../../main/routines/scheduler/coverage.ts";
import { startScheduler } from "../../../main/routines/scheduler/scheduler.ts";
import { createTrigger } from "../../../main/routines/triggers.ts";
import { OPERATOR } from "../../../main/record/activity.ts";
import { countHeldBack, holdBack, newestHold, readHold } from "../../../main/runs/hold.ts";
import { createAgent } from "../../../main/work/agents.ts";
import { eventually, refusalOf } from "../../fixtures/conditions.ts";
import { silentLog } from "../../fixtures/runner.ts";
import { runWorld, type RunWorld } from "../../fixtures/runs.ts";

let world: RunWorld;
beforeEach(async () => {
  world = await runWorld();
});
afterEach(() => world.close());

const HOUR = 3_600_000;
const hold = () =>
  ({ kind: "restore", source: "a.tar", stateOf: new Date(world.clock.now().getTime() - HOUR) }) as const;
const restore = () => world.database.orm.transaction((tx) => holdBack(tx, hold(), world.clock.now()));

test("what was queued in a restored database waits for its release; what is started since does not", async () => {
  const waiting = await world.fire("true", { quietly: true });
  const running = await world.fire("true", { quietly: true });
  await world.database.pool.query(
    "update routine_runs set status = 'running', claimed_by = gen_random_uuid() where id = $1",
    [running],
  );
  await restore();
  // Who worked on it is gone, and what it was doing is not done again by itself.
  expect(await world.statusOf(running)).toBe("interrupted");
  const held = await readHold(world.database.orm);
  expect(held && (await countHeldBack(world.database.orm, held))).toBe(1);
  world.clock.advance(1_000);
  await world.worker();
  const since = await world.fire("true");
  await world.reaches(since, "succeeded");
  expect(await world.statusOf(waiting)).toBe("queued");
  expect(await releaseHold(world, "start")).toMatchObject({ queued: 1, triggers: 0 });
  await world.reaches(waiting, "succeeded");
  expect((await refusalOf(releaseHold(world, "start"))).code).toBe("restore_not_held");
});

test("a run that waits for its next attempt waits for the release too, however long that is due", async () => {
  const before = await world.worker();
  const failing = await world.fire("exit 9", { retry: { maxAttempts: 2, backoffSeconds: 60 } });
  const attempts = async () => {
    const { rows } = await world.database.pool.query<{ attempts: number; status: string }>(
      "select attempts, status from routine_runs where id = $1",
      [failing],
    );
    return rows[0];
  };
  await eventually(async () => JSON.stringify(await attempts()) === '{"attempts":1,"status":"queued"}');
  await before.stop();
  await restore();
  world.clock.advance(HOUR);
  await world.worker();
  await world.reaches(await world.fire("true"), "succeeded");
  expect(await attempts()).toEqual({ attempts: 1, status: "queued" });
  expect(await releaseHold(world, "start")).toMatchObject({ queued: 1 });
  await world.reaches(failing, "failed");
  expect(await attempts()).toEqual({ attempts: 2, status: "failed" });
});

test("a time that the restored database knows nothing of is told as such, also after an app that was closed", async () => {
  const { orm } = world.database;
  const at = (hoursAgo: number) => new Date(world.clock.now().getTime() - hoursAgo * HOUR);
  for (const [began, until] of [
    [6, 5],
    [4, 3],
  ] as const) {
    const coverage = await beginCoverage(world.database, "/here", at(began));
    await coverage.end(at(until));
  }
  expect(await absenceAt(orm, at(2))).toBe("the app was closed");
  await restore();
  expect(await absenceAt(orm, at(2))).toBe("the database was put back to an earlier state");
  expect(await absenceAt(orm, at(4.5))).toBe("the app was closed");
});

test("the hold that came with the rows is the newest, though a clock was ahead at an earlier one", async () => {
  const { orm, pool } = world.database;
  await restore();
  await pool.query("update restore_holds set began_at = now() + interval '2 days'");
  const id = await restore();
  expect(await newestHold(orm)).toBe(id);
  expect(await readHold(orm)).toMatchObject({ id });
});

test("a clock that was ahead where the backup was taken starts nothing", async () => {
  const waiting = await world.fire("true", { quietly: true });
  await world.database.pool.query("update routine_runs set queued_at = now() + interval '2 days' where id = $1", [
    waiting,
  ]);
  await restore();
  await world.worker();
  const since = await world.fire("true");
  expect(await releaseHold(world, "cancel")).toMatchObject({ queued: 2 });
  expect([await world.statusOf(waiting), await world.statusOf(since)]).toEqual(["cancelled", "cancelled"]);
});

test("no slot runs while it is held, and the release accounts for all of them with their reason", async () => {
  const { database, clock, feed, acme } = world;
  // Half past an hour, so that no hour passes in between but those of the test.
  clock.advance(HOUR - ((clock.now().getTime() + HOUR / 2) % HOUR));
  const note = { companyId: acme.id, actor: OPERATOR, now: clock.now(), changeSummary: null };
  const agent = await createAgent(database.orm, acme.id, {
    name: "coder",
    adapter: "process",
    config: { command: ["true"] },
  });
  const routineId = await createRoutine(database, {
    ...note,
    routine: { title: "Hourly", agent: agent.id, catchUpPolicy: "enqueue_missed_with_cap" },
  });
  const trigger = { kind: "schedule", expression: "0 * * * *", zone: "UTC" } as const;
  await createTrigger(database, { ...note, routineId, trigger });
  await restore();
  clock.advance(5 * HOUR);
  const scheduler = startScheduler({
    database,
    session: database.options,
    feed,
    clock,
    log: silentLog,
    instanceRoot: world.paths.root,
    onQueued: () => undefined,
    changed: () => undefined,
  });
  try {
    await eventually(async () => (await scheduler.state()).state === "held");
    const rows = () =>
      database.pool
        .query<{ status: string; slot_count: number; skip_reason: string }>(
          "select status, slot_count, skip_reason from routine_runs where routine_id = $1",
          [routineId],
        )
        .then((answer) => answer.rows);
    expect(await rows()).toEqual([]);
    expect(await releaseHold(world, "start")).toMatchObject({ triggers: 1 });
    await eventually(async () => (await scheduler.state()).state === "ready");
    expect(await rows()).toEqual([
      { status: "skipped", slot_count: 5, skip_reason: expect.stringContaining("put back to a backup of") },
    ]);
    expect((await scheduler.state()).nextRunAt?.getTime()).toBeGreaterThan(clock.now().getTime());
  } finally {
    await scheduler.stop();
  }
});
