import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changeStatus } from "../../../main/routines/definition.ts";
import { listRoutines, type RoutineFilter } from "../../../main/routines/listing.ts";
import { routineRecordOf } from "../../../main/routines/records.ts";
import { routineRecord } from "../../../preload/contract/routines.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { aCompany, anAgent, NOW, refusalOf } from "./fixtures.ts";

let database: TestDatabase;
let company: Awaited<ReturnType<typeof aCompany>>;
let other: Awaited<ReturnType<typeof aCompany>>;
beforeAll(async () => {
  database = await testDatabase();
  company = await aCompany(database);
  other = await aCompany(database);
});
afterAll(() => database.close());

const list = async (filter: Omit<RoutineFilter, "companyId"> = {}) =>
  (await listRoutines(database.orm, { ...filter, companyId: company.companyId })).routines;

describe("records of routines", () => {
  test("are those of the company by title, and can be filtered", async () => {
    await other.create({ title: "A theirs" });
    const b = await company.create({ title: "b", project: company.projectId });
    const a = await company.create({ title: "A" });
    const c = await company.create({ title: "C", project: company.projectId });
    await changeStatus(database, { ...company.note, routineId: c, change: "archive" });
    expect((await list()).map((record) => record.id)).toEqual([a, b, c]);
    expect((await list({ status: "active" })).map((record) => record.id)).toEqual([a, b]);
    expect((await list({ projectId: company.projectId })).map((record) => record.id)).toEqual([b, c]);
    expect((await list({ projectId: company.projectId, status: "archived" })).map((record) => record.id)).toEqual([c]);
  });

  test("fit the contract, with the names and the last run that did not give way", async () => {
    const agent = await anAgent(database, company.companyId, { name: "Recorder" });
    const routineId = await company.create({ agent, env: { A: "a" } });
    const empty = await routineRecordOf(database.orm, company.companyId, routineId);
    expect(routineRecord.parse(empty)).toEqual(empty);
    expect(empty).toMatchObject({ agentName: "Recorder", projectName: null, lastRunAt: null, lastRunStatus: null });
    await company.fire(routineId);
    await company.fire(routineId);
    expect(await routineRecordOf(database.orm, company.companyId, routineId)).toMatchObject({
      lastRunAt: NOW.toISOString(),
      lastRunStatus: "queued",
      agentId: agent,
      latestRevisionNumber: 1,
    });
  });

  test("of another company are not there", async () => {
    const theirs = await other.create();
    expect((await refusalOf(routineRecordOf(database.orm, company.companyId, theirs))).code).toBe("routine_missing");
  });
});
