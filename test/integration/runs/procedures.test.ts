import { randomUUID } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunRecord } from "../../../preload/contract/runs.ts";
import type { Worker } from "../../../main/runs/worker.ts";
import { refusalOf } from "../../fixtures/conditions.ts";
import { processesOf, until } from "../../fixtures/runner.ts";
import { type RunWorld, runWorld } from "../../fixtures/runs.ts";

let world: RunWorld;
let worker: Worker;
let client: ReturnType<RunWorld["client"]>;
let company: string;
beforeAll(async () => {
  world = await runWorld();
  worker = await world.worker();
  client = world.client(worker);
  company = world.acme.id;
});
afterAll(() => world.close());

const ended = (run: string) => client.wait({ company, run });
/** Takes the next steps in a run's life by hand. */
const update = (run: string, set: string) =>
  world.database.pool.query(`update routine_runs set ${set} where id = $1`, [run]);

describe("runs.list", () => {
  it("filters by routine, agent, status, source, time and text", async () => {
    const title = `Sweep 100% of_it ${randomUUID().slice(0, 8)}`;
    const good = await ended(await world.fire("echo needle-in-excerpt", { title }));
    const bad = await ended(await world.fire("exit 4", { title: `${title} again` }));
    const ids = async (filters: Omit<Parameters<typeof client.list>[0], "company">) =>
      (await client.list({ company, ...filters })).runs.map((run) => run.id);

    expect(await ids({ routine: title })).toEqual([good.id]);
    expect(await ids({ routine: bad.routineId })).toEqual([bad.id]);
    expect(await ids({ agent: good.agentName ?? "" })).toEqual([good.id]);
    expect(await ids({ status: ["failed"], text: title })).toEqual([bad.id]);
    expect(await ids({ text: title.toUpperCase() })).toEqual([bad.id, good.id]);
    expect(await ids({ text: "needle-in-exc" })).toEqual([good.id]);
    expect(await ids({ text: "exit code 4" })).toEqual([bad.id]);
    expect(await ids({ text: "100_ of%it" })).toEqual([]);
    await update(bad.id, "skip_reason = 'It gave way to the nightly one.'");
    expect(await ids({ text: "gave way to the nightly" })).toEqual([bad.id]);
    await update(bad.id, "held_reason = 'Missed while the machine slept.'");
    expect(await ids({ text: "machine slept" })).toEqual([bad.id]);
    expect(await ids({ source: "schedule" })).toEqual([]);
    expect(await ids({ text: title, since: bad.triggeredAt })).toEqual([bad.id]);
    expect(await ids({ text: title, until: good.triggeredAt })).toEqual([good.id]);
    expect(await refusalOf(ids({ routine: "no such routine" }))).toMatchObject({ code: "routine_missing" });
    expect(await refusalOf(ids({ agent: "nobody" }))).toMatchObject({ code: "agent_missing" });
  });

  it("filters by the trigger that started a run, which its record names", async () => {
    const run = await ended(await world.fire("true"));
    const trigger = randomUUID();
    await world.database.pool.query(
      `with added as (
         insert into routine_triggers (id, company_id, routine_id, kind, label)
         select $1, company_id, routine_id, 'once', 'First of May' from routine_runs where id = $2 returning id)
       update routine_runs set trigger_id = added.id from added where routine_runs.id = $2`,
      [trigger, run.id],
    );
    for (const reference of [trigger, "first of may"]) {
      const { runs } = await client.list({ company, trigger: reference });
      expect(runs).toMatchObject([{ id: run.id, trigger: { id: trigger, kind: "once", label: "First of May" } }]);
    }
    expect(await refusalOf(client.list({ company, trigger: "none" }))).toMatchObject({ code: "trigger_missing" });
  });

  it("takes several states at once, and the last hours whenever it is asked", async () => {
    const title = `Windowed ${randomUUID()}`;
    const failed = await ended(await world.fire("exit 4", { title: `${title} a` }));
    const good = await ended(await world.fire("true", { title: `${title} b` }));
    const old = await ended(await world.fire("true", { title: `${title} c` }));
    const ids = async (filters: Omit<Parameters<typeof client.list>[0], "company">) =>
      (await client.list({ company, text: title, ...filters })).runs.map((run) => run.id);
    await update(old.id, "triggered_at = triggered_at - interval '3 hours'");
    expect(await ids({ status: ["failed", "succeeded", "held"] })).toEqual([good.id, failed.id, old.id]);
    expect(await ids({ withinHours: 2 })).toEqual([good.id, failed.id]);
    expect(await ids({ withinHours: 2, since: "2020-01-01T00:00:00.000Z" })).toHaveLength(3);
    expect(await refusalOf(ids({ text: "./-_" }))).toMatchObject({ code: "invalid_input" });
  });

  it("finds the same whether it looks through the newest runs or asks the indexes", async () => {
    const word = `w${randomUUID().replaceAll("-", "")}`;
    const title = `Some / path-to_${word}.txt (draft)`;
    const run = await ended(await world.fire("exit 4", { title }));
    // More of other runs, all of them newer, than are looked through one by one.
    await world.database.pool.query(
      `insert into routine_runs (id, company_id, routine_id, source, status, title, instructions, dispatch_fingerprint,
         triggered_at)
       select gen_random_uuid(), $1, $2, 'api', 'skipped', 'noise ' || n, '', 'noise', now() + make_interval(secs => n)
       from generate_series(1, 2100) n`,
      [company, run.routineId],
    );
    const ids = async (text: string, filters = {}) =>
      (await client.list({ company, text, ...filters })).runs.map(({ id }) => id);
    for (const text of [word, word.slice(0, 9), `path-to_${word}`, `${word}.TXT (dra`, title, `/ path`]) {
      expect.soft(await ids(text), text).toEqual([run.id]);
    }
    expect(await ids(`to ${word}`)).toEqual([]);
    expect(await ids(word, { status: ["failed"], routine: run.routineId })).toEqual([run.id]);
    expect(await ids(word, { source: "webhook" })).toEqual([]);
    await world.database.pool.query("delete from routine_runs where title like 'noise %'");
  });

  it("pages without gap or double, also among runs of one instant", async () => {
    const title = `Paged ${randomUUID()}`;
    const runIds: string[] = [];
    for (let count = 0; count < 7; count += 1) runIds.push(await world.fire("true", { title: `${title} ${count}` }));
    await Promise.all(runIds.map(ended));
    await world.database.pool.query(
      "update routine_runs set triggered_at = '2026-01-01T00:00:00.123456Z' where id = any ($1)",
      [runIds.slice(0, 4)],
    );
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await client.list({ company, text: title, limit: 2, ...(cursor ? { cursor } : {}) });
      pages.push(page.runs.map((run) => run.id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(pages.map((page) => page.length)).toEqual([2, 2, 2, 1]);
    expect(pages.flat().toSorted()).toEqual(runIds.toSorted());
    expect(await refusalOf(client.list({ company, cursor: "nonsense" }))).toMatchObject({ code: "invalid_input" });
  });

  it("shows the runs of one company only", async () => {
    expect((await client.list({ company: world.other.id })).runs).toEqual([]);
    const runId = await world.fire("true");
    const foreign = client.get({ company: world.other.id, run: runId });
    expect(await refusalOf(foreign)).toMatchObject({ code: "run_missing" });
    await ended(runId);
  });
});

describe("runs.get and runs.logs", () => {
  it("finds a run by the first six digits of its id, and says when that is not enough", async () => {
    const runId = await world.fire("echo out; echo err >&2");
    await ended(runId);
    const run = await client.get({ company, run: runId.slice(0, 6).toUpperCase() });
    expect(run).toMatchObject({ id: runId, status: "succeeded" });
    expect(await refusalOf(client.get({ company, run: runId.slice(0, 5) }))).toMatchObject({ code: "run_missing" });
    expect(await refusalOf(client.get({ company, run: randomUUID() }))).toMatchObject({ code: "run_missing" });
    expect(await refusalOf(client.get({ company, run: "%" }))).toMatchObject({ code: "run_missing" });
    const twin = `${runId.slice(0, 9)}${randomUUID().slice(9)}`;
    await world.database.pool.query(
      `insert into routine_runs (id, company_id, routine_id, source, title, instructions, dispatch_fingerprint, status)
       select $2, company_id, routine_id, source, title, instructions, dispatch_fingerprint, 'skipped'
       from routine_runs where id = $1`,
      [runId, twin],
    );
    const both = client.get({ company, run: runId.slice(0, 8) });
    expect(await refusalOf(both)).toMatchObject({ code: "name_ambiguous" });
    expect(await client.get({ company, run: twin })).toMatchObject({
      status: "skipped",
      attemptList: [],
      manifest: [],
    });
    expect(
      (await client.logs({ company, run: runId })).lines.map(({ stream, text }) => [stream, text]).toSorted(),
    ).toEqual([
      ["stderr", "err"],
      ["stdout", "out"],
    ]);
  });

  it("answers the last lines of any attempt, and refuses what is not there", async () => {
    const runId = await world.fire("i=0; while [ $i -lt 50 ]; do echo line $i; i=$((i+1)); done");
    await ended(runId);
    const tail = await client.logs({ company, run: runId, tail: 2 });
    expect(tail).toMatchObject({ truncated: true, lines: [{ text: "line 48" }, { text: "line 49" }] });
    expect((await client.logs({ company, run: runId, attempt: 1 })).lines).toHaveLength(50);
    const second = client.logs({ company, run: runId, attempt: 2 });
    expect(await refusalOf(second)).toMatchObject({ code: "log_missing" });
    for (const day of readdirSync(world.paths.runLogs))
      rmSync(path.join(world.paths.runLogs, day), { recursive: true });
    expect(await refusalOf(client.logs({ company, run: runId }))).toMatchObject({ code: "log_missing" });
  });
});

describe("views of runs", () => {
  it("are kept by name, whatever its case, for one company", async () => {
    const filters = { status: ["failed" as const, "timed_out" as const], withinHours: 24, text: "exit code" };
    const saved = await client.saveView({ company, name: "Broken", filters });
    expect(saved).toMatchObject({ name: "Broken", filters });
    const changed = await client.saveView({ company, name: "broken", filters: { source: "manual" } });
    expect(changed).toMatchObject({ id: saved.id, name: "broken", filters: { source: "manual" } });
    await client.saveView({ company, name: "All", filters: {} });
    expect((await client.views({ company })).views.map(({ name }) => name)).toEqual(["All", "broken"]);
    expect(await client.views({ company: world.other.id })).toEqual({ views: [] });
    const foreign = client.removeView({ company: world.other.id, view: saved.id });
    expect(await refusalOf(foreign)).toMatchObject({ code: "view_missing" });
    await client.removeView({ company, view: "BROKEN" });
    expect((await client.views({ company })).views.map(({ name }) => name)).toEqual(["All"]);
  });
});

describe("runs.wait", () => {
  it("answers with the run as it stands when the time is up", async () => {
    const runId = await world.fire("sleep 801");
    await until(() => processesOf(runId).length > 0);
    expect(await client.wait({ company, run: runId, timeoutMs: 1 })).toMatchObject({ status: "running" });
    await client.cancel({ company, run: runId });
    expect(await client.wait({ company, run: runId, timeoutMs: 60_000 })).toMatchObject({ status: "cancelled" });
  });
});

describe("runs.cancel", () => {
  it("ends the whole tree of a running run, and never tries it again", async () => {
    const runId = await world.fire("setsid sleep 802 & sleep 803", { retry: { maxAttempts: 5, backoffSeconds: 1 } });
    await until(() => processesOf(runId).length >= 3);
    expect(await client.cancel({ company, run: runId })).toMatchObject({ id: runId });
    const run = await ended(runId);
    expect(run).toMatchObject({ status: "cancelled", failure: { code: "cancelled" }, attempts: 1 });
    expect(processesOf(runId)).toEqual([]);
    const { attemptList } = await client.get({ company, run: runId });
    expect(attemptList).toMatchObject([{ status: "cancelled", leftProcesses: 0 }]);
    const { lines } = await client.logs({ company, run: runId });
    expect(lines.at(-1)).toMatchObject({ stream: "system", text: "The run was cancelled." });
    expect(await refusalOf(client.cancel({ company, run: runId }))).toMatchObject({ code: "run_finished" });
  });

  it("takes a queued run out without starting it, and one that waits for its retry", async () => {
    const busy = [806, 807, 808, 809].map((seconds) => world.fire(`sleep ${seconds}`));
    const runIds = await Promise.all(busy);
    await until(() => runIds.every((runId) => processesOf(runId).length > 0));
    const queued = await world.fire("true");
    expect(await client.cancel({ company, run: queued })).toMatchObject({ status: "cancelled", attempts: 0 });
    await Promise.all(runIds.map((runId) => client.cancel({ company, run: runId })));
    await Promise.all(runIds.map(ended));
    expect(await client.get({ company, run: queued })).toMatchObject({ status: "cancelled", attemptList: [] });
    const failing = await world.fire("exit 1", { retry: { maxAttempts: 2, backoffSeconds: 80_000 } });
    await until(async () => (await client.get({ company, run: failing })).notBefore !== null);
    expect(await client.cancel({ company, run: failing })).toMatchObject({ status: "cancelled", notBefore: null });
  });

  it("reaches a run that another process on the database executes", async () => {
    const runId = await world.fire("sleep 804");
    await until(() => processesOf(runId).length > 0);
    await world.database.pool.query(
      `with marked as (update routine_runs set cancel_requested_at = now() where id = $1 returning company_id, id)
       select pg_notify('paperclip_changes', json_build_object('topic', 'runs', 'companyId', company_id, 'id', id)::text)
       from marked`,
      [runId],
    );
    expect(await ended(runId)).toMatchObject({ status: "cancelled" });
  });
});

describe("runs.retry", () => {
  it("adds an attempt with the same sheet to a finished run", async () => {
    const runId = await world.fire("exit 6");
    const before = await ended(runId);
    const again: RunRecord = await client.retry({ company, run: runId });
    expect(again).toMatchObject({ id: runId, maxAttempts: 2, completedAt: null });
    const after = await ended(runId);
    expect(after).toMatchObject({ status: "failed", attempts: 2, sheetHash: before.sheetHash });
  });

  it("lets a run that waits for its next attempt begin it at once, and keeps the attempts it has left", async () => {
    const runId = await world.fire("exit 7", { retry: { maxAttempts: 3, backoffSeconds: 80_000 } });
    await until(async () => (await client.get({ company, run: runId })).notBefore !== null);
    expect(await client.retry({ company, run: runId })).toMatchObject({ id: runId, maxAttempts: 3 });
    await until(async () => {
      const { attempts, notBefore } = await client.get({ company, run: runId });
      return attempts === 2 && notBefore !== null;
    });
    await client.cancel({ company, run: runId });
  });

  it("refuses what is active, what never was to start, and what another run of the same work stands for", async () => {
    const active = await world.fire("sleep 805");
    expect(await refusalOf(client.retry({ company, run: active }))).toMatchObject({ code: "run_active" });
    const finished = await world.fire("true");
    await ended(finished);
    await update(
      finished,
      `routine_id = (select routine_id from routine_runs where id = '${active}'), exclusive = true,
      dispatch_fingerprint = (select dispatch_fingerprint from routine_runs where id = '${active}')`,
    );
    await update(active, "exclusive = true");
    expect(await refusalOf(client.retry({ company, run: finished }))).toMatchObject({ code: "run_active" });
    expect(await world.statusOf(finished)).toBe("succeeded");
    await update(finished, "status = 'skipped', exclusive = false");
    expect(await refusalOf(client.retry({ company, run: finished }))).toMatchObject({ code: "run_unstarted" });
    await client.cancel({ company, run: active });
    await ended(active);
  });
});
