import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import type http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../../../main/instance/clock.ts";
import { changeStatus } from "../../../../main/routines/definition.ts";
import { OPERATOR } from "../../../../main/record/activity.ts";
import { releaseHold } from "../../../../main/routines/hold-release.ts";
import { pauseAll, resumeAll } from "../../../../main/routines/scheduler/pause.ts";
import { receive } from "../../../../main/routines/webhooks/receive.ts";
import { holdBack } from "../../../../main/runs/hold.ts";
import { fileKeyPlace } from "../../../../main/secrets/file-key-place.ts";
import { openVault } from "../../../../main/secrets/vault.ts";
import { eventually } from "../../../fixtures/conditions.ts";
import { freePort } from "../../../fixtures/free-port.ts";
import { send, type WebhookWorld, webhookWorld } from "./setup.ts";

let world: WebhookWorld;
beforeAll(async () => {
  world = await webhookWorld();
});
afterAll(() => world.close());

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const MEBIBYTE = 1024 * 1024;

describe("the listener", () => {
  test("is off until a webhook is enabled, answers for a disabled one, and goes with the last", async () => {
    const own = await webhookWorld();
    const base = `http://127.0.0.1:${own.port.now}`;
    expect(own.reception.state()).toEqual({ state: "off", reason: "No webhook is enabled.", base, unknown: null });
    const { one, url, key } = await own.webhook({ enabled: false });
    await own.settled("off");
    await expect(send(url, { headers: bearer(key) })).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await own.client.triggers.enable(one);
    await own.settled("listening");
    expect((await send(url, { headers: bearer(key) })).status).toBe(202);
    await own.client.triggers.disable(one);
    own.reception.look();
    expect((await send(url, { headers: bearer(key) })).status).toBe(409);
    await own.client.triggers.remove(one);
    await own.settled("off");
    await expect(send(url)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await own.close();
    expect(own.errors).toEqual([]);
  });

  test("says that its port is taken, tries again, and follows the settings", async () => {
    const own = await webhookWorld();
    const other = net.createServer();
    await new Promise<void>((resolve) => other.listen(own.port.now, "127.0.0.1", resolve));
    const { one, key } = await own.webhook({ enabled: false });
    await own.client.triggers.enable(one);
    await own.settled("failed");
    expect(own.reception.state().reason).toBe(`Webhooks are not taken: another program uses port ${own.port.now}.`);
    await new Promise((resolve) => other.close(resolve));
    own.clock.pass(30_000);
    await own.settled("listening");
    const before = own.port.now;
    own.port.now = await freePort();
    await own.settled("listening");
    await expect
      .poll(
        async () =>
          (
            await send((await own.client.triggers.list(one)).triggers[0]?.webhook?.address ?? "", {
              headers: bearer(key),
            })
          ).status,
      )
      .toBe(202);
    await expect(send(`http://127.0.0.1:${before}/`)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await own.close();
  });

  test("starts nothing while what was restored is held, and says that to senders who may try again", async () => {
    const own = await webhookWorld();
    const { url, key, runs, log } = await own.webhook();
    await own.settled("listening");
    const now = own.clock.now();
    const hold = { kind: "restore", source: "a.tar", stateOf: now } as const;
    await own.database.orm.transaction((tx) => holdBack(tx, hold, now));
    expect((await send(url, { headers: bearer(key) })).status).toBe(503);
    expect(await log()).toMatchObject([{ code: "restore_held", httpStatus: 503 }]);
    expect(await runs()).toEqual([]);
    await releaseHold(own, "start");
    expect((await send(url, { headers: bearer(key) })).status).toBe(202);
    await own.close();
  });

  test("refuses and notes deliveries while everything is paused", async () => {
    const own = await webhookWorld();
    const { one, url, key, runs, log } = await own.webhook();
    await own.settled("listening");
    await pauseAll(own.database, OPERATOR, own.clock.now());
    const refused = await send(url, { headers: bearer(key) });
    expect(refused).toMatchObject({ status: 503, headers: { "retry-after": "300" } });
    expect((await send(url, { headers: { ...bearer(key), "x-paperclip-test": "1" } })).status).toBe(503);
    expect(await own.client.webhooks.test(one)).toMatchObject({ httpStatus: 503, code: "all_paused" });
    const noted = (await log()).map(({ code, httpStatus, test }) => `${code} ${httpStatus}${test ? " test" : ""}`);
    expect(noted.toSorted()).toEqual(["all_paused 503", "all_paused 503 test", "all_paused 503 test"]);
    expect(await runs()).toEqual([]);
    await resumeAll(own.database, OPERATOR, own.clock.now());
    expect((await send(url, { headers: bearer(key) })).status).toBe(202);
    await own.close();
  });

  test("refuses a delivery that came before a pause which was there first at the routine", async () => {
    const { url, key, runs, log } = await world.webhook();
    const { pool } = world.database;
    const blocked = async () =>
      (
        await pool.query(
          "select from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0",
        )
      ).rowCount;
    // Lets everybody read that nothing is paused, and nobody say that it is.
    const holder = await pool.connect();
    await holder.query("begin; lock table scheduler_pause in share mode");
    const pausing = pauseAll(world.database, OPERATOR, world.clock.now());
    await expect.poll(blocked).toBe(1);
    const delivered = send(url, { headers: bearer(key) });
    await expect.poll(blocked).toBe(2);
    await holder.query("commit");
    holder.release();
    await pausing;
    expect(await delivered).toMatchObject({ status: 503, headers: { "retry-after": "300" } });
    expect(await runs()).toEqual([]);
    expect(await log()).toMatchObject([{ code: "all_paused", httpStatus: 503 }]);
    await resumeAll(world.database, OPERATOR, world.clock.now());
    expect((await send(url, { headers: bearer(key) })).status).toBe(202);
  });

  test("counts what comes to addresses that no webhook has, and keeps nothing of it", async () => {
    const own = await webhookWorld();
    const { url } = await own.webhook();
    await own.settled("listening");
    const since = own.clock.now().toISOString();
    expect(own.reception.state().unknown).toBeNull();
    const knock = (path: string) =>
      send(new URL(path, url).href, { headers: bearer("a-key-of-somebody"), body: "a body of somebody" });
    for (let count = 0; count < 20; count += 1) {
      expect((await knock(`/hooks/${String(count).padStart(24, "0")}`)).status).toBe(404);
    }
    expect(own.logged).toMatchObject([{ count: 1 }]);
    await send(new URL("/favicon.ico", url).href, { method: "GET" });
    own.clock.pass(600_000);
    await eventually(() => own.logged.length === 2);
    expect((await knock("/elsewhere")).status).toBe(404);
    const lastAt = own.clock.now().toISOString();
    expect(own.reception.state().unknown).toEqual({ count: 21, since, lastAt });
    expect((await knock("/elsewhere")).status).toBe(404);
    await own.close();
    expect(own.logged).toEqual([{ count: 1 }, { count: 20 }, { count: 22 }]);
  });

  test("knows one path and one method, by its own name, and no pages", async () => {
    const { url, key, runs, log } = await world.webhook();
    const { host } = new URL(url);
    const port = host.split(":")[1];
    const headers = bearer(key);
    const unknown = url.replace(/[0-9a-f]{24}$/, "0".repeat(24));
    const answers = await Promise.all([
      send(unknown, { headers }),
      send(`http://${host}/`, { headers }),
      send(`${url}/`, { headers }),
      send(`http://${host}/hooks/../etc/passwd`, { headers }),
      send(url.toUpperCase().replace("HTTP", "http"), { headers }),
      send(url, { method: "GET", headers }),
      send(url, { method: "OPTIONS", headers }),
      send(url, { headers: { ...headers, host: "evil.example" } }),
      send(url, { headers: { ...headers, host: `evil.example:${port}` } }),
      send(url, { headers: { ...headers, origin: "https://evil.example" } }),
      send(url, { headers: { ...headers, origin: `http://${host}` } }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 405, 405, 421, 421, 403, 403]);
    expect(await runs()).toEqual([]);
    expect(await log()).toEqual([]);
    expect((await send(`${url}?token=x`, { headers: { ...headers, host: `localhost:${port}` } })).status).toBe(202);
  });

  test("takes a body of a mebibyte, and no more, whether its length was announced or not", async () => {
    const { url, key, runs, log } = await world.webhook();
    const body = (bytes: number) => JSON.stringify("x".repeat(bytes - 2));
    expect((await send(url, { headers: bearer(key), body: body(MEBIBYTE) })).status).toBe(202);
    const announced = await send(url, { headers: bearer(key), body: body(MEBIBYTE + 1) });
    const chunked = { ...bearer(key), "transfer-encoding": "chunked" };
    const streamed = await send(url, { headers: chunked, body: body(2 * MEBIBYTE) });
    const lied = await send(url, { headers: { ...bearer(key), "content-length": "99999999999" } }).catch(() => null);
    expect([announced.status, streamed.status, lied?.status ?? 413]).toEqual([413, 413, 413]);
    expect((await log()).filter(({ code }) => code === "body_too_large").map(({ bodyBytes }) => bodyBytes)).toEqual(
      expect.arrayContaining([MEBIBYTE + 1, 2 * MEBIBYTE, 2_147_483_647]),
    );
    expect(await runs()).toHaveLength(1);
  });

  test("cuts off who is slow, sends too many headers or speaks no HTTP", async () => {
    // Of this listener alone, because a busy machine may take longer for what is not slow.
    const hasty = await webhookWorld({ requestMs: 250 });
    const [slow, quick] = [new URL((await hasty.webhook()).url), new URL((await world.webhook()).url)];
    const said = ({ port }: URL, text: string) =>
      new Promise<string>((resolve) => {
        let answer = "";
        const socket = net.connect(Number(port), "127.0.0.1", () => socket.write(text));
        socket.on("data", (chunk) => (answer += chunk.toString()));
        socket.on("error", () => undefined);
        socket.on("close", () => resolve(answer.split("\r\n")[0] ?? ""));
      });
    const head = ({ pathname, host }: URL) => `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\n`;
    const [headers, body, many, junk] = await Promise.all([
      said(slow, head(slow)),
      said(slow, `${head(slow)}Content-Length: 10\r\n\r\n{"a`),
      said(quick, `${head(quick)}X-Long: ${"x".repeat(20_000)}\r\n\r\n`),
      said(quick, "hello\r\n\r\n"),
    ]);
    await hasty.close();
    expect([headers, body, many, junk]).toEqual([
      "HTTP/1.1 408 Request Timeout",
      "HTTP/1.1 408 Request Timeout",
      "HTTP/1.1 431 Request Header Fields Too Large",
      "HTTP/1.1 400 Bad Request",
    ]);
  });

  test("turns away who comes in too great numbers, and loses none of those that it takes", async () => {
    const { url, key, runs } = await world.webhook();
    const answers = await Promise.all(
      Array.from({ length: 120 }, (_, index) =>
        send(url, { headers: bearer(key), body: JSON.stringify({ index }) }).catch(() => null),
      ),
    );
    const statuses = new Set(answers.map((answer) => answer?.status ?? "cut"));
    expect([...statuses].every((status) => status === 202 || status === 503 || status === "cut")).toBe(true);
    expect(await runs()).toHaveLength(answers.filter((answer) => answer?.status === 202).length);
    expect(statuses.has(202)).toBe(true);
  });
});

describe("a delivery", () => {
  test("to what is switched off, paused or archived is refused, and says which", async () => {
    const { url, key, one, routineId, log, runs } = await world.webhook();
    const status = async () => {
      world.clock.jump(1);
      return (await send(url, { headers: bearer(key) })).status;
    };
    const set = (change: "pause" | "resume" | "archive") =>
      changeStatus(world.database, { ...world.company.note, routineId, change });
    await world.client.triggers.disable(one);
    expect(await status()).toBe(409);
    await world.client.triggers.enable(one);
    await set("pause");
    expect(await status()).toBe(409);
    await set("archive");
    expect(await status()).toBe(409);
    await set("resume");
    expect(await status()).toBe(202);
    expect((await log()).map(({ code }) => code)).toEqual([
      null,
      "routine_archived",
      "routine_paused",
      "trigger_disabled",
    ]);
    expect(await runs()).toHaveLength(1);
  });

  test("brings JSON or a form, of which fields and `variables` fill the routine's variables", async () => {
    const definition = {
      instructions: "{{branch}} {{count}} {{repository}}",
      variables: [
        { name: "branch", type: "text" as const, required: true },
        { name: "count", type: "number" as const, required: false },
        { name: "repository", type: "text" as const, required: false, default: "none" },
      ],
    };
    const { url, key, runs } = await world.webhook({}, definition);
    const json = { "content-type": "application/json" };
    const form = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
    const cases: [http.OutgoingHttpHeaders, string, object][] = [
      [
        json,
        '{"branch":"main","count":3,"repository":{"id":1},"other":true}',
        { branch: "main", count: 3, repository: "none" },
      ],
      [json, '{"branch":"no","variables":{"branch":"yes","stray":1}}', { branch: "yes", repository: "none" }],
      [form, "branch=a+b&count=4&branch2=x", { branch: "a b", count: 4, repository: "none" }],
      [form, `payload=${encodeURIComponent('{"branch":"of GitHub"}')}`, { branch: "of GitHub", repository: "none" }],
      [
        { "content-type": "application/cloudevents+json" },
        '{"branch":"--force"}',
        { branch: "--force", repository: "none" },
      ],
    ];
    for (const [headers, body, variables] of cases) {
      world.clock.jump(1);
      expect(await send(url, { headers: { ...bearer(key), ...headers }, body })).toMatchObject({ status: 202 });
      expect((await runs()).at(-1)).toMatchObject({ variables });
    }
    expect((await runs()).at(-1)?.instructions).toBe("--force  none");
  });

  test("with a body of no use, or without what the routine needs, is refused and starts nothing", async () => {
    const definition = { instructions: "{{n}}", variables: [{ name: "n", type: "number" as const, required: true }] };
    const { url, key, runs, log } = await world.webhook({}, definition);
    const deliver = async (body: string | Buffer, headers: http.OutgoingHttpHeaders = {}) => {
      world.clock.jump(1);
      return (await send(url, { headers: { ...bearer(key), ...headers }, body })).status;
    };
    expect(await deliver("{")).toBe(400);
    expect(await deliver(`{"secret":"${key}"`)).toBe(400);
    expect(await deliver(Buffer.from([0x22, 0xff, 0x22]))).toBe(400);
    expect(await deliver("[".repeat(100_000) + "]".repeat(100_000))).toBe(400);
    expect(await deliver('{"n":1}', { "content-encoding": "gzip" })).toBe(415);
    expect(await deliver("<n>1</n>", { "content-type": "text/xml" })).toBe(415);
    expect(await deliver('{"n":"\\u0000"}')).toBe(422);
    expect(await deliver('{"n":"many"}')).toBe(422);
    expect(await deliver("{}")).toBe(422);
    expect(await deliver("")).toBe(422);
    expect((await log()).map(({ code }) => code).slice(0, 3)).toEqual([
      "variable_missing",
      "variable_missing",
      "variable_invalid",
    ]);
    expect(JSON.stringify(await log())).not.toContain(key);
    expect(await runs()).toEqual([]);
  });

  test("is stored without the signing key, wherever it stands in it", async () => {
    const { url, key, runs, log } = await world.webhook({}, { instructions: "{{note}}" });
    const body = JSON.stringify({ note: `key=${key}`, [key]: [key, { deep: `${key}${key}` }] });
    expect((await send(url, { headers: bearer(key), body })).status).toBe(202);
    const [run] = await runs();
    expect(run?.triggerPayload).toEqual({ note: "key=***", "***": ["***", { deep: "******" }] });
    expect(JSON.stringify([run, await log()])).not.toContain(key);
  });

  test("gives way to an active run of the same payload as the routine's policy says", async () => {
    for (const [concurrencyPolicy, outcome] of [
      ["coalesce_if_active", "coalesced"],
      ["skip_if_active", "skipped"],
    ] as const) {
      const { url, key, log, runs } = await world.webhook({}, { concurrencyPolicy });
      const deliver = (n: number) => send(url, { headers: bearer(key), body: JSON.stringify({ n }) });
      await deliver(1);
      world.clock.jump(1);
      expect((await deliver(1)).body).toMatchObject({ outcome, run: { status: outcome } });
      expect((await deliver(2)).body).toMatchObject({ outcome: "started" });
      expect((await runs()).map(({ status }) => status).toSorted()).toEqual(["queued", "queued", outcome].toSorted());
      expect(await log()).toHaveLength(3);
    }
  });

  test("killed before its commit has done nothing and can come again; the sender is told to try later", async () => {
    const { url, key, routineId, runs, log } = await world.webhook();
    const holder = await world.database.pool.connect();
    await holder.query("begin");
    await holder.query("select 1 from routines where id = $1 for update", [routineId]);
    const headers = { ...bearer(key), "idempotency-key": randomUUID() };
    const waiting = send(url, { headers });
    const blocked = async () =>
      (
        await world.database.pool.query<{ pid: number }>(
          "select pid from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0",
        )
      ).rows[0]?.pid;
    await expect.poll(blocked).toBeDefined();
    await world.database.pool.query("select pg_terminate_backend($1)", [await blocked()]);
    expect(await waiting).toMatchObject({ status: 503, headers: { "retry-after": "10" } });
    await holder.query("rollback");
    holder.release();
    expect(await runs()).toEqual([]);
    expect(await log()).toEqual([]);
    expect((await send(url, { headers })).body.outcome).toBe("started");
    // Killed after it, the sender who heard nothing comes again and finds the same run.
    expect((await send(url, { headers })).body).toMatchObject({ outcome: "repeated" });
    expect(await runs()).toHaveLength(1);
  });

  test("at a locked vault is answered 503 and written down", async () => {
    const { url, key, log, runs, id } = await world.webhook();
    const folder = await mkdtemp(path.join(os.tmpdir(), "pcd-locked-"));
    const place = fileKeyPlace({
      secretsDirectory: folder,
      keyFile: path.join(folder, "none"),
      keyFileIsDefault: true,
    });
    const vault = await openVault({ database: world.database, clock: systemClock, place });
    expect(vault.state()).toBe("locked");
    const verdict = await receive(
      { database: world.database, vault, clock: world.clock, wake: () => undefined },
      {
        publicId: url.slice(-24),
        headers: bearer(key),
        body: Buffer.alloc(0),
        bodyBytes: 0,
        sourceAddress: null,
        test: false,
      },
    );
    expect(verdict).toMatchObject({ status: 503, outcome: "refused", code: "vault_locked" });
    expect(await log()).toMatchObject([{ httpStatus: 503, code: "vault_locked" }]);
    expect(await runs()).toEqual([]);
    const { rows } = await world.database.pool.query(
      `select outcome, error_code from secret_access_events where secret_id = (select secret_id from routine_triggers where id = $1)`,
      [id],
    );
    expect(rows).toEqual([{ outcome: "failure", error_code: "vault_locked" }]);
    await rm(folder, { recursive: true });
  });
});

describe("a test delivery", () => {
  test("starts nothing, uses nothing up, and says what would have happened", async () => {
    const { one, log, runs, record } = await world.webhook(
      { signingMode: "hmac_sha256" },
      { concurrencyPolicy: "skip_if_active", instructions: "{{branch}}" },
    );
    const fired = { ...one, payload: { branch: "main" } };
    expect(await world.client.webhooks.test(fired)).toMatchObject({
      outcome: "started",
      httpStatus: 202,
      reason: "A run would be queued.",
      runId: null,
      variables: { branch: "main" },
      listening: true,
    });
    expect(await world.client.webhooks.test(fired)).toMatchObject({ outcome: "started" });
    expect(await world.client.webhooks.test(one)).toMatchObject({ httpStatus: 422, code: "variable_missing" });
    expect(await runs()).toEqual([]);
    expect(await record()).toMatchObject({ lastFiredAt: null, lastResult: null });
    await world.client.triggers.disable(one);
    expect(await world.client.webhooks.test(fired)).toMatchObject({ httpStatus: 409, code: "trigger_disabled" });
    expect((await log()).every(({ test: isTest, runId }) => isTest && runId === null)).toBe(true);
    expect(await log()).toHaveLength(4);
  });

  test("can be sent by the sender too, with its own proof", async () => {
    const { url, key, runs, log } = await world.webhook();
    const tried = { ...bearer(key), "x-paperclip-test": "1" };
    expect(await send(url, { headers: tried })).toMatchObject({ status: 200, body: { outcome: "started", run: null } });
    expect((await send(url, { headers: { ...tried, authorization: "Bearer wrong" } })).status).toBe(401);
    expect(await runs()).toEqual([]);
    expect((await log()).map(({ test: isTest }) => isTest)).toEqual([true, true]);
  });
});

test("deliveries are paged, kept for a bounded count and age, and those of others are not found", async () => {
  const { one, url, key, id, log } = await world.webhook();
  await world.database.pool.query(
    `insert into webhook_deliveries (id, company_id, trigger_id, received_at, outcome, http_status, reason, body_bytes)
     select gen_random_uuid(), $1, $2, $3::timestamptz - n * interval '1 second', 'refused', 401, 'n' || n, 0
     from generate_series(1, 600) n`,
    [world.company.companyId, id, world.clock.now()],
  );
  await send(url, { headers: bearer(key) });
  const seen = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof world.client.webhooks.deliveries>> = await world.client.webhooks.deliveries({
      ...one,
      limit: 200,
      ...(cursor === null ? {} : { cursor }),
    });
    seen.push(...page.deliveries.map(({ reason }) => reason));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(seen).toHaveLength(500);
  expect(seen.slice(1, 4)).toEqual(["n1", "n2", "n3"]);
  world.clock.jump(31 * 86_400_000);
  await send(url, { headers: bearer(key) });
  expect(await log()).toHaveLength(1);
  const foreign = world.client.webhooks.deliveries({ ...one, company: world.other.id });
  await expect(foreign).rejects.toMatchObject({ code: "routine_missing" });
});
