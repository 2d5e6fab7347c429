import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diffRevisions, listRevisions } from "../../../main/routines/revisions.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { aCompany, anAgent, NOW, refusalOf } from "./fixtures.ts";

let database: TestDatabase;
let company: Awaited<ReturnType<typeof aCompany>>;
beforeAll(async () => {
  database = await testDatabase();
  company = await aCompany(database);
});
afterAll(() => database.close());

describe("the list of revisions", () => {
  test("goes newest first, in pages that join without gap or double", async () => {
    const routineId = await company.create({ title: "Paged", instructions: "0" });
    for (let index = 1; index < 7; index += 1) await company.update(routineId, { instructions: String(index) });
    const routine = await company.routine(routineId);
    const numbers: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await listRevisions(database.orm, routine, { limit: 3, cursor });
      numbers.push(...page.revisions.map((revision) => revision.number));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(numbers).toEqual([7, 6, 5, 4, 3, 2, 1]);
    const all = await listRevisions(database.orm, routine, { limit: 7 });
    expect(all.nextCursor).toBeNull();
    expect(all.revisions[0]).toEqual({
      id: routine.latestRevisionId,
      routineId,
      number: 7,
      title: "Paged",
      changeSummary: null,
      restoredFromNumber: null,
      current: true,
      createdBy: { type: "user", id: "local-operator" },
      createdAt: NOW.toISOString(),
    });
    expect(all.revisions.filter((revision) => revision.current)).toHaveLength(1);
  });

  test("refuses a cursor that no page gave", async () => {
    const routine = await company.routine(await company.create());
    for (const cursor of ["x", "0", "-1", "1.5", "99999999999"]) {
      expect((await refusalOf(listRevisions(database.orm, routine, { cursor }))).code).toBe("invalid_input");
    }
  });
});

describe("the diff of two revisions", () => {
  test("names agents and secrets, either way round, and holds no plain value", async () => {
    const secretId = await company.secret("diff-token");
    const agent = await anAgent(database, company.companyId, { name: "Differ" });
    const canary = `canary-${randomUUID()}`;
    const routineId = await company.create({
      title: "Diff",
      instructions: "a\nb",
      env: { OLD: canary, KEPT: `${canary}1` },
    });
    await company.update(routineId, {
      agent,
      instructions: "a\nc",
      env: { KEPT: `${canary}2`, NEW: { type: "secret_ref", secretId } },
    });
    const routine = await company.routine(routineId);
    const there = await diffRevisions(database.orm, routine, 1, 2);
    const back = await diffRevisions(database.orm, routine, 2, 1);
    expect(there.fields).toEqual([{ field: "agent", from: expect.stringContaining("Agent "), to: "Differ" }]);
    expect(there.instructions.map((line) => `${line.op} ${line.text}`)).toEqual(["same a", "removed b", "added c"]);
    expect(there.env).toEqual([
      { key: "KEPT", change: "value_changed", from: "plain", to: "plain" },
      { key: "NEW", change: "added", from: null, to: "diff-token latest" },
      { key: "OLD", change: "removed", from: "plain", to: null },
    ]);
    expect(back.env.map((row) => [row.key, row.change])).toEqual([
      ["KEPT", "value_changed"],
      ["NEW", "removed"],
      ["OLD", "added"],
    ]);
    expect(JSON.stringify([there, back])).not.toContain("canary");
  });

  test("of a revision that is not there is refused", async () => {
    const routine = await company.routine(await company.create());
    expect((await refusalOf(diffRevisions(database.orm, routine, 1, 2))).code).toBe("revision_missing");
    expect(await diffRevisions(database.orm, routine, 1, 1)).toMatchObject({ fields: [], instructions: [], env: [] });
  });
});
