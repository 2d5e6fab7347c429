import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createRouterClient } from "@orpc/server";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { routineRuns } from "../../../main/database/schema/runs.ts";
import { activityProcedures } from "../../../main/record/procedures.ts";
import { routineProcedures } from "../../../main/routines/procedures.ts";
import { createTrigger, listTriggers, switchTrigger } from "../../../main/routines/triggers.ts";
import { fileKeyPlace } from "../../../main/secrets/file-key-place.ts";
import { openVault } from "../../../main/secrets/vault.ts";
import type { TriggerInput } from "../../../preload/contract/triggers.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { aCompany, anAgent, clock } from "./fixtures.ts";
import { noted } from "../../fixtures/unexpected.ts";

let database: TestDatabase;
let directory: string;
let client: Awaited<ReturnType<typeof open>>;
let company: Awaited<ReturnType<typeof aCompany>>;
const woken: string[] = [];
const unexpected: unknown[] = [];

beforeAll(async () => {
  database = await testDatabase();
  directory = await mkdtemp(path.join(os.tmpdir(), "pcd-procedures-"));
  client = await open();
  company = await aCompany(database);
});
afterAll(async () => {
  await database.close();
  await rm(directory, { recursive: true });
});

async function open() {
  const vault = await openVault({
    database,
    clock,
    place: fileKeyPlace({
      keyFile: path.join(directory, "master.key"),
      keyFileIsDefault: false,
      secretsDirectory: directory,
    }),
  });
  const procedures = routineProcedures({
    strictMode: () => true,
    database,
    vault,
    clock,
    wake: (runId) => woken.push(runId),
    baseEnvironment: async () => ({ PATH: "/usr/bin" }),
    defaultCwd: directory,
  });
  return createRouterClient(procedures, {
    context: { host: "in-process", reportUnexpected: noted(unexpected) },
  });
}

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "none",
    (error: { code: string }) => error.code,
  );

describe("the calls of routines", () => {
  test("leave nothing empty in what is told of a change", async () => {
    const activity = createRouterClient(
      activityProcedures({ database, findCompany: async () => ({ id: company.companyId }) }),
      { context: { host: "in-process", reportUnexpected: noted(unexpected) } },
    );
    const { id } = await client.create({ routine: { title: "Quiet" } });
    await client.update({ routine: id, changes: { priority: "low" }, changeSummary: "why" });
    const { entries } = await activity.list({ entityId: id });
    expect(
      entries.flatMap(({ action, details }) => (action === "routine.revision_created" ? [details] : [])).toReversed(),
    ).toEqual([{ revision: 1 }, { revision: 2, changeSummary: "why" }]);
  });

  test("lead a routine through its life", async () => {
    const created = await client.create({
      routine: { title: "Life {{a}}", agent: company.agentId, instructions: "one", env: { MODE: "x" } },
      changeSummary: "made",
    });
    expect(created).toMatchObject({ title: "Life {{a}}", status: "active", latestRevisionNumber: 1 });
    const one = { routine: created.id };
    const updated = await client.update({
      ...one,
      changes: { instructions: "two", env: {} },
      baseRevisionId: created.latestRevisionId,
    });
    expect(updated.latestRevisionNumber).toBe(2);
    expect((await client.pause(one)).status).toBe("paused");
    expect((await client.resume({ routine: "life {{A}}" })).status).toBe("active");
    expect((await client.preview({ ...one, variables: { a: "b" } })).problems).toEqual([]);

    const run = await client.run({ ...one, variables: { a: "b" }, idempotencyKey: "once", payload: [1] });
    expect(run).toMatchObject({
      routineId: created.id,
      title: "Life b",
      status: "queued",
      source: "manual",
      revision: 2,
    });
    expect(woken).toEqual([run.id]);
    expect((await client.run({ ...one, idempotencyKey: "once" })).id).toBe(run.id);
    expect(await client.run({ ...one, source: "api", variables: { a: "b" }, payload: [1] })).toMatchObject({
      status: "coalesced",
      coalescedIntoRunId: run.id,
      source: "api",
    });
    expect((await client.get(one)).lastRunStatus).toBe("queued");

    expect((await client.diff({ ...one, from: 1, to: 2 })).env).toEqual([
      { key: "MODE", change: "removed", from: "plain", to: null },
    ]);
    expect(await client.restorePreview({ ...one, revision: 1 })).toMatchObject({ gone: [], diff: { from: 2, to: 1 } });
    const restored = await client.restore({ ...one, revision: 1, changeSummary: "back" });
    expect(restored).toMatchObject({ instructions: "one", latestRevisionNumber: 3 });
    const { revisions, nextCursor } = await client.revisions({ ...one, limit: 2 });
    expect(revisions.map((revision) => [revision.number, revision.changeSummary])).toEqual([
      [3, "back"],
      [2, null],
    ]);
    expect(nextCursor).toBe("2");
    expect((await client.archive(one)).status).toBe("archived");
    expect((await client.list({ status: "archived" })).routines.map((routine) => routine.id)).toEqual([created.id]);
    expect(await codeOf(client.run(one))).toBe("routine_archived");
    expect(unexpected).toEqual([]);
  });

  test("start a run under a name for calls, which it then bears, and the same key means the same run", async () => {
    const routineId = await company.create({ agent: await anAgent(database, company.companyId) });
    const one = { company: company.companyId, routine: routineId };
    const add = (trigger: TriggerInput) => createTrigger(database, { ...company.note, routineId, trigger });
    const id = await add({ kind: "api", label: "deploys" });
    await add({ kind: "once", label: "later", at: "2026-03-09T07:00:00.000Z" });
    const first = await client.run({ ...one, trigger: "Deploys", idempotencyKey: "k" });
    expect(first).toMatchObject({ source: "api", trigger: { id, kind: "api", label: "deploys" } });
    expect((await client.run({ ...one, trigger: id, idempotencyKey: "k" })).id).toBe(first.id);
    expect(await client.run(one)).toMatchObject({ source: "manual", trigger: null });
    const trigger = (await listTriggers(database.orm, routineId)).find((one) => one.id === id);
    expect(trigger).toMatchObject({ lastFiredAt: clock.now().toISOString(), lastResult: `queued: run ${first.id}` });
    await database.orm.update(routineRuns).set({ status: "cancelled" }).where(eq(routineRuns.id, first.id));
    const later = (await listTriggers(database.orm, routineId)).find((one) => one.id === id);
    expect(later?.lastResult).toBe(`cancelled: run ${first.id}`);
    expect(await codeOf(client.run({ ...one, trigger: "later" }))).toBe("trigger_invalid");
    expect(await codeOf(client.run({ ...one, trigger: "none" }))).toBe("trigger_missing");
    await switchTrigger(database, { ...company.note, routineId, trigger: id, enabled: false });
    expect(await codeOf(client.run({ ...one, trigger: "deploys" }))).toBe("trigger_disabled");
    expect(unexpected).toEqual([]);
  });

  test("refuse with codes of the contract, and reach no other company", async () => {
    const other = await aCompany(database);
    const theirs = await other.create({ title: "Theirs" });
    const agent = await anAgent(database, company.companyId);
    const mine = { company: company.companyId, routine: (await company.create({ agent })).toUpperCase() };
    const { companyId } = company;
    const cases: [string, () => Promise<unknown>][] = [
      ["company_ambiguous", () => client.list({})],
      ["company_missing", () => client.list({ company: "none" })],
      ["project_missing", () => client.list({ company: companyId, project: other.projectId })],
      ["routine_missing", () => client.get({ company: companyId, routine: theirs })],
      ["routine_missing", () => client.update({ company: companyId, routine: theirs, changes: {} })],
      ["routine_missing", () => client.run({ company: companyId, routine: "Theirs" })],
      ["routine_missing", () => client.restore({ company: companyId, routine: theirs, revision: 1 })],
      ["agent_missing", () => client.preview({ ...mine, agent: other.agentId })],
      ["agent_missing", () => client.create({ company: companyId, routine: { title: "x", agent: other.agentId } })],
      ["revision_missing", () => client.diff({ ...mine, from: 1, to: 2 })],
      ["invalid_input", () => client.create({ company: companyId, routine: { title: " " } })],
    ];
    for (const [code, work] of cases) expect.soft(await codeOf(work())).toBe(code);
    expect(unexpected).toEqual([]);
  });
});
