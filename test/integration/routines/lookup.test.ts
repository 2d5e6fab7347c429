import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changeStatus } from "../../../main/routines/definition.ts";
import { findRevision, findRoutine } from "../../../main/routines/lookup.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { aCompany, refusalOf } from "./fixtures.ts";

let database: TestDatabase;
let company: Awaited<ReturnType<typeof aCompany>>;
let other: Awaited<ReturnType<typeof aCompany>>;
beforeAll(async () => {
  database = await testDatabase();
  company = await aCompany(database);
  other = await aCompany(database);
});
afterAll(() => database.close());

const find = (reference: string) => findRoutine(database.orm, company.companyId, reference);

describe("a routine", () => {
  test("is found by its id and by its title, whatever the case", async () => {
    const id = await company.create({ title: "Nächtlich" });
    for (const reference of [id, id.toUpperCase(), ` ${id} `, "nÄCHTLICH"]) expect((await find(reference)).id).toBe(id);
  });

  test("is not found by a part of its title, as a pattern, or by what no title holds", async () => {
    await company.create({ title: "Weekly report" });
    for (const reference of ["Weekly", "Weekly%", "Weekly_report", "Weekly\0report"]) {
      expect((await refusalOf(find(reference))).code).toBe("routine_missing");
    }
  });

  test("of another company is not found, by id or title", async () => {
    const id = await other.create({ title: "Theirs" });
    expect((await refusalOf(find(id))).code).toBe("routine_missing");
    expect((await refusalOf(find("Theirs"))).code).toBe("routine_missing");
  });

  test("with a title that several have is refused, until one of them is left that is not archived", async () => {
    const first = await company.create({ title: "Twice" });
    const second = await company.create({ title: "TWICE" });
    expect((await refusalOf(find("twice"))).code).toBe("name_ambiguous");
    await changeStatus(database, { ...company.note, routineId: first, change: "archive" });
    expect((await find("twice")).id).toBe(second);
    await changeStatus(database, { ...company.note, routineId: second, change: "archive" });
    expect((await refusalOf(find("twice"))).code).toBe("name_ambiguous");
  });
});

test("a revision that is not there is refused with the number of the latest", async () => {
  const routine = await find(await company.create());
  expect((await findRevision(database.orm, routine, 1)).id).toBe(routine.latestRevisionId);
  for (const number of [2, Number.MAX_SAFE_INTEGER]) {
    expect(await refusalOf(findRevision(database.orm, routine, number))).toMatchObject({
      code: "revision_missing",
      data: { details: { latest: 1 } },
    });
  }
});
