import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { restoreRevision } from "../../../../main/routines/restore.ts";
import { eventually } from "../../../fixtures/conditions.ts";
import { freePort } from "../../../fixtures/free-port.ts";
import { hmac, send, type Sending, signed, type WebhookWorld, webhookWorld } from "./setup.ts";

let world: WebhookWorld;
beforeAll(async () => {
  world = await webhookWorld();
});
afterAll(() => world.close());

const BODY = '{"branch":"main"}';
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const github = (key: string, body = BODY) => ({ "x-hub-signature-256": `sha256=${hmac(key, body)}` });

test("each mode takes its own proof and starts a run of its trigger with the payload", async () => {
  const modes = [
    ["bearer", (key: string) => bearer(key)],
    ["hmac_sha256", (key: string) => signed(key, BODY, world.clock.now())],
    ["hmac_sha256", (key: string) => signed(key, BODY, world.clock.now(), "ms")],
    ["github_hmac", (key: string) => github(key)],
    ["github_hmac", (key: string) => ({ "x-paperclip-signature": hmac(key, BODY).toUpperCase() })],
    ["none", () => ({})],
  ] as const;
  for (const [signingMode, headers] of modes) {
    const { url, key, id, runs, log, record } = await world.webhook({ signingMode });
    expect(key).toMatch(signingMode === "none" ? /^$/ : /^[0-9a-f]{48}$/);
    const answer = await send(url, { headers: headers(key), body: BODY });
    expect(answer).toMatchObject({ status: 202, body: { outcome: "started", run: { status: "queued" } } });
    const [run] = await runs();
    expect(run).toMatchObject({
      id: answer.body.run?.id,
      triggerId: id,
      source: "webhook",
      status: "queued",
      triggerPayload: { branch: "main" },
    });
    expect(world.woken).toContain(run?.id);
    expect(await log()).toMatchObject([
      {
        outcome: "started",
        httpStatus: 202,
        test: false,
        bodyBytes: BODY.length,
        sourceAddress: "127.0.0.1",
        runId: run?.id,
        runStatus: "queued",
        previousKey: false,
      },
    ]);
    expect(await record()).toMatchObject({
      lastFiredAt: world.clock.now().toISOString(),
      lastResult: `queued: run ${run?.id}`,
    });
  }
});

test("every wrong proof is answered with the same 401 and starts nothing; the log says what was wrong", async () => {
  const now = world.clock.now();
  const late = (seconds: number) => new Date(now.getTime() + seconds * 1_000);
  const other = "0".repeat(48);
  type Wrong = (key: string) => Sending["headers"];
  const wrong: Record<"bearer" | "hmac_sha256" | "github_hmac", [string, Wrong][]> = {
    bearer: [
      ["proof_missing", () => ({})],
      ["proof_missing", (key) => ({ authorization: key })],
      ["proof_missing", (key) => ({ authorization: `Basic ${key}` })],
      ["proof_missing", () => ({ authorization: "Bearer" })],
      ["proof_missing", () => bearer("x".repeat(2_000))],
      ["proof_missing", (key) => ({ "x-paperclip-signature": key })],
      ["proof_wrong", () => bearer(other)],
      ["proof_wrong", (key) => bearer(key.slice(0, -1))],
      ["proof_wrong", (key) => bearer(`${key}0`)],
      ["proof_wrong", (key) => bearer(key.toUpperCase().replace(/\d/g, "A"))],
    ],
    hmac_sha256: [
      ["proof_missing", () => ({})],
      ["proof_missing", (key) => bearer(key)],
      ["proof_missing", (key) => ({ "x-paperclip-signature": hmac(key, BODY) })],
      ["proof_missing", (key) => ({ ...signed(key, BODY, now), "x-paperclip-timestamp": "soon" })],
      ["proof_missing", (key) => ({ ...signed(key, BODY, now), "x-paperclip-timestamp": "-5" })],
      ["proof_missing", (key) => ({ ...signed(key, BODY, now), "x-paperclip-signature": "sha256=zz" })],
      ["proof_missing", (key) => ({ ...signed(key, BODY, now), "x-paperclip-signature": "" })],
      ["proof_missing", (key) => ({ ...signed(key, BODY, now), "x-paperclip-signature": ["a", "b"] })],
      ["proof_stale", (key) => signed(key, BODY, late(-301))],
      ["proof_stale", (key) => signed(key, BODY, late(301))],
      ["proof_stale", (key) => signed(key, BODY, new Date(0))],
      ["proof_stale", (key) => ({ ...signed(key, BODY, now), "x-paperclip-timestamp": "9999999999999999" })],
      ["proof_wrong", () => signed(other, BODY, now)],
      ["proof_wrong", (key) => signed(key, `${BODY} `, now)],
      ["proof_wrong", (key) => ({ ...signed(key, BODY, now), "x-paperclip-timestamp": String(+late(1)).slice(0, 10) })],
      ["proof_wrong", (key) => ({ ...signed(key, BODY, now), "x-paperclip-signature": hmac(key, BODY) })],
    ],
    github_hmac: [
      ["proof_missing", () => ({})],
      ["proof_missing", () => ({ "x-hub-signature-256": "sha256=" })],
      ["proof_missing", (key) => ({ "x-hub-signature": `sha1=${hmac(key, BODY).slice(0, 40)}` })],
      ["proof_wrong", () => github(other)],
      ["proof_wrong", (key) => github(key, `${BODY}\n`)],
      ["proof_wrong", (key) => signed(key, BODY, now)],
    ],
  };
  for (const signingMode of ["bearer", "hmac_sha256", "github_hmac"] as const) {
    const { url, key, runs, log } = await world.webhook({ signingMode });
    const answers = [];
    for (const [, headers] of wrong[signingMode]) {
      world.clock.jump(1);
      answers.push(await send(url, { headers: headers(key) ?? {}, body: BODY }));
    }
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect((await log()).map(({ code }) => code).toReversed()).toEqual(wrong[signingMode].map(([code]) => code));
    expect(JSON.stringify(await log())).not.toContain(key);
    expect(await runs()).toEqual([]);
  }
});

describe("a signed delivery", () => {
  test("counts once, as often and as close together as it comes", async () => {
    const { url, key, runs, log } = await world.webhook({ signingMode: "hmac_sha256" });
    const headers = signed(key, BODY, world.clock.now());
    const answers = await Promise.all(Array.from({ length: 6 }, () => send(url, { headers, body: BODY })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409, 409, 409, 409, 409]);
    // The signature written in another way is the same signature, and a key of the sender's own makes it no other.
    const rewritten = {
      "x-paperclip-timestamp": headers["x-paperclip-timestamp"],
      "x-paperclip-signature": headers["x-paperclip-signature"].slice(7).toUpperCase(),
      "idempotency-key": "another",
    };
    const again = await send(url, { headers: rewritten, body: BODY });
    expect(again).toMatchObject({ status: 409, body: { error: { code: "replay" } } });
    expect(await runs()).toHaveLength(1);
    expect((await log()).filter(({ code }) => code === "replay")).toHaveLength(6);
  });

  test("counts once where two owners of the database listen", async () => {
    const { url, key, runs, log } = await world.webhook({ signingMode: "hmac_sha256" });
    const port = await freePort();
    const other = world.receptionAt(() => port);
    await eventually(() => other.state().state === "listening");
    const headers = signed(key, BODY, world.clock.now());
    const elsewhere = url.replace(world.reception.state().base, other.state().base);
    const answers = await Promise.all([url, elsewhere].map((address) => send(address, { headers, body: BODY })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409]);
    expect([await runs(), await log()]).toMatchObject([{ length: 1 }, { length: 2 }]);
    await other.stop();
  });

  test("that was refused for another reason can come again", async () => {
    const { url, key, routineId, runs } = await world.webhook({ signingMode: "hmac_sha256" });
    await world.company.update(routineId, {
      instructions: "{{size}}",
      variables: [{ name: "size", type: "number", required: true }],
    });
    const headers = signed(key, BODY, world.clock.now());
    expect((await send(url, { headers, body: BODY })).status).toBe(422);
    await world.company.update(routineId, { instructions: "" });
    expect((await send(url, { headers, body: BODY })).status).toBe(202);
    expect(await runs()).toHaveLength(1);
  });

  test("is not taken again where the window is widened after its note could have been forgotten", async () => {
    const { url, key, one, runs } = await world.webhook({ signingMode: "hmac_sha256", replayWindowSeconds: 30 });
    const headers = signed(key, BODY, world.clock.now());
    expect((await send(url, { headers, body: BODY })).status).toBe(202);
    world.clock.jump(3_600_000);
    await world.settled("listening");
    expect((await send(url, { headers, body: BODY })).status).toBe(401);
    await world.client.triggers.update({ ...one, changes: { replayWindowSeconds: 86_400 } });
    expect((await send(url, { headers, body: BODY })).status).toBe(409);
    expect(await runs()).toHaveLength(1);
  });
});

describe("an idempotency key", () => {
  test("means one run, also for deliveries that come at once", async () => {
    const { url, key, runs, log } = await world.webhook();
    const deliver = (name: string) => send(url, { headers: { ...bearer(key), "idempotency-key": name }, body: BODY });
    const answers = await Promise.all(Array.from({ length: 6 }, () => deliver("one")));
    expect(new Set(answers.map(({ body }) => body.run?.id)).size).toBe(1);
    expect(answers.map(({ body }) => body.outcome).toSorted()).toEqual([
      ...Array.from({ length: 5 }, () => "repeated"),
      "started",
    ]);
    expect(answers.every(({ status }) => status === 202)).toBe(true);
    await deliver("two");
    expect((await runs()).map(({ idempotencyKey }) => idempotencyKey).toSorted()).toEqual(["one", "two"]);
    expect((await log()).filter(({ outcome }) => outcome === "repeated")).toHaveLength(5);
  });

  test("is the number that GitHub gives a delivery, unless the sender names one", async () => {
    const { url, key, runs } = await world.webhook({ signingMode: "github_hmac" });
    const deliver = (headers: Sending["headers"]) => send(url, { headers: { ...github(key), ...headers }, body: BODY });
    await deliver({ "x-github-delivery": "72d3162e" });
    await deliver({ "x-github-delivery": "72d3162e" });
    await deliver({ "x-github-delivery": "72d3162e", "idempotency-key": "mine" });
    expect((await runs()).map(({ idempotencyKey }) => idempotencyKey).toSorted()).toEqual(["72d3162e", "mine"]);
  });

  test("of no use is refused", async () => {
    const { url, key, runs } = await world.webhook();
    for (const name of ["", "x".repeat(256), `run-${key}`]) {
      const answer = await send(url, { headers: { ...bearer(key), "idempotency-key": name }, body: BODY });
      expect(answer.status).toBe(400);
    }
    expect(await runs()).toEqual([]);
  });
});

describe("rotation", () => {
  test("keeps the key of before for the time that was stated, and then destroys it", async () => {
    const { url, key: old, one, secretId, log, record } = await world.webhook();
    const { signingKey: next, webhook } = await world.client.webhooks.rotate({ ...one, keepOldSeconds: 3_600 });
    expect(next).not.toBe(old);
    expect(webhook.previousKeyUntil).toBe(new Date(world.clock.now().getTime() + 3_600_000).toISOString());
    const deliver = async (key: string) => {
      const { status } = await send(url, { headers: bearer(key), body: BODY });
      world.clock.jump(1);
      return status;
    };
    expect(await deliver(old)).toBe(202);
    expect(await deliver(next)).toBe(202);
    expect((await log()).map(({ previousKey }) => previousKey)).toEqual([false, true]);
    world.clock.jump(3_600_000);
    expect(await deliver(old)).toBe(401);
    expect(await deliver(next)).toBe(202);
    await world.settled("listening");
    await expect.poll(async () => (await record()).webhook?.previousKeyUntil).toBeNull();
    const { rows } = await world.database.pool.query(
      "select version, status, material is null as gone from company_secret_versions where secret_id = $1 order by version",
      [secretId],
    );
    expect(rows).toEqual([
      { version: 1, status: "destroyed", gone: true },
      { version: 2, status: "current", gone: false },
    ]);
  });

  test("ends the key of before at once where that is wanted, and one from before it in any case", async () => {
    const { url, key: first, one } = await world.webhook({ signingMode: "github_hmac" });
    const deliver = async (key: string) => (await send(url, { headers: github(key), body: BODY })).status;
    const { signingKey: second } = await world.client.webhooks.rotate(one);
    const { signingKey: third } = await world.client.webhooks.rotate(one);
    expect(await deliver(first)).toBe(401);
    expect(await deliver(second)).toBe(202);
    expect(await deliver(third)).toBe(202);
    const { signingKey: fourth } = await world.client.webhooks.rotate({ ...one, keepOldSeconds: 0 });
    expect(await deliver(third)).toBe(401);
    expect(await deliver(fourth)).toBe(202);
  });

  test("of a webhook without a key, or of something else, is refused or makes the first one", async () => {
    const none = await world.webhook({ signingMode: "none" });
    await expect(world.client.webhooks.rotate(none.one)).rejects.toMatchObject({ code: "trigger_invalid" });
    const switchMode = () => world.client.triggers.update({ ...none.one, changes: { signingMode: "bearer" } });
    await expect(switchMode()).rejects.toMatchObject({ code: "trigger_invalid" });
    await world.client.triggers.disable(none.one);
    await switchMode();
    await expect(world.client.triggers.enable(none.one)).rejects.toMatchObject({ code: "trigger_invalid" });
    const { signingKey } = await world.client.webhooks.rotate(none.one);
    await world.client.triggers.enable(none.one);
    expect((await send(none.url, { headers: bearer(signingKey) })).status).toBe(202);
    const { company, routine } = none.one;
    const api = await world.client.triggers.create({ company, routine, trigger: { kind: "api" } });
    const rotate = world.client.webhooks.rotate({ company, routine, trigger: api.id });
    await expect(rotate).rejects.toMatchObject({ code: "trigger_invalid" });
  });
});

test("the signing key is a secret of the vault: bound, its uses in the record, gone with its webhook", async () => {
  const { url, key, one, secretId, routineId } = await world.webhook();
  expect(await world.company.bindings(routineId)).toEqual([`routine webhookSecret:${secretId} ${secretId} latest`]);
  await send(url, { headers: bearer(key), body: BODY });
  await send(url, { headers: bearer("wrong-key"), body: BODY });
  await send(url, { body: BODY });
  const events = async () =>
    (
      await world.database.pool.query(
        "select actor_type, actor_id, consumer_type, consumer_id, config_path, outcome from secret_access_events where secret_id = $1",
        [secretId],
      )
    ).rows;
  const use = {
    actor_type: "system",
    actor_id: "webhook",
    consumer_type: "routine",
    consumer_id: routineId,
    config_path: `webhookSecret:${secretId}`,
    outcome: "success",
  };
  // The third one shows nothing that a key could be held against.
  expect(await events()).toEqual([use, use]);
  await world.client.triggers.remove(one);
  expect(await world.company.bindings(routineId)).toEqual([]);
  const { rows } = await world.database.pool.query("select status from company_secrets where id = $1", [secretId]);
  expect(rows).toEqual([{ status: "deleted" }]);
  expect((await send(url, { headers: bearer(key), body: BODY })).status).toBe(404);
});

test("a signing key that is not released leaves the delivery unproven, and says so to the operator alone", async () => {
  const { url, key, one, secretId, log, runs } = await world.webhook();
  const set = (status: string) =>
    world.database.pool.query("update company_secrets set status = $2 where id = $1", [secretId, status]);
  await set("disabled");
  const answer = await send(url, { headers: bearer(key), body: BODY });
  expect(answer).toMatchObject({ status: 503, body: { error: { code: "unavailable" } } });
  expect((await log())[0]).toMatchObject({ code: "secret_inactive", httpStatus: 503, outcome: "refused" });
  await set("deleted");
  expect((await send(url, { headers: bearer(key), body: BODY })).status).toBe(503);
  const { signingKey } = await world.client.webhooks.rotate(one);
  expect((await send(url, { headers: bearer(signingKey), body: BODY })).status).toBe(202);
  expect(await runs()).toHaveLength(1);
});

test("a webhook that a restore brings back keeps its address and gets a new key; one that a restore removes loses its key", async () => {
  const { url, key, one, id, secretId, routineId, record } = await world.webhook();
  const restore = (revision: number) =>
    restoreRevision(world.database, {
      ...world.company.note,
      routineId,
      revision,
      leaveOut: [],
      baseRevisionId: undefined,
    });
  await restore(1);
  expect((await send(url, { headers: bearer(key) })).status).toBe(404);
  const { rows } = await world.database.pool.query("select status from company_secrets where id = $1", [secretId]);
  expect(rows).toEqual([{ status: "deleted" }]);
  await restore(2);
  expect(await record()).toMatchObject({ id, enabled: false, webhook: { address: url, secretId: null } });
  expect((await send(url, { headers: bearer(key) })).status).toBe(409);
  const { signingKey } = await world.client.webhooks.rotate(one);
  await world.client.triggers.enable(one);
  expect((await send(url, { headers: bearer(key) })).status).toBe(401);
  expect((await send(url, { headers: bearer(signingKey) })).status).toBe(202);
});

test("none of this was unexpected", () => {
  expect(world.errors).toEqual([]);
});
