import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changeStatus, createRoutine } from "../../../main/routines/definition.ts";
import {
  createTrigger,
  listTriggers,
  removeTrigger,
  switchTrigger,
  updateTrigger,
} from "../../../main/routines/triggers.ts";
import { previewRestore, restoreRevision } from "../../../main/routines/restore.ts";
import { listRevisions } from "../../../main/routines/revisions.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { aCompany, anAgent, aProject, aSecret, refusalOf } from "./fixtures.ts";

let database: TestDatabase;
let company: Awaited<ReturnType<typeof aCompany>>;
let other: Awaited<ReturnType<typeof aCompany>>;
beforeAll(async () => {
  database = await testDatabase();
  company = await aCompany(database);
  other = await aCompany(database);
});
afterAll(() => database.close());

type Options = { leaveOut?: string[]; baseRevisionId?: string; changeSummary?: string };

const restore = (routineId: string, revision: number, options: Options = {}) =>
  restoreRevision(database, {
    ...company.note,
    routineId,
    revision,
    leaveOut: options.leaveOut ?? [],
    baseRevisionId: options.baseRevisionId,
    changeSummary: options.changeSummary ?? null,
  });

const preview = async (routineId: string, revision: number) =>
  previewRestore(database.orm, await company.routine(routineId), revision);

const latest = async (routineId: string) => {
  const page = await listRevisions(database.orm, await company.routine(routineId), {});
  return page.revisions[0];
};

const gone = (secretId: string) =>
  database.pool.query("update company_secrets set status = 'deleted' where id = $1", [secretId]);

describe("restoring a revision", () => {
  test("appends a copy of it, with its bindings; history, runs and status stay", async () => {
    const secretId = await company.secret("restored");
    const routineId = await company.create({
      title: "First {{a}}",
      instructions: "one",
      variables: [{ name: "a", type: "number", required: true, default: 1 }],
      env: { TOKEN: { type: "secret_ref", secretId, version: 1 }, MODE: "one" },
      retry: { maxAttempts: 2 },
    });
    const before = await company.routine(routineId);
    await company.update(routineId, { title: "Second", instructions: "two", env: {}, project: company.projectId });
    await changeStatus(database, { ...company.note, routineId, change: "pause" });
    const runId = await company.fire(routineId);
    await restore(routineId, 1);
    const after = await company.routine(routineId);
    expect(after).toMatchObject({
      title: "First {{a}}",
      instructions: "one",
      variables: before.variables,
      env: before.env,
      retry: before.retry,
      projectId: null,
      status: "paused",
      latestRevisionNumber: 3,
    });
    expect(await latest(routineId)).toMatchObject({
      number: 3,
      restoredFromNumber: 1,
      changeSummary: "Restored from revision 1",
      current: true,
    });
    expect(await company.bindings(routineId)).toEqual([`routine env.TOKEN ${secretId} 1`]);
    expect((await company.runs(routineId)).map((run) => run.id)).toEqual([runId]);
    expect(await company.actions(routineId)).toContain("routine.restored");
  });

  test("keeps the words it was given, and those of the restored revision where it was", async () => {
    const routineId = await company.create({ title: "A" });
    await company.update(routineId, { title: "B" });
    await restore(routineId, 1, { changeSummary: "back to A" });
    expect((await latest(routineId))?.changeSummary).toBe("back to A");
    await restore(routineId, 2);
    expect(await latest(routineId)).toMatchObject({ title: "B", restoredFromNumber: 2, number: 4 });
  });

  test("refuses the latest, one that is not there, and a stale base", async () => {
    const routineId = await company.create();
    const base = (await company.routine(routineId)).latestRevisionId;
    expect((await refusalOf(restore(routineId, 1))).code).toBe("revision_current");
    expect((await refusalOf(restore(routineId, 7))).code).toBe("revision_missing");
    await company.update(routineId, { priority: "low" });
    expect((await refusalOf(restore(routineId, 1, { baseRevisionId: base }))).code).toBe("revision_stale");
    expect((await company.routine(routineId)).latestRevisionNumber).toBe(2);
  });

  test("never resumes, and pauses a routine that has no agent afterwards", async () => {
    const routineId = await company.create();
    await company.update(routineId, { agent: null });
    await company.update(routineId, { agent: company.agentId });
    await changeStatus(database, { ...company.note, routineId, change: "resume" });
    expect((await preview(routineId, 2)).warnings).toContain("It has no agent: the routine will be paused.");
    await restore(routineId, 2);
    expect((await company.routine(routineId)).status).toBe("paused");
    await restore(routineId, 3);
    expect((await company.routine(routineId)).status).toBe("paused");
  });
});

describe("a revision with a credential in a plain value", () => {
  test("comes back as it was, also in strict mode, and the preview says so without the value", async () => {
    const { companyId } = company;
    const routine = { title: randomUUID(), env: { GH_TOKEN: "hush-hush" } };
    const routineId = await createRoutine(database, { ...company.note, companyId, routine, strict: false });
    await company.update(routineId, { env: {} });
    const { warnings } = await preview(routineId, 1);
    expect(warnings.join()).toContain("GH_TOKEN");
    expect(warnings.join()).not.toContain("hush-hush");
    await restore(routineId, 1);
    expect((await company.routine(routineId)).env).toEqual({ GH_TOKEN: { type: "plain", value: "hush-hush" } });
    await company.update(routineId, { priority: "high" });
    expect((await preview(routineId, 1)).warnings.join()).not.toContain("GH_TOKEN");
  });
});

describe("a revision with references that are gone", () => {
  test("is refused with key, secret and the way out, and nothing is saved", async () => {
    const kept = await company.secret("gone-kept");
    const deleted = await company.secret("gone-deleted");
    const routineId = await company.create({
      env: { DEAD: { type: "secret_ref", secretId: deleted }, LIVE: { type: "secret_ref", secretId: kept }, P: "p" },
    });
    await company.update(routineId, { env: {} });
    await gone(deleted);
    const refusal = await refusalOf(restore(routineId, 1));
    expect(refusal).toMatchObject({
      code: "secret_deleted",
      data: { fields: { "env.DEAD": expect.any(String) }, details: { key: "DEAD", secretKey: "gone-deleted" } },
    });
    expect(refusal.message).toContain("DEAD");
    expect(refusal.message).toContain("gone-deleted");
    expect(refusal.data.next).toContain("--leave-out DEAD");
    expect(await company.bindings(routineId)).toEqual([]);
    expect((await company.routine(routineId)).latestRevisionNumber).toBe(2);
    expect((await preview(routineId, 1)).gone).toEqual([{ key: "DEAD", secretId: deleted, reason: "secret_deleted" }]);

    await restore(routineId, 1, { leaveOut: ["DEAD"] });
    expect(Object.keys((await company.routine(routineId)).env).toSorted()).toEqual(["LIVE", "P"]);
    expect(await company.bindings(routineId)).toEqual([`routine env.LIVE ${kept} latest`]);
    expect((await latest(routineId))?.changeSummary).toBe("Restored from revision 1, without DEAD");
  });

  test("names all of them: missing, deleted and foreign ones, these without their key", async () => {
    const routineId = await company.create();
    await company.update(routineId, { priority: "low" });
    const deleted = await company.secret("gone-too", "deleted");
    const foreign = await aSecret(database, other.companyId, "their-secret");
    const missing = randomUUID();
    const env = Object.fromEntries(
      Object.entries({ A: missing, B: deleted, C: foreign }).map(([key, secretId]) => [
        key,
        { type: "secret_ref", secretId, version: "latest" },
      ]),
    );
    await database.pool.query(
      `update routine_revisions set snapshot = jsonb_set(snapshot, '{env}', $2::jsonb)
       where routine_id = $1 and revision_number = 1`,
      [routineId, JSON.stringify(env)],
    );
    const refusal = await refusalOf(restore(routineId, 1));
    expect(refusal.code).toBe("secret_missing");
    expect(Object.keys(refusal.data.fields ?? {})).toEqual(["env.A", "env.B", "env.C"]);
    expect(refusal.data.next).toContain("--leave-out A --leave-out B --leave-out C");
    expect(JSON.stringify(refusal.data)).not.toContain("their-secret");
    const codes = [
      (await refusalOf(restore(routineId, 1, { leaveOut: ["A"] }))).code,
      (await refusalOf(restore(routineId, 1, { leaveOut: ["A", "B"] }))).code,
    ];
    expect(codes).toEqual(["secret_deleted", "secret_foreign"]);
    const shown = await preview(routineId, 1);
    expect(shown.gone.map((one) => one.reason)).toEqual(["secret_missing", "secret_deleted", "secret_foreign"]);
    expect(JSON.stringify(shown)).not.toContain("their-secret");
    await restore(routineId, 1, { leaveOut: ["A", "B", "C"] });
    expect((await company.routine(routineId)).env).toEqual({});
  });

  test("takes only keys that it has as left out", async () => {
    const routineId = await company.create({ env: { A: "a" } });
    await company.update(routineId, { env: {} });
    expect(await refusalOf(restore(routineId, 1, { leaveOut: ["A", "TYPO"] }))).toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("TYPO"),
    });
    expect((await company.routine(routineId)).latestRevisionNumber).toBe(2);
  });

  test("is refused when its agent or project does not exist any more", async () => {
    const agent = await anAgent(database, company.companyId);
    const project = await aProject(database, company.companyId);
    const routineId = await company.create({ agent, project });
    await company.update(routineId, { agent: company.agentId, project });
    await company.update(routineId, { project: null });
    await database.pool.query("delete from agents where id = $1", [agent]);
    expect((await refusalOf(restore(routineId, 1))).code).toBe("agent_missing");
    await database.pool.query("delete from projects where id = $1", [project]);
    const refusal = await refusalOf(restore(routineId, 2));
    expect(refusal.code).toBe("project_missing");
    expect(refusal.message).toContain(project);
    expect((await preview(routineId, 1)).warnings).toEqual([
      `Its agent ${agent} does not exist any more.`,
      `Its project ${project} does not exist any more.`,
    ]);
  });
});

describe("the preview of a restore", () => {
  test("is the diff from the latest to the revision, and saves nothing", async () => {
    const disabled = await company.secret("preview-disabled");
    const routineId = await company.create({
      title: "One",
      env: { A: { type: "secret_ref", secretId: disabled }, B: "b" },
    });
    await company.update(routineId, { title: "Two", env: { C: "c" } });
    await company.update(routineId, { title: "Three" });
    await database.pool.query("update company_secrets set status = 'disabled' where id = $1", [disabled]);
    await changeStatus(database, { ...company.note, routineId, change: "archive" });
    const shown = await preview(routineId, 1);
    expect(shown).toMatchObject({
      revision: 1,
      gone: [],
      diff: {
        from: 3,
        to: 1,
        fields: [{ field: "title", from: "Three", to: "One" }],
        env: [
          { key: "A", change: "added", to: "preview-disabled latest" },
          { key: "B", change: "added" },
          { key: "C", change: "removed" },
        ],
      },
    });
    expect(shown.warnings).toEqual([
      "The routine is archived and stays so.",
      "A: the secret preview-disabled is disabled; a run would be refused.",
    ]);
    expect((await company.routine(routineId)).latestRevisionNumber).toBe(3);
    expect((await preview(routineId, 3)).warnings[0]).toContain("latest");
  });
});

describe("triggers of a revision", () => {
  const nightly = { kind: "schedule", expression: "30 2 * * *", zone: "Europe/Berlin", label: "nightly" } as const;
  const withNightly = async () => {
    const routineId = await company.create();
    const trigger = await createTrigger(database, { ...company.note, routineId, trigger: nightly });
    return { routineId, trigger, of: { ...company.note, routineId, trigger } };
  };
  const expressions = async (routineId: string) =>
    (await listTriggers(database.orm, routineId)).map(({ expression, enabled }) => ({ expression, enabled }));

  test("a change of a trigger appends a revision that says what was done, and its switch appends none", async () => {
    const { routineId, of } = await withNightly();
    await switchTrigger(database, { ...of, enabled: false });
    await updateTrigger(database, { ...of, changes: { expression: "0 3 * * *" } });
    await updateTrigger(database, { ...of, changes: { expression: "0 3 * * *" } });
    await removeTrigger(database, of);
    const page = await listRevisions(database.orm, await company.routine(routineId), {});
    expect(page.revisions.map(({ number, changeSummary }) => [number, changeSummary])).toEqual([
      [4, 'Removed the trigger "nightly"'],
      [3, 'Changed the trigger "nightly"'],
      [2, 'Added the trigger "nightly"'],
      [1, null],
    ]);
  });

  test("an edit of the routine keeps its triggers in the revision", async () => {
    const { routineId, trigger } = await withNightly();
    await company.update(routineId, { title: "Renamed" });
    const { diff } = await preview(routineId, 2);
    expect(diff.fields.map(({ field }) => field)).toEqual(["title"]);
    await restore(routineId, 1);
    const { diff: back } = await preview(routineId, 3);
    expect(back.fields.map(({ field }) => field)).toEqual(["title", `triggers.${trigger}`]);
  });

  test("one that is gone comes back switched off, one that is there keeps its switch, a later one goes", async () => {
    const { routineId, of } = await withNightly();
    const other = await createTrigger(database, { ...company.note, routineId, trigger: { kind: "api" } });
    await removeTrigger(database, of);
    await createTrigger(database, { ...company.note, routineId, trigger: { ...nightly, expression: "0 5 * * *" } });
    expect((await preview(routineId, 3)).warnings).toContain("1 trigger comes back, switched off.");
    await restore(routineId, 3);
    const triggers = await listTriggers(database.orm, routineId);
    const [last, first] = triggers
      .toSorted((a, b) => (a.expression ?? "").localeCompare(b.expression ?? ""))
      .toReversed();
    expect(
      [first, last].map(
        (one) => one && { id: one.id, enabled: one.enabled, expression: one.expression, nextRunAt: one.nextRunAt },
      ),
    ).toEqual([
      { id: other, enabled: true, expression: null, nextRunAt: null },
      { id: of.trigger, enabled: false, expression: "30 2 * * *", nextRunAt: null },
    ]);
    await expect(refusalOf(restore(routineId, 6))).resolves.toMatchObject({ code: "revision_current" });
  });

  test("changed times come back and count from the restore on", async () => {
    const { routineId, of } = await withNightly();
    await updateTrigger(database, { ...of, changes: { expression: "0 5 * * *" } });
    await restore(routineId, 2);
    expect(await expressions(routineId)).toEqual([{ expression: "30 2 * * *", enabled: true }]);
    const [trigger] = await listTriggers(database.orm, routineId);
    expect(trigger?.nextRunAt).toBe("2026-03-09T01:30:00.000Z");
  });

  test("a webhook that comes back keeps its address, and needs a new key", async () => {
    const { routineId, of } = await withNightly();
    await database.pool.query(
      `update routine_triggers set kind = 'webhook', cron_expression = null, timezone = null, public_id = 'a1b2c3',
         signing_mode = 'bearer', replay_window_seconds = 300 where id = $1`,
      [of.trigger],
    );
    await updateTrigger(database, { ...of, changes: { label: "hook" } });
    await removeTrigger(database, of);
    expect((await preview(routineId, 3)).warnings).toContain(
      "A webhook that comes back keeps its address and needs a new signing key.",
    );
    await restore(routineId, 3);
    const { rows } = await database.pool.query(
      "select public_id, enabled, secret_id from routine_triggers where id = $1",
      [of.trigger],
    );
    expect(rows).toEqual([{ public_id: "a1b2c3", enabled: false, secret_id: null }]);
  });

  test("a revision whose variables need a value is not restored while a trigger starts the routine", async () => {
    const { routineId, of } = await withNightly();
    await switchTrigger(database, { ...of, enabled: false });
    await company.update(routineId, { instructions: "Look at {{what}}" });
    await company.update(routineId, { instructions: "Look" });
    await switchTrigger(database, { ...of, enabled: true });
    expect(await refusalOf(restore(routineId, 3))).toMatchObject({ code: "variable_missing" });
    expect((await company.routine(routineId)).instructions).toBe("Look");
  });
});
