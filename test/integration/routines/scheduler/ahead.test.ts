import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { restoreHolds, routineRuns, schedulerPause } from "../../../../main/database/schema/runs.ts";
import { companySecretBindings } from "../../../../main/database/schema/secrets.ts";
import { agents, projects } from "../../../../main/database/schema/work.ts";
import { changeStatus } from "../../../../main/routines/definition.ts";
import { type Ahead, fireAhead, readAhead } from "../../../../main/routines/scheduler/ahead.ts";
import { accountDue } from "../../../../main/routines/scheduler/round.ts";
import { createTrigger, listTriggers, switchTrigger } from "../../../../main/routines/triggers.ts";
import { testDatabase, type TestDatabase } from "../../../fixtures/database.ts";
import { silentLog } from "../../../fixtures/runner.ts";
import { simulatedClock } from "../../../fixtures/simulated-clock.ts";
import { aCompany, NOW } from "../fixtures.ts";

const HOUR = 3_600_000;
const SLOT = new Date(NOW.getTime() + HOUR);
const DUE = new Date(SLOT.getTime() + 3);

let database: TestDatabase;
let company: Awaited<ReturnType<typeof aCompany>>;
let routineId: string;
let triggerId: string;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
/** No value is that of a routine that was told nothing. */
const RETRY = {
  maxAttempts: 3,
  backoffSeconds: 7,
  backoffFactor: 1.5,
  backoffCapSeconds: 60,
  jitter: 0.5,
  onInterruption: true,
};
beforeEach(async () => {
  company = await aCompany(database);
  routineId = await company.create({
    instructions: "{{timestamp}}",
    project: company.projectId,
    retry: RETRY,
  });
  triggerId = await aTrigger();
});

async function aTrigger(): Promise<string> {
  const trigger = { kind: "schedule", expression: "0 * * * *", zone: "UTC" } as const;
  return createTrigger(database, { ...company.note, routineId, trigger });
}
async function prepared(of = triggerId): Promise<Ahead> {
  const found = (await readAhead(database.orm, SLOT)).find((one) => one.triggerId === of);
  if (!found) throw new Error("the slot was not prepared");
  return found;
}
const fire = (ahead: Ahead, at = DUE) => fireAhead(database.orm, ahead, at);
const trigger = async (of = routineId) => (await listTriggers(database.orm, of))[0];

test("a slot that was prepared becomes the row that it becomes in the long way, and its trigger goes on alike", async () => {
  const other = await company.create({
    title: (await company.routine(routineId)).title,
    instructions: "{{timestamp}}",
    project: company.projectId,
    retry: RETRY,
  });
  const schedule = { kind: "schedule", expression: "0 * * * *", zone: "UTC" } as const;
  await createTrigger(database, { ...company.note, routineId: other, trigger: schedule });
  expect(await fire(await prepared())).toBe(true);
  const clock = simulatedClock(DUE);
  const services = { database, clock, log: silentLog, failing: new Map(), onQueued: () => undefined };
  await accountDue(services);
  const [[short], [long]] = [await company.runs(routineId), await company.runs(other)];
  const own = { id: "", routineId: "", triggerId: "", routineRevisionId: "", sheetId: "" };
  expect({ ...short, ...own }).toEqual({ ...long, ...own });
  expect(short).toMatchObject({
    status: "queued",
    slotAt: SLOT,
    triggeredAt: DUE,
    triggerId,
    instructions: "2026-03-08 08:00 UTC",
  });
  const [first, second] = [await trigger(), await trigger(other)];
  expect(first?.lastResult).toBe(`queued: run ${short?.id}`);
  const known = { id: "", lastResult: "", routineId: "" };
  expect({ ...first, ...known }).toEqual({ ...second, ...known });
  expect(await company.routine(routineId)).toMatchObject({ lastTriggeredAt: DUE, lastEnqueuedAt: DUE });
});

describe("a slot that was prepared is left to the long way, and nothing is written,", () => {
  const changes: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["where its routine was edited", () => company.update(routineId, { instructions: "other" })],
    ["where its routine was paused", () => changeStatus(database, { ...company.note, routineId, change: "pause" })],
    ["where its routine was fired by hand", () => company.fire(routineId)],
    [
      "where its trigger was switched off",
      () => switchTrigger(database, { ...company.note, routineId, trigger: triggerId, enabled: false }),
    ],
    ["where the slot was fired already", async () => fire(await prepared())],
    [
      "where its agent was paused",
      () => database.orm.update(agents).set({ status: "paused" }).where(eq(agents.id, company.agentId)),
    ],
    [
      "where the env of its agent was changed",
      () =>
        database.orm
          .update(agents)
          .set({ env: { A: { type: "plain", value: "b" } } })
          .where(eq(agents.id, company.agentId)),
    ],
    [
      "where its project was renamed",
      () =>
        database.orm
          .update(projects)
          .set({ name: `Other ${randomUUID()}` })
          .where(eq(projects.id, company.projectId)),
    ],
    [
      "where a binding was added",
      async () =>
        database.orm.insert(companySecretBindings).values({
          id: randomUUID(),
          companyId: company.companyId,
          secretId: await company.secret(`key-${randomUUID()}`),
          targetType: "agent",
          targetId: company.agentId,
          configPath: "env.LATE",
        }),
    ],
  ];
  test.each(changes)("%s", async (_, change) => {
    const ahead = await prepared();
    await change();
    const [runs, before] = [await company.runs(routineId), await trigger()];
    expect(await fire(ahead)).toBe(false);
    expect(await company.runs(routineId)).toEqual(runs);
    expect(await trigger()).toEqual(before);
  });

  test("while all schedules are paused, and while what was restored is held", async () => {
    const ahead = await prepared();
    await database.orm.insert(schedulerPause).values({ pausedAt: NOW });
    expect(await fire(ahead)).toBe(false);
    await database.orm.delete(schedulerPause);
    await database.orm
      .insert(restoreHolds)
      .values({ id: randomUUID(), kind: "restore", source: "a backup", stateOf: NOW, beganAt: NOW });
    expect(await fire(ahead)).toBe(false);
    await database.orm.delete(restoreHolds);
    expect(await company.runs(routineId)).toEqual([]);
    expect(await fire(ahead)).toBe(true);
  });

  test("where an active run does the same work, where it is too late, and before its time", async () => {
    await company.fire(routineId);
    const ahead = await prepared();
    expect(await fire(ahead)).toBe(false);
    await database.orm.update(routineRuns).set({ status: "succeeded" }).where(eq(routineRuns.routineId, routineId));
    expect(await fire(ahead, new Date(SLOT.getTime() - 1))).toBe(false);
    expect(await fire(ahead, new Date(SLOT.getTime() + 301_000))).toBe(false);
    expect(await company.runs(routineId)).toHaveLength(1);
    expect(await fire(ahead)).toBe(true);
  });
});

test("two triggers of a routine, and two schedulers, that fire the same instant at once make each slot's row once", async () => {
  await company.update(routineId, { concurrencyPolicy: "always_enqueue" });
  const second = await aTrigger();
  const all = [await prepared(), await prepared(second), await prepared(), await prepared(second)];
  const fired = await Promise.all(all.map((ahead) => fire(ahead)));
  const rows = await company.runs(routineId);
  expect(fired.filter(Boolean)).toHaveLength(rows.length);
  expect(rows.length).toBeGreaterThan(0);
  expect(new Set(rows.map((row) => row.triggerId)).size).toBe(rows.length);
});
