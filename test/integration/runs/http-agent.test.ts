import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { RunDetail } from "../../../preload/contract/runs.ts";
import { asRefusal } from "../../../main/contract/refusal.ts";
import { findRoutine } from "../../../main/routines/lookup.ts";
import { previewRun } from "../../../main/routines/preview.ts";
import { runDetailOf } from "../../../main/runs/records.ts";
import type { Worker } from "../../../main/runs/worker.ts";
import { createAgent, testAgent, updateAgent } from "../../../main/work/agents.ts";
import { until } from "../../fixtures/runner.ts";
import { type RunWorld, runWorld } from "../../fixtures/runs.ts";

let world: RunWorld;
let worker: Worker;
let base: string;
let answer: (request: http.IncomingMessage, response: http.ServerResponse, body: string) => void;
const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("end", () => answer(request, response, body));
});
beforeAll(async () => {
  world = await runWorld();
  worker = await world.worker();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => server.closeAllConnections());
afterAll(async () => {
  server.close();
  await world.close();
});

const detailOf = (runId: string): Promise<RunDetail> => runDetailOf(world.database.orm, world.acme.id, runId);
const finished = async (runId: string): Promise<RunDetail> => {
  worker.accept(runId);
  await worker.idle();
  return detailOf(runId);
};
const preview = async (routineId: string) =>
  previewRun(
    {
      ...world,
      baseEnvironment: async () => ({ PATH: process.env["PATH"] ?? "", HOME: world.runner.directory }),
      defaultCwd: world.paths.workspaces,
    },
    await findRoutine(world.database.orm, world.acme.id, routineId),
    { variables: {} },
  );

it("a service is given its secret and its payload, and what it says back is masked everywhere", async () => {
  const value = `canary-${randomUUID()}`;
  await world.secret(world.acme, "service", value);
  let got: { authorization: string | undefined; body: unknown } | null = null;
  answer = ({ headers }, response, body) => {
    got = { authorization: headers.authorization, body: JSON.parse(body) };
    response.end(`thanks for ${value}`);
  };
  const runId = await world.fire("", {
    http: {
      url: base,
      headers: { authorization: "Bearer {{env.SERVICE_TOKEN}}", "x-run": "{{env.PAPERCLIP_RUN_ID}}" },
    },
    env: { SERVICE_TOKEN: { type: "secret_ref", secret: "service" } },
    instructions: "Do the work.",
    payload: { from: "{{env.SERVICE_TOKEN}}" },
  });
  const run = await finished(runId);
  expect(got).toEqual({
    authorization: `Bearer ${value}`,
    body: {
      runId,
      attempt: 1,
      companyId: world.acme.id,
      routineId: run.routineId,
      agentId: run.agentId,
      projectId: null,
      trigger: "manual",
      instructions: "Do the work.",
      payload: { from: "{{env.SERVICE_TOKEN}}" },
    },
  });
  expect(run).toMatchObject({ status: "succeeded", exitCode: null, failure: null });
  expect(run.manifest).toContainEqual(
    expect.objectContaining({ key: "SERVICE_TOKEN", outcome: "success", maskHits: 1 }),
  );
  expect(run.attemptList[0]).toMatchObject({ leftProcesses: 0, log: { excerpt: "thanks for ***", maskHits: 1 } });
  const { rows } = await world.database.pool.query("select * from routine_runs, heartbeat_runs, run_sheets");
  const logs = readdirSync(world.paths.runLogs, { recursive: true, withFileTypes: true }).filter((each) =>
    each.isFile(),
  );
  const written = logs.map((each) => readFileSync(path.join(each.parentPath, each.name), "utf8"));
  expect(JSON.stringify(rows) + written.join("")).not.toContain(value);

  const shown = await preview(run.routineId);
  expect(shown).toMatchObject({
    argv: [],
    cwd: null,
    instructionsVia: "body",
    timeoutSeconds: 3_600,
    problems: [],
    request: { method: "POST", url: base, expectStatus: null, body: expect.stringContaining("{{instructions}}") },
  });
  expect(shown.request?.headers).toContainEqual({ name: "authorization", value: "Bearer {{env.SERVICE_TOKEN}}" });
  expect(shown.runtimeNames).not.toContain("PAPERCLIP_PAYLOAD_FILE");
  expect(shown.hash).toBe(run.sheetHash);
});

it("a request that fails is tried again as the routine says, and its failure names what to do", async () => {
  const attempts: number[] = [];
  answer = (_, response, body) => {
    attempts.push((JSON.parse(body) as { attempt: number }).attempt);
    response.writeHead(attempts.length === 1 ? 503 : 200).end("busy");
  };
  const runId = await world.fire("", { http: { url: base }, retry: { maxAttempts: 2, backoffSeconds: 0 } });
  const run = await finished(runId);
  expect(attempts).toEqual([1, 2]);
  expect(run).toMatchObject({ status: "succeeded", attempts: 2 });
  expect(run.attemptList.find(({ attempt }) => attempt === 1)).toMatchObject({
    status: "failed",
    exitCode: null,
    failure: { code: "http_status", message: expect.stringContaining("503 Service Unavailable") },
  });
});

it("a cancel and the routine's time limit close the connection", async () => {
  let open = 0;
  answer = (_, response) => {
    open += 1;
    response.on("close", () => (open -= 1));
    response.writeHead(200).write("working\n");
  };
  const stays = await world.fire("", { http: { url: base } });
  await until(() => open === 1);
  worker.cancel(stays);
  expect(await finished(stays)).toMatchObject({ status: "cancelled", failure: { code: "cancelled" } });
  const late = await finished(await world.fire("", { http: { url: base }, limits: { timeoutSeconds: 1 } }));
  expect(late).toMatchObject({ status: "timed_out", failure: { code: "timed_out" } });
  expect(late.failure?.message).toContain("the 1 s that its routine gives it");
  await until(() => open === 0);
});

it("a variable that nobody sets stops the run before it is sent, and the preview says so", async () => {
  answer = (_, response) => response.end();
  const runId = await world.fire("", { http: { url: base, headers: { "x-api-key": "{{env.NOBODY_SETS}}" } } });
  const run = await finished(runId);
  expect(run).toMatchObject({ status: "failed", failure: { code: "env_missing" } });
  const { problems, hash } = await preview(run.routineId);
  expect(problems).toMatchObject([{ code: "env_missing", message: expect.stringContaining("NOBODY_SETS") }]);
  expect(hash).toBe(run.sheetHash);
});

it("strict mode judges what a save adds or changes, and a test connects and sends nothing", async () => {
  const { orm } = world.database;
  const config = { url: base, headers: { authorization: "Bearer swordfish-1234" } };
  const input = { name: "flow", adapter: "http", config };
  const refusal = asRefusal(await createAgent(orm, world.acme.id, input).catch((error: unknown) => error));
  expect(refusal).toMatchObject({ code: "adapter_invalid" });
  expect(Object.keys(refusal?.data.fields ?? {})).toEqual(["config.headers.authorization"]);
  expect(JSON.stringify(refusal)).not.toContain("swordfish");
  const agent = await createAgent(orm, world.acme.id, input, false);
  const kept = { ...config, expectStatus: 201 };
  const updated = await updateAgent(orm, world.acme.id, agent.id, { config: kept });
  expect(updated.adapterConfig).toMatchObject({ expectStatus: 201 });
  const other = { ...config, headers: { authorization: "Bearer swordfish-5678" } };
  await expect(updateAgent(orm, world.acme.id, agent.id, { config: other })).rejects.toThrow("in clear");

  let asked = 0;
  answer = () => (asked += 1);
  const surroundings = { baseEnvironment: async () => ({}), defaultCwd: "/" };
  const test = () => testAgent(orm, world.acme.id, agent.id, surroundings);
  expect(await test()).toMatchObject({ ok: true, checks: [{ name: "configuration" }, { name: "connection" }] });
  const filled = { url: "http://127.0.0.1:1/", headers: { "x-key": "{{env.ELSEWHERE}}" } };
  await updateAgent(orm, world.acme.id, agent.id, { config: filled });
  expect(await test()).toMatchObject({
    ok: false,
    checks: [
      { name: "configuration", ok: true },
      { name: "variables", ok: true, message: expect.stringContaining("a project or routine has to") },
      { name: "connection", ok: false, message: "127.0.0.1:1 refused the connection." },
    ],
  });
  expect(asked).toBe(0);
});
