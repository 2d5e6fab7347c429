import { afterAll, beforeAll, expect, test } from "vitest";
import { routineTriggers } from "../../../main/database/schema/routines.ts";
import { previewSchedule } from "../../../main/routines/schedule-preview.ts";
import { OPERATOR } from "../../../main/record/activity.ts";
import { changeStatus } from "../../../main/routines/definition.ts";
import {
  createTrigger,
  listTriggers,
  removeTrigger,
  switchTrigger,
  updateTrigger,
} from "../../../main/routines/triggers.ts";
import { pauseAll, resumeAll } from "../../../main/routines/scheduler/pause.ts";
import { upcomingOf } from "../../../main/routines/upcoming.ts";
import type { TriggerInput } from "../../../preload/contract/triggers.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { aCompany, NOW, refusalOf } from "./fixtures.ts";

let database: TestDatabase;
let company: Awaited<ReturnType<typeof aCompany>>;
beforeAll(async () => {
  database = await testDatabase();
  company = await aCompany(database);
});
afterAll(() => database.close());

const nightly: TriggerInput = { kind: "schedule", expression: "30 2 * * *", zone: "europe/berlin", label: "Nightly" };
const add = (routineId: string, trigger: TriggerInput = nightly, now = NOW) =>
  createTrigger(database, { ...company.note, routineId, trigger, now });
const only = async (routineId: string) => {
  const [trigger, ...others] = await listTriggers(database.orm, routineId);
  if (!trigger || others.length > 0) throw new Error("there is not exactly one trigger");
  return trigger;
};
const later = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);

test("a schedule is due from now on, by its own zone, and says so in words", async () => {
  const routineId = await company.create();
  await add(routineId);
  expect(await only(routineId)).toMatchObject({
    kind: "schedule",
    label: "Nightly",
    enabled: true,
    expression: "30 2 * * *",
    zone: "Europe/Berlin",
    explanation: "At 02:30, every day, Europe/Berlin",
    graceSeconds: 300,
    missedCap: 25,
    nextRunAt: "2026-03-09T01:30:00.000Z",
    lastFiredAt: null,
  });
  expect(await company.actions(routineId)).toContain("routine.trigger_created");
});

test("what can never be due, or is no schedule, is refused with the place, and nothing is saved", async () => {
  const routineId = await company.create();
  const refusals: [TriggerInput, string][] = [
    [{ kind: "schedule", expression: "5x * * * *", zone: "UTC" }, "cron_invalid"],
    [{ kind: "schedule", expression: "0 0 31 2 *", zone: "UTC" }, "cron_invalid"],
    [{ kind: "schedule", expression: "0 0 * * *", zone: "Mars/Olympus" }, "zone_unknown"],
    [{ kind: "once", at: NOW.toISOString() }, "trigger_invalid"],
    [{ kind: "once", at: later(1).toISOString(), zone: "Nowhere" }, "zone_unknown"],
  ];
  for (const [trigger, code] of refusals) expect((await refusalOf(add(routineId, trigger))).code).toBe(code);
  expect((await refusalOf(add(routineId, refusals[0]?.[0]))).data.details).toMatchObject({ position: 1, length: 2 });
  expect(await listTriggers(database.orm, routineId)).toEqual([]);
});

test("a routine that needs a value cannot start by itself", async () => {
  const routineId = await company.create({ instructions: "{{repo}}" });
  const refusal = await refusalOf(add(routineId));
  expect(refusal).toMatchObject({
    code: "variable_missing",
    data: { fields: { "variables.repo": expect.any(String) } },
  });
  await add(routineId, { ...nightly, enabled: false });
  const { id: trigger } = await only(routineId);
  const enable = () => switchTrigger(database, { ...company.note, routineId, trigger, enabled: true });
  expect((await refusalOf(enable())).code).toBe("variable_missing");
  await company.update(routineId, { variables: [{ name: "repo", type: "text", required: true, default: "web" }] });
  await enable();
  expect((await only(routineId)).nextRunAt).not.toBeNull();
  const undo = company.update(routineId, { variables: [{ name: "repo", type: "text", required: true }] });
  expect((await refusalOf(undo)).code).toBe("variable_missing");
});

test("a trigger that is off, or whose routine is not active, has no slots; from the switch on it has", async () => {
  const routineId = await company.create();
  await add(routineId, { kind: "schedule", expression: "0 * * * *", zone: "UTC" });
  const { id: trigger } = await only(routineId);
  const work = { ...company.note, routineId, trigger };
  await switchTrigger(database, { ...work, enabled: false, now: later(30) });
  expect(await only(routineId)).toMatchObject({ enabled: false, nextRunAt: null });
  await switchTrigger(database, { ...work, enabled: true, now: later(600) });
  expect((await only(routineId)).nextRunAt).toBe(later(660).toISOString());
  await changeStatus(database, { ...company.note, routineId, change: "pause", now: later(610) });
  expect((await only(routineId)).nextRunAt).toBeNull();
  await changeStatus(database, { ...company.note, routineId, change: "resume", now: later(3_000) });
  expect((await only(routineId)).nextRunAt).toBe(later(3_060).toISOString());
  await company.update(routineId, { agent: null });
  expect((await only(routineId)).nextRunAt).toBeNull();
  expect(await company.runs(routineId)).toEqual([]);
});

test("what was due and has no row when the trigger stops gets one that says why", async () => {
  const hourly: TriggerInput = { kind: "schedule", expression: "0 * * * *", zone: "UTC" };
  const stops = [
    (routineId: string, trigger: string) =>
      switchTrigger(database, { ...company.note, routineId, trigger, enabled: false, now: later(150) }),
    (routineId: string, trigger: string) =>
      updateTrigger(database, {
        ...company.note,
        routineId,
        trigger,
        changes: { expression: "@daily" },
        now: later(150),
      }),
    (routineId: string, trigger: string) =>
      removeTrigger(database, { ...company.note, routineId, trigger, now: later(150) }),
    (routineId: string) => changeStatus(database, { ...company.note, routineId, change: "pause", now: later(150) }),
  ];
  for (const stop of stops) {
    const routineId = await company.create();
    const trigger = await add(routineId, hourly);
    await stop(routineId, trigger);
    const runs = await company.runs(routineId);
    expect(runs).toMatchObject([{ status: "skipped", source: "schedule", slotAt: later(60), slotCount: 2 }]);
    expect(runs[0]?.skipReason).toMatch(/before it was due to run/);
  }
});

test("a changed schedule is due by the new rule; a kind takes only what it has", async () => {
  const routineId = await company.create();
  const trigger = await add(routineId);
  const change = (changes: Parameters<typeof updateTrigger>[1]["changes"]) =>
    updateTrigger(database, { ...company.note, routineId, trigger: "nightly", changes });
  await change({ zone: "America/New_York", graceSeconds: 60, label: null });
  expect(await only(routineId)).toMatchObject({ label: null, graceSeconds: 60, nextRunAt: "2026-03-09T06:30:00.000Z" });
  expect((await refusalOf(change({ expression: "* * * *" }))).code).toBe("trigger_missing");
  const byId = updateTrigger(database, {
    ...company.note,
    routineId,
    trigger,
    changes: { at: later(1).toISOString() },
  });
  expect((await refusalOf(byId)).code).toBe("trigger_invalid");
});

test("a label is unique in its routine, and a trigger of another routine is not found", async () => {
  const [one, other] = [await company.create(), await company.create()];
  const trigger = await add(one);
  expect((await refusalOf(add(one, { ...nightly, label: "NIGHTLY" }))).code).toBe("name_taken");
  await add(other);
  const foreign = removeTrigger(database, { ...company.note, routineId: other, trigger });
  expect((await refusalOf(foreign)).code).toBe("trigger_missing");
});

test("the next times of all enabled triggers are told together, with what the clock's change does", async () => {
  const routineId = await company.create();
  await add(
    routineId,
    { kind: "schedule", expression: "30 2 * * *", zone: "America/New_York" },
    new Date("2026-03-07T12:00:00Z"),
  );
  await add(
    routineId,
    { kind: "once", at: "2026-03-08T06:00:00.000Z", label: "once" },
    new Date("2026-03-07T12:00:00Z"),
  );
  const next = async () =>
    upcomingOf(database.orm, await company.routine(routineId), new Date("2026-03-07T12:00:00Z"), 3);
  const { times, ...others } = await next();
  expect(times.map(({ at, local }) => [at, local])).toEqual([
    ["2026-03-08T06:00:00.000Z", "2026-03-08 06:00"],
    ["2026-03-08T07:00:00.000Z", "2026-03-08 03:00"],
    ["2026-03-09T06:30:00.000Z", "2026-03-09 02:30"],
  ]);
  expect(times[1]?.note).toMatch(/does not exist/);
  expect(others).toEqual({ switchedOff: 0, standstill: null });

  // Whatever stands in the way of them is said, and they stay what they will be.
  await switchTrigger(database, { ...company.note, routineId, trigger: "once", enabled: false });
  await changeStatus(database, { ...company.note, routineId, change: "pause" });
  const without = await next();
  expect(without).toMatchObject({ switchedOff: 1, standstill: "routine_paused" });
  expect(without.times.slice(0, 2)).toEqual(times.slice(1));
  await pauseAll(database, OPERATOR, NOW);
  expect(await next()).toMatchObject({ standstill: "all_paused" });
  await resumeAll(database, OPERATOR, NOW);
});

test("a kind that is none is refused by the database itself", async () => {
  const routineId = await company.create();
  const insert = database.orm.insert(routineTriggers).values({
    id: routineId,
    companyId: company.companyId,
    routineId,
    kind: "sundial" as "once",
  });
  await expect(insert).rejects.toThrow(/insert into/);
});

test("what a schedule would mean is told before there is a trigger, and so is where it is wrong", () => {
  const around = new Date("2026-03-28T12:00:00.000Z");
  expect(previewSchedule("30 2 * * *", "Europe/Berlin", around, 2)).toEqual({
    outcome: "valid",
    explanation: "At 02:30, every day, Europe/Berlin",
    times: [
      {
        at: "2026-03-29T01:00:00.000Z",
        local: "2026-03-29 03:00",
        note: "runs once at 03:00 because 02:30 does not exist on that day",
      },
      { at: "2026-03-30T00:30:00.000Z", local: "2026-03-30 02:30", note: null },
    ],
  });
  expect(previewSchedule("0 25 * * *", "UTC", around, 2)).toMatchObject({
    field: "expression",
    position: 2,
    length: 2,
  });
  expect(previewSchedule("0 2 * * *", "Mars/Olympus", around, 2)).toMatchObject({ outcome: "invalid", field: "zone" });
});
