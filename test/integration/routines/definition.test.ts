import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { routineRevisions, routines } from "../../../main/database/schema/routines.ts";
import { changeStatus, createRoutine, type StatusChange } from "../../../main/routines/definition.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { aCompany, anAgent, aProject, aSecret, NOW, refusalOf } from "./fixtures.ts";

let database: TestDatabase;
let company: Awaited<ReturnType<typeof aCompany>>;
let other: Awaited<ReturnType<typeof aCompany>>;
beforeAll(async () => {
  database = await testDatabase();
  company = await aCompany(database);
  other = await aCompany(database);
});
afterAll(() => database.close());

const revisions = (routineId: string) =>
  database.orm
    .select()
    .from(routineRevisions)
    .where(eq(routineRevisions.routineId, routineId))
    .orderBy(routineRevisions.revisionNumber);

const changeTo = (routineId: string, change: StatusChange) =>
  changeStatus(database, { ...company.note, routineId, change });

describe("creating a routine", () => {
  test("stores what was given, with revision 1, its bindings and its activity", async () => {
    const secretId = await company.secret("create-token");
    const routineId = await createRoutine(database, {
      ...company.note,
      changeSummary: "first",
      routine: {
        title: "Review {{repo}}",
        instructions: "On {{date}}: {{repo}}, {{depth}}",
        agent: company.agentId,
        project: company.projectId,
        priority: "high",
        concurrencyPolicy: "skip_if_active",
        catchUpPolicy: "hold",
        variables: [{ name: "depth", type: "number", required: true, default: "2" }],
        env: { TOKEN: { type: "secret_ref", secret: "create-token" }, MODE: "fast" },
        retry: { maxAttempts: 3 },
      },
    });
    const routine = await company.routine(routineId);
    const expected = {
      title: "Review {{repo}}",
      priority: "high",
      concurrencyPolicy: "skip_if_active",
      catchUpPolicy: "hold",
      variables: [
        { name: "depth", type: "number", required: true, default: 2 },
        { name: "repo", type: "text", required: true },
      ],
      env: {
        TOKEN: { type: "secret_ref", secretId, version: "latest" },
        MODE: { type: "plain", value: "fast" },
      },
      retry: { maxAttempts: 3, backoffSeconds: 30, onInterruption: false },
    };
    expect(routine).toMatchObject({ ...expected, status: "active", latestRevisionNumber: 1, createdAt: NOW });
    const [revision, ...more] = await revisions(routineId);
    expect(more).toEqual([]);
    expect(revision).toMatchObject({ id: routine.latestRevisionId, revisionNumber: 1, changeSummary: "first" });
    expect(revision?.snapshot).toMatchObject({
      ...expected,
      snapshotVersion: 1,
      agentId: company.agentId,
      projectId: company.projectId,
      triggers: [],
    });
    expect(await company.bindings(routineId)).toEqual([`routine env.TOKEN ${secretId} latest`]);
    expect(await company.actions(routineId)).toEqual(["routine.created", "routine.revision_created"]);
  });

  test("without an agent starts paused", async () => {
    const routineId = await createRoutine(database, { ...company.note, routine: { title: "Draft" } });
    expect((await company.routine(routineId)).status).toBe("paused");
  });

  test("that is refused leaves nothing behind", async () => {
    const before = await database.orm.$count(routines);
    const agentOfOther = other.agentId;
    const foreign = await aSecret(database, other.companyId, "foreign-token");
    const deleted = await company.secret("deleted-token", "deleted");
    const cases: [string, Parameters<typeof company.create>[0]][] = [
      ["agent_missing", { agent: agentOfOther }],
      ["agent_missing", { agent: randomUUID() }],
      ["project_missing", { project: other.projectId }],
      ["secret_foreign", { env: { A: { type: "secret_ref", secretId: foreign } } }],
      ["secret_deleted", { env: { A: { type: "secret_ref", secretId: deleted } } }],
      ["secret_missing", { env: { A: { type: "secret_ref", secretId: randomUUID() } } }],
      ["secret_missing", { env: { A: { type: "secret_ref", secret: "foreign-token" } } }],
      ["env_key_reserved", { env: { PAPERCLIP_RUN_ID: "x" } }],
      ["env_key_invalid", { env: { "A-B": "x" } }],
      ["variable_invalid", { title: "{{a}}", variables: [{ name: "a", type: "select", required: true }] }],
      ["invalid_input", { instructions: "a\0b" }],
      ["invalid_input", { title: "\uD800" }],
    ];
    for (const [code, input] of cases) {
      expect.soft((await refusalOf(company.create(input))).code, JSON.stringify(input)).toBe(code);
    }
    expect(await database.orm.$count(routines)).toBe(before);
  });
});

describe("updating a routine", () => {
  test("appends a revision for each real change, with the fields that were left out as they were", async () => {
    const routineId = await company.create({ title: "Old {{a}}", instructions: "text", priority: "low" });
    await company.update(routineId, { title: "New {{b}}" });
    await company.update(routineId, { retry: { onInterruption: true } });
    const routine = await company.routine(routineId);
    expect(routine).toMatchObject({
      title: "New {{b}}",
      instructions: "text",
      priority: "low",
      variables: [{ name: "b", type: "text", required: true }],
      retry: { maxAttempts: 1, backoffSeconds: 30, onInterruption: true },
      latestRevisionNumber: 3,
    });
    const rows = await revisions(routineId);
    expect(rows.map((row) => [row.revisionNumber, row.title])).toEqual([
      [1, "Old {{a}}"],
      [2, "New {{b}}"],
      [3, "New {{b}}"],
    ]);
    expect(rows[2]?.id).toBe(routine.latestRevisionId);
    expect(await company.actions(routineId)).toEqual([
      "routine.created",
      "routine.revision_created",
      "routine.revision_created",
      "routine.revision_created",
      "routine.updated",
      "routine.updated",
    ]);
  });

  test("that changes nothing appends nothing, but writes the bindings of a given env again", async () => {
    const secretId = await company.secret("noop-token");
    const env = { A: { type: "secret_ref", secretId, version: 1 }, B: "b" } as const;
    const routineId = await company.create({ title: "No-op {{a}}", env });
    await database.pool.query("delete from company_secret_bindings where target_id = $1", [routineId]);
    await company.update(routineId, {
      title: "No-op {{a}}",
      env: { B: { type: "plain", value: "b" }, A: { version: 1, type: "secret_ref", secret: "noop-token" } },
      variables: [{ required: true, type: "text", name: "a" }],
      retry: {},
    });
    await company.update(routineId, {});
    expect((await company.routine(routineId)).latestRevisionNumber).toBe(1);
    expect(await revisions(routineId)).toHaveLength(1);
    expect(await company.bindings(routineId)).toEqual([`routine env.A ${secretId} 1`]);
  });

  test("replaces the env as a whole, bindings included", async () => {
    const one = await company.secret("env-one");
    const two = await company.secret("env-two");
    const routineId = await company.create({
      env: { A: { type: "secret_ref", secretId: one }, B: { type: "secret_ref", secretId: one } },
    });
    await company.update(routineId, { env: { B: { type: "secret_ref", secretId: two, version: 1 } } });
    expect(await company.bindings(routineId)).toEqual([`routine env.B ${two} 1`]);
    await company.update(routineId, { env: {} });
    expect(await company.bindings(routineId)).toEqual([]);
    expect((await revisions(routineId)).map((row) => Object.keys(row.snapshot.env))).toEqual([["A", "B"], ["B"], []]);
  });

  test("that clears the agent pauses; giving one back does not resume", async () => {
    const routineId = await company.create();
    await company.update(routineId, { agent: null });
    expect(await company.routine(routineId)).toMatchObject({ status: "paused", assigneeAgentId: null });
    await company.update(routineId, { agent: company.agentId });
    expect(await company.routine(routineId)).toMatchObject({ status: "paused", assigneeAgentId: company.agentId });
  });

  test("made on an earlier revision is refused, and names the latest", async () => {
    const routineId = await company.create();
    const base = (await company.routine(routineId)).latestRevisionId;
    await company.update(routineId, { priority: "high" }, base);
    const refusal = await refusalOf(company.update(routineId, { priority: "urgent" }, base));
    expect(refusal).toMatchObject({
      code: "revision_stale",
      data: {
        details: {
          latestRevisionNumber: 2,
          latestRevisionId: (await company.routine(routineId)).latestRevisionId,
          changedByType: "user",
          changedById: "local-operator",
          changedAt: NOW.toISOString(),
        },
      },
    });
    expect(await company.routine(routineId)).toMatchObject({ priority: "high", latestRevisionNumber: 2 });
  });

  test("by several at once loses no revision and uses no number twice", async () => {
    const routineId = await company.create();
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => company.update(routineId, { instructions: `version ${index}` })),
    );
    const numbers = (await revisions(routineId)).map((row) => row.revisionNumber);
    expect(numbers).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
    expect((await company.routine(routineId)).latestRevisionNumber).toBe(21);
  });

  test("that is refused changes nothing", async () => {
    const secretId = await company.secret("kept");
    const routineId = await company.create({ env: { A: { type: "secret_ref", secretId } } });
    const foreign = await aSecret(database, other.companyId, "update-foreign");
    const codes = [
      await refusalOf(company.update(routineId, { priority: "low", agent: other.agentId })),
      await refusalOf(company.update(routineId, { priority: "low", project: other.projectId })),
      await refusalOf(
        company.update(routineId, { priority: "low", env: { A: { type: "secret_ref", secretId: foreign } } }),
      ),
      await refusalOf(other.update(routineId, { priority: "low" })),
    ].map((refusal) => refusal.code);
    expect(codes).toEqual(["agent_missing", "project_missing", "secret_foreign", "routine_missing"]);
    expect(await company.routine(routineId)).toMatchObject({ priority: "medium", latestRevisionNumber: 1 });
    expect(await company.bindings(routineId)).toEqual([`routine env.A ${secretId} latest`]);
  });

  test("of other fields is not held up by a secret that was deleted since", async () => {
    const secretId = await company.secret("deleted-later");
    const routineId = await company.create({ env: { A: { type: "secret_ref", secretId } } });
    await database.pool.query("update company_secrets set status = 'deleted' where id = $1", [secretId]);
    await company.update(routineId, { priority: "low" });
    expect((await company.routine(routineId)).latestRevisionNumber).toBe(2);
  });
});

describe("pausing, resuming and archiving", () => {
  test("changes the status, appends no revision and says what happened", async () => {
    const routineId = await company.create();
    const seen: string[] = [];
    for (const change of ["pause", "pause", "resume", "archive", "archive", "resume"] as const) {
      await changeTo(routineId, change);
      seen.push((await company.routine(routineId)).status);
    }
    expect(seen).toEqual(["paused", "paused", "active", "archived", "archived", "active"]);
    expect(await revisions(routineId)).toHaveLength(1);
    expect((await company.actions(routineId)).filter((action) => !action.includes("created"))).toEqual([
      "routine.archived",
      "routine.paused",
      "routine.resumed",
      "routine.resumed",
    ]);
  });

  test("refuses to resume without an agent, to pause what is archived, and to touch another company's", async () => {
    const draft = await createRoutine(database, { ...company.note, routine: { title: "Draft two" } });
    expect((await refusalOf(changeTo(draft, "resume"))).code).toBe("routine_without_agent");
    await changeTo(draft, "archive");
    expect((await refusalOf(changeTo(draft, "resume"))).code).toBe("routine_without_agent");
    expect((await refusalOf(changeTo(draft, "pause"))).code).toBe("routine_archived");
    const foreign = await other.create();
    expect((await refusalOf(changeTo(foreign, "archive"))).code).toBe("routine_missing");
  });
});

test("agents and projects are named by name as well", async () => {
  const agent = await anAgent(database, company.companyId, { name: "Kröte" });
  const project = await aProject(database, company.companyId);
  const routineId = await company.create({ agent: "KRÖTE", project });
  expect(await company.routine(routineId)).toMatchObject({ assigneeAgentId: agent, projectId: project });
});
