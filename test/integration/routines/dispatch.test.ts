import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changeStatus } from "../../../main/routines/definition.ts";
import type { RoutineInput } from "../../../preload/contract/routines.ts";
import type { RunStatus } from "../../../preload/contract/runs.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { aCompany, anAgent, aProject, NOW, refusalOf } from "./fixtures.ts";
import { pinnedSheet } from "../../fixtures/pinned-sheet.ts";

let database: TestDatabase;
let company: Awaited<ReturnType<typeof aCompany>>;
let other: Awaited<ReturnType<typeof aCompany>>;
beforeAll(async () => {
  database = await testDatabase();
  company = await aCompany(database);
  other = await aCompany(database);
});
afterAll(() => database.close());

const become = (runId: string, status: RunStatus) =>
  database.pool.query("update routine_runs set status = $2 where id = $1", [runId, status]);

describe("a firing", () => {
  test("becomes a queued run with its text, values, revision, sheet and retry policy", async () => {
    const secretId = await company.secret("fire-token");
    const routineId = await company.create({
      title: "Review {{repo}}",
      instructions: "{{date}} {{repo}} x{{times}}",
      project: company.projectId,
      variables: [{ name: "times", type: "number", required: true, default: 2 }],
      env: { TOKEN: { type: "secret_ref", secretId } },
      retry: { maxAttempts: 4, backoffSeconds: 7, onInterruption: true },
    });
    await company.update(routineId, { priority: "high" });
    const routine = await company.routine(routineId);
    const woken: string[] = [];
    const runId = await company.fire(
      routineId,
      { source: "api", variables: { repo: "{{times}}" }, payload: { a: [1, null] } },
      (id) => woken.push(id),
    );
    expect(woken).toEqual([runId]);
    const run = await company.run(runId);
    expect(run).toMatchObject({
      companyId: company.companyId,
      status: "queued",
      source: "api",
      title: "Review {{times}}",
      instructions: "2026-03-08 {{times}} x2",
      variables: { repo: "{{times}}", times: 2 },
      triggerPayload: { a: [1, null] },
      routineRevisionId: routine.latestRevisionId,
      agentId: company.agentId,
      projectId: company.projectId,
      maxAttempts: 4,
      backoffSeconds: 7,
      retryOnInterruption: true,
      exclusive: true,
      triggeredAt: NOW,
      queuedAt: NOW,
      attempts: 0,
    });
    expect(await company.routine(routineId)).toMatchObject({ lastTriggeredAt: NOW, lastEnqueuedAt: NOW });
    const sheet = await pinnedSheet(database.orm, company.companyId, run.sheetId ?? "");
    expect(sheet).toMatchObject({
      agent: { id: company.agentId },
      project: { id: company.projectId },
      routine: { id: routineId, revisionId: routine.latestRevisionId, revisionNumber: 2 },
      bindings: [{ targetType: "routine", targetId: routineId, configPath: "env.TOKEN", secretId, selector: "latest" }],
    });
  });

  test("is announced to every process on the database once it is committed", async () => {
    const routineId = await company.create();
    const listener = await database.pool.connect();
    try {
      const heard: string[] = [];
      listener.on("notification", (message) => heard.push(message.payload ?? ""));
      await listener.query("listen paperclip_changes");
      const runId = await company.fire(routineId);
      await listener.query("select 1");
      expect(heard.map((payload) => JSON.parse(payload))).toContainEqual({
        topic: "runs",
        companyId: company.companyId,
        id: runId,
      });
    } finally {
      listener.release(true);
    }
  });

  test("of a paused routine runs; of an archived one, or without an agent, it leaves no row", async () => {
    const routineId = await company.create();
    await changeStatus(database, { ...company.note, routineId, change: "pause" });
    const runId = await company.fire(routineId);
    expect((await company.run(runId)).status).toBe("queued");
    await changeStatus(database, { ...company.note, routineId, change: "archive" });
    expect((await refusalOf(company.fire(routineId))).code).toBe("routine_archived");
    expect(await company.runs(routineId)).toHaveLength(1);

    const draft = await company.create();
    await company.update(draft, { agent: null });
    expect((await refusalOf(company.fire(draft))).code).toBe("routine_without_agent");
    expect(await company.runs(draft)).toEqual([]);
    const agent = await anAgent(database, company.companyId);
    const started = await company.fire(draft, { agent, project: company.projectId });
    expect(await company.run(started)).toMatchObject({ agentId: agent, projectId: company.projectId });
  });

  test("of a paused agent is refused with the way out", async () => {
    const agent = await anAgent(database, company.companyId, { status: "paused", name: "Sleeper" });
    const routineId = await company.create({ agent });
    const refusal = await refusalOf(company.fire(routineId));
    expect(refusal).toMatchObject({ code: "agent_inactive", data: { details: { agent: "Sleeper" } } });
    expect(refusal.data.next).toBeTruthy();
    expect(await company.runs(routineId)).toEqual([]);
    expect((await company.run(await company.fire(routineId, { agent: company.agentId }))).status).toBe("queued");
  });

  test("with a missing, wrong or unknown variable, or text that cannot be stored, leaves no row", async () => {
    const routineId = await company.create({
      title: "{{n}}",
      variables: [{ name: "n", type: "number", required: true }],
    });
    const cases = [
      ["variable_missing", {}],
      ["variable_invalid", { variables: { n: "three" } }],
      ["variable_invalid", { variables: { n: 1, m: 2 } }],
      ["invalid_input", { variables: { n: "\0" } }],
      ["invalid_input", { variables: { n: 1 }, payload: { a: "\uDC00" } }],
      ["invalid_input", { variables: { n: 1 }, idempotencyKey: "\0" }],
    ] as const;
    for (const [code, request] of cases) {
      expect.soft((await refusalOf(company.fire(routineId, request))).code, JSON.stringify(request)).toBe(code);
    }
    expect(await company.runs(routineId)).toEqual([]);
    expect(await company.routine(routineId)).toMatchObject({ lastTriggeredAt: null });
  });

  test("knows nothing of another company in any position", async () => {
    const routineId = await company.create();
    const theirs = await other.create();
    const codes = [
      await refusalOf(company.fire(theirs)),
      await refusalOf(company.fire(routineId, { agent: other.agentId })),
      await refusalOf(company.fire(routineId, { project: other.projectId })),
      await refusalOf(company.fire(routineId, { agent: randomUUID() })),
    ].map((refusal) => refusal.code);
    expect(codes).toEqual(["routine_missing", "agent_missing", "project_missing", "agent_missing"]);
    expect(await company.runs(routineId)).toEqual([]);
    expect(await other.runs(theirs)).toEqual([]);
  });
});

describe("a key", () => {
  test("starts one run, however often and however many at once", async () => {
    const routineId = await company.create();
    const ids = await Promise.all(
      Array.from({ length: 20 }, () => company.fire(routineId, { idempotencyKey: "same" })),
    );
    expect(new Set(ids).size).toBe(1);
    expect(await company.runs(routineId)).toHaveLength(1);
    await become(ids[0] ?? "", "succeeded");
    const woken: string[] = [];
    expect(await company.fire(routineId, { idempotencyKey: "same" }, (id) => woken.push(id))).toBe(ids[0]);
    expect(woken).toEqual([]);
  });

  test("is one per routine and source, and answers whatever happened since", async () => {
    const routineId = await company.create();
    const another = await company.create();
    const manual = await company.fire(routineId, { idempotencyKey: "k" });
    const api = await company.fire(routineId, { idempotencyKey: "k", source: "api" });
    expect(await company.run(api)).toMatchObject({ status: "coalesced", coalescedIntoRunId: manual });
    expect(await company.fire(another, { idempotencyKey: "k" })).not.toBe(manual);
    await changeStatus(database, { ...company.note, routineId, change: "archive" });
    expect(await company.fire(routineId, { idempotencyKey: "k", variables: { unknown: 1 } })).toBe(manual);
    expect(await company.fire(routineId, { idempotencyKey: "k", source: "api" })).toBe(api);
  });

  test("that started a run still waiting tells the worker of it again", async () => {
    const routineId = await company.create();
    const woken: string[] = [];
    const runId = await company.fire(routineId, { idempotencyKey: "again" }, (id) => woken.push(id));
    await company.fire(routineId, { idempotencyKey: "again" }, (id) => woken.push(id));
    expect(woken).toEqual([runId, runId]);
  });
});

describe("while a run of the same work is active", () => {
  const policies: [NonNullable<RoutineInput["concurrencyPolicy"]>, string][] = [
    ["coalesce_if_active", "coalesced"],
    ["skip_if_active", "skipped"],
    ["always_enqueue", "queued"],
  ];

  test.each(policies)("%s makes the next firing %s", async (concurrencyPolicy, expected) => {
    for (const active of ["received", "queued", "running"] as const) {
      const routineId = await company.create({ concurrencyPolicy });
      const first = await company.fire(routineId);
      await become(first, active);
      const second = await company.run(await company.fire(routineId));
      expect.soft(second.status, active).toBe(expected);
      if (expected === "queued") continue;
      expect.soft(second.skipReason).toContain(first);
      expect.soft(second.completedAt).toEqual(NOW);
      expect.soft(second.sheetId).toBeNull();
      expect.soft(second.coalescedIntoRunId).toBe(expected === "coalesced" ? first : null);
      expect.soft(second.failure?.message ?? null).toBe(expected === "skipped" ? second.skipReason : null);
    }
  });

  test("one that waits for its retry counts, one that is over does not", async () => {
    const routineId = await company.create({ retry: { maxAttempts: 3 } });
    const first = await company.fire(routineId);
    await database.pool.query(
      "update routine_runs set attempts = 1, not_before = now() + interval '1 hour' where id = $1",
      [first],
    );
    expect((await company.run(await company.fire(routineId))).status).toBe("coalesced");
    for (const over of ["succeeded", "failed", "cancelled", "timed_out", "interrupted", "held"] as const) {
      const routine = await company.create();
      await become(await company.fire(routine), over);
      expect.soft((await company.run(await company.fire(routine))).status, over).toBe("queued");
    }
  });

  test("other variables, payload, agent or project are other work; another revision or minute is not", async () => {
    const routineId = await company.create({ title: "{{timestamp}} {{v}}", project: company.projectId });
    const agent = await anAgent(database, company.companyId);
    const project = await aProject(database, company.companyId);
    const variables = { v: "one" };
    const first = await company.fire(routineId, { variables });
    const statuses: string[] = [];
    for (const request of [
      { variables: { v: "two" } },
      { variables, payload: { a: 1 } },
      { variables, agent },
      { variables, project },
    ]) {
      statuses.push((await company.run(await company.fire(routineId, request))).status);
    }
    expect(statuses).toEqual(["queued", "queued", "queued", "queued"]);
    await company.update(routineId, { instructions: "changed" });
    expect(await company.run(await company.fire(routineId, { variables }))).toMatchObject({
      status: "coalesced",
      coalescedIntoRunId: first,
    });
  });

  test("one that was started under always_enqueue counts once the policy is another", async () => {
    const routineId = await company.create({ concurrencyPolicy: "always_enqueue" });
    const first = await company.fire(routineId);
    expect((await company.run(first)).exclusive).toBe(false);
    await company.update(routineId, { concurrencyPolicy: "skip_if_active" });
    const skipped = await company.run(await company.fire(routineId));
    expect(skipped.status).toBe("skipped");
    expect(skipped.skipReason).toContain(first);
  });

  test.each(policies)("many firings at once under %s leave one queued run and the rest %s", async (policy, rest) => {
    const routineId = await company.create({ concurrencyPolicy: policy });
    await Promise.all(Array.from({ length: 20 }, () => company.fire(routineId)));
    const runs = await company.runs(routineId);
    expect(runs.map((run) => run.status).toSorted()).toEqual(
      [...Array.from({ length: 19 }, () => rest), "queued"].toSorted(),
    );
    // Also a new sheet is stored once.
    expect(new Set(runs.flatMap((run) => (run.status === "queued" ? run.sheetId : []))).size).toBe(1);
  });

  test("a finished run that is retried past the lock is seen, and the firing gives way to it", async () => {
    const routineId = await company.create();
    const first = await company.fire(routineId);
    await become(first, "failed");
    const retry = await database.pool.connect();
    try {
      await retry.query("begin");
      await retry.query("update routine_runs set status = 'queued' where id = $1", [first]);
      const fired = company.fire(routineId);
      await waitsForLock();
      await retry.query("commit");
      expect(await company.run(await fired)).toMatchObject({ status: "coalesced", coalescedIntoRunId: first });
    } finally {
      retry.release(true);
    }
  });

  test("the worker is told of the queued run that a coalesced firing now waits for", async () => {
    const routineId = await company.create();
    const first = await company.fire(routineId);
    const woken: string[] = [];
    await company.fire(routineId, {}, (id) => woken.push(id));
    expect(woken).toEqual([first]);
    await become(first, "running");
    await company.fire(routineId, {}, (id) => woken.push(id));
    expect(woken).toEqual([first]);
  });
});

test("runs of an unchanged routine share one sheet; each keeps the one it was pinned to", async () => {
  const routineId = await company.create({ concurrencyPolicy: "always_enqueue", env: { MODE: "one" } });
  const first = await company.run(await company.fire(routineId));
  const second = await company.run(await company.fire(routineId));
  expect(second.sheetId).toBe(first.sheetId);
  await company.update(routineId, { env: { MODE: "two" } });
  const third = await company.run(await company.fire(routineId));
  expect(third.sheetId).not.toBe(first.sheetId);
  const pinned = await pinnedSheet(database.orm, company.companyId, first.sheetId ?? "");
  expect(pinned?.routine.env).toEqual({ MODE: { type: "plain", value: "one" } });
});

/** Resolves once some statement of this database waits for another transaction. The locks alone are those of every test's. */
async function waitsForLock(): Promise<void> {
  const waiting = "select 1 from pg_stat_activity where datname = current_database() and wait_event = 'transactionid'";
  while ((await database.pool.query(waiting)).rows.length === 0);
}
