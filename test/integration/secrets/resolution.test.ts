import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Actor } from "../../../preload/contract/common.ts";
import type { AccessEvent } from "../../../preload/contract/secrets.ts";
import type { VersionSelector } from "../../../preload/contract/environment.ts";
import { type EventFilter, listEvents } from "../../../main/secrets/events.ts";
import { syncBindings } from "../../../main/secrets/references.ts";
import {
  type ReferenceRequest,
  type ResolveContext,
  type Resolved,
  resolveReferences,
} from "../../../main/secrets/resolution.ts";
import { createSecret, deleteSecret, rotateSecret, setSecretStatus } from "../../../main/secrets/store.ts";
import type { Vault } from "../../../main/secrets/vault.ts";
import { type SecretsSetup, canary, countRows, everyRow, insertCompany, secretsSetup } from "./setup.ts";

const actor: Actor = { type: "agent", id: randomUUID() };

let setup: SecretsSetup;
let vault: Vault;
let companyId: string;
let agentId: string;
let secret: { id: string };
let value: string;
beforeEach(async () => {
  setup = await secretsSetup();
  vault = await setup.open();
  companyId = await insertCompany(setup.database);
  agentId = randomUUID();
  value = canary();
  secret = await create("gh_token", value);
  await bind({ GH_TOKEN: secret.id });
});
afterEach(() => setup.close());

const create = (key: string, text: string, company = companyId) =>
  createSecret(setup.store(vault), { companyId: company, key, name: `Name of ${key}`, value: text });
const bind = (env: Record<string, string>, company = companyId) =>
  syncBindings(
    setup.database.orm,
    { companyId: company, type: "agent", id: agentId },
    Object.fromEntries(
      Object.entries(env).map(([key, secretId]) => [key, { type: "secret_ref", secretId, version: "latest" }]),
    ),
  );
const request = (changes: Partial<ReferenceRequest> = {}): ReferenceRequest => ({
  key: "GH_TOKEN",
  layer: "agent",
  consumerType: "agent",
  consumerId: agentId,
  configPath: "env.GH_TOKEN",
  secretId: secret.id,
  version: "latest",
  ...changes,
});
const context = (changes: Partial<ResolveContext> = {}): ResolveContext => ({
  companyId,
  actor,
  runId: null,
  heartbeatRunId: null,
  sheetId: null,
  ...changes,
});
const resolve = (requests: ReferenceRequest[], changes: Partial<ResolveContext> = {}) =>
  resolveReferences(setup.database, vault, context(changes), requests);
const events = async () => (await listEvents(setup.database.orm, { companyId })).events;
const outcome = (answer: Resolved | undefined) => (answer?.ok ? answer.value : answer?.code);

/** Resolves one reference that must be refused, and gives the one event that it left. */
async function refused(
  changes: Partial<ReferenceRequest>,
  code: string,
  secretKey: string | null,
): Promise<AccessEvent> {
  const wanted = request(changes);
  expect(await resolve([wanted])).toEqual([{ ok: false, request: wanted, code, secretKey }]);
  const [event, ...others] = await events();
  expect(others).toEqual([]);
  expect(event).toMatchObject({
    sequence: 1,
    secretId: wanted.secretId,
    actor,
    consumerType: wanted.consumerType,
    consumerId: wanted.consumerId,
    configPath: wanted.configPath,
    layer: wanted.layer,
    outcome: "failure",
    errorCode: code,
  });
  const { rows } = await setup.database.pool.query("select last_resolved_at from company_secrets where id = $1", [
    secret.id,
  ]);
  expect(rows).toEqual([{ last_resolved_at: null }]);
  if (!event) throw new Error("there is no event");
  return event;
}

async function pin(bindings: { consumerId: string; configPath: string; secretId: string }[], company = companyId) {
  const id = randomUUID();
  const sheet = {
    bindings: bindings.map((one) => ({
      targetType: "agent",
      targetId: one.consumerId,
      configPath: one.configPath,
      secretId: one.secretId,
      selector: "latest",
    })),
  };
  await setup.database.pool.query(
    "insert into run_sheets (id, company_id, content_sha256, sheet) values ($1, $2, $3, $4)",
    [id, company, `sha256 of ${id}`, JSON.stringify(sheet)],
  );
  return id;
}

describe("a reference that may be read", () => {
  test("is read, with its version as a number, and leaves one event", async () => {
    const [runId, heartbeatRunId] = [randomUUID(), randomUUID()];
    const wanted = request();
    expect(await resolve([wanted], { runId, heartbeatRunId })).toEqual([
      { ok: true, request: wanted, value, secretKey: "gh_token", version: 1, provider: "local_encrypted" },
    ]);
    expect(await events()).toEqual([
      {
        id: expect.any(String),
        sequence: 1,
        secretId: secret.id,
        secretKey: "gh_token",
        secretName: "Name of gh_token",
        version: 1,
        provider: "local_encrypted",
        actor,
        actorName: null,
        consumerType: "agent",
        consumerId: agentId,
        consumerName: null,
        configPath: "env.GH_TOKEN",
        layer: "agent",
        runId,
        attemptId: heartbeatRunId,
        outcome: "success",
        errorCode: null,
        createdAt: expect.any(String),
      },
    ]);
    const { rows } = await setup.database.pool.query(
      "select s.last_resolved_at is not null as resolved, e.heartbeat_run_id from company_secrets s, secret_access_events e",
    );
    expect(rows).toEqual([{ resolved: true, heartbeat_run_id: heartbeatRunId }]);
  });

  test("is read at the version that is pinned, or at the newest", async () => {
    const newer = canary();
    await rotateSecret(setup.store(vault), { companyId, secret: "gh_token", value: newer });
    const selectors: VersionSelector[] = ["latest", 1, 2];
    const answers = await resolve(selectors.map((version) => request({ version })));
    expect(answers.map(outcome)).toEqual([newer, value, newer]);
    expect((await events()).map((event) => event.version).toReversed()).toEqual([2, 1, 2]);
  });

  test("is read to the byte", async () => {
    const text = `\r\n  ${canary()} ünï 🔑 "quoted" \\ $HOME\n\n`;
    const exact = await create("exact", text);
    await bind({ GH_TOKEN: exact.id });
    expect((await resolve([request({ secretId: exact.id })])).map(outcome)).toEqual([text]);
  });

  test("is answered in the order of the requests, one event each with its own outcome", async () => {
    const other = await create("other", "other value");
    await bind({ GH_TOKEN: secret.id, OTHER: other.id });
    const missing = randomUUID();
    const answers = await resolve([
      request({ configPath: "env.OTHER", secretId: other.id }),
      request({ secretId: missing }),
      request(),
      request({ secretId: other.id }),
      request(),
    ]);
    expect(answers.map(outcome)).toEqual(["other value", "secret_missing", value, "binding_missing", value]);
    const left = (await events()).toReversed();
    expect(left.map((event) => event.sequence)).toEqual([1, 2, 3, 4, 5]);
    expect(left.map((event) => event.errorCode)).toEqual([null, "secret_missing", null, "binding_missing", null]);
    expect(left.map((event) => event.secretId)).toEqual([other.id, missing, secret.id, other.id, secret.id]);
  });

  test("and no reference at all is no event", async () => {
    expect(await resolve([])).toEqual([]);
    expect(await events()).toEqual([]);
  });
});

describe("a refusal leaves exactly one event", () => {
  const nameless = { secretKey: null, secretName: null, version: null, provider: null };
  const named = { secretKey: "gh_token", secretName: "Name of gh_token", provider: "local_encrypted" };

  test("secret_missing, with the requested id only", async () => {
    expect(await refused({ secretId: randomUUID() }, "secret_missing", null)).toMatchObject(nameless);
  });

  test("secret_foreign, with the requested id only", async () => {
    const other = await insertCompany(setup.database);
    const foreign = await create("theirs", canary(), other);
    expect(await refused({ secretId: foreign.id }, "secret_foreign", null)).toMatchObject(nameless);
    expect((await listEvents(setup.database.orm, { companyId: other })).events).toEqual([]);
  });

  test("secret_foreign, also when the foreign secret is deleted or bound in its own company", async () => {
    const other = await insertCompany(setup.database);
    const foreign = await create("theirs", canary(), other);
    await bind({ GH_TOKEN: foreign.id }, other);
    await deleteSecret(setup.store(vault), { companyId: other, secret: "theirs" });
    expect(await refused({ secretId: foreign.id }, "secret_foreign", null)).toMatchObject(nameless);
  });

  test("secret_deleted, although its versions are gone", async () => {
    await deleteSecret(setup.store(vault), { companyId, secret: "gh_token" });
    expect(await refused({}, "secret_deleted", "gh_token")).toMatchObject(named);
  });

  test.each(["disabled", "archived"] as const)("secret_inactive when it is %s", async (status) => {
    await setSecretStatus(setup.store(vault), { companyId, secret: "gh_token", status });
    expect(await refused({}, "secret_inactive", "gh_token")).toMatchObject({ ...named, version: 1 });
  });

  test.each([
    ["path", { configPath: "env.OTHER" }],
    ["consumer", { consumerId: randomUUID() }],
    ["kind of consumer", { consumerType: "routine" }],
  ] as const)("binding_missing for another %s", async (_, changes) => {
    expect(await refused(changes, "binding_missing", "gh_token")).toMatchObject(named);
  });

  test("binding_missing where the path is bound to another secret", async () => {
    const other = await create("other", canary());
    await bind({ GH_TOKEN: other.id });
    expect(await refused({}, "binding_missing", "gh_token")).toMatchObject(named);
  });

  test("version_missing, with the number that was asked for", async () => {
    expect(await refused({ version: 7 }, "version_missing", "gh_token")).toMatchObject({ ...named, version: 7 });
  });

  test.each(["status = 'disabled'", "status = 'destroyed'", "status = 'failed'", "revoked_at = now()"])(
    "version_inactive when %s",
    async (change) => {
      await setup.database.pool.query(`update company_secret_versions set ${change}`);
      expect(await refused({}, "version_inactive", "gh_token")).toMatchObject({ ...named, version: 1 });
    },
  );

  test.each(["aws_secrets_manager", "gcp_secret_manager", "vault"])("provider_error for %s", async (provider) => {
    await setup.database.pool.query("update company_secrets set provider = $1", [provider]);
    expect(await refused({}, "provider_error", "gh_token")).toMatchObject({ ...named, provider });
  });

  test("vault_locked when the key is missing, for what nothing else refuses", async () => {
    await rm(setup.keyFile);
    vault = await setup.open();
    expect(await refused({}, "vault_locked", "gh_token")).toMatchObject({ ...named, version: 1 });
    const answers = await resolve([request({ secretId: randomUUID() }), request()]);
    expect(answers.map(outcome)).toEqual(["secret_missing", "vault_locked"]);
  });

  test("secret_missing for what is not an id at all", async () => {
    const [answer] = await resolve([request({ secretId: "gh_token" })]);
    expect(outcome(answer)).toBe("secret_missing");
    expect(await events()).toMatchObject([{ secretId: null, errorCode: "secret_missing" }]);
  });
});

describe("material that does not open", () => {
  test("is provider_error, and its second event says so", async () => {
    const other = await create("other", canary());
    await bind({ GH_TOKEN: secret.id, OTHER: other.id });
    // What a database writer could do: put one secret's material in the place of another's.
    await setup.database.pool.query(
      `update company_secret_versions set material = (select material from company_secret_versions where secret_id = $1)
       where secret_id = $2`,
      [other.id, secret.id],
    );
    const answers = await resolve([request(), request({ configPath: "env.OTHER", secretId: other.id })]);
    expect(answers[0]).toEqual({ ok: false, request: request(), code: "provider_error", secretKey: "gh_token" });
    expect(answers[1]?.ok).toBe(true);
    expect((await events()).toReversed()).toMatchObject([
      { sequence: 1, secretId: secret.id, outcome: "success" },
      { sequence: 2, secretId: other.id, outcome: "success" },
      { sequence: 3, secretId: secret.id, outcome: "failure", errorCode: "provider_error" },
    ]);
  });

  test.each(["'{}'", "'\"text\"'", 'material || \'{"scheme": "other"}\'', "material - 'tag'", "null"])(
    "is provider_error where it was replaced by %s",
    async (material) => {
      await setup.database.pool.query(`update company_secret_versions set material = ${material}`);
      expect((await resolve([request()])).map(outcome)).toEqual(["provider_error"]);
      expect((await events())[0]).toMatchObject({ outcome: "failure", errorCode: "provider_error" });
    },
  );
});

describe("bindings that a run was pinned to", () => {
  const pinned = () => ({ consumerId: agentId, configPath: "env.GH_TOKEN", secretId: secret.id });

  test("count, whatever has become of the live ones", async () => {
    const sheetId = await pin([pinned(), pinned()]);
    await bind({});
    expect((await resolve([request()], { sheetId })).map(outcome)).toEqual([value]);
    expect((await resolve([request()])).map(outcome)).toEqual(["binding_missing"]);
    expect(await countRows(setup.database, "secret_access_events")).toBe(2);
  });

  test("are all that counts: a live one does not help", async () => {
    const sheetId = await pin([{ ...pinned(), configPath: "env.OTHER" }]);
    expect((await resolve([request()], { sheetId })).map(outcome)).toEqual(["binding_missing"]);
  });

  test("do not help a secret that was disabled or deleted since", async () => {
    const sheetId = await pin([pinned()]);
    await setSecretStatus(setup.store(vault), { companyId, secret: "gh_token", status: "disabled" });
    expect((await resolve([request()], { sheetId })).map(outcome)).toEqual(["secret_inactive"]);
    await deleteSecret(setup.store(vault), { companyId, secret: "gh_token" });
    expect((await resolve([request()], { sheetId })).map(outcome)).toEqual(["secret_deleted"]);
  });

  test("of another company's sheet, of none, and of a broken one give nothing", async () => {
    const theirs = await pin([pinned()], await insertCompany(setup.database));
    const broken = await pin([]);
    await setup.database.pool.query("update run_sheets set sheet = '{}' where id = $1", [broken]);
    for (const sheetId of [theirs, randomUUID(), broken]) {
      expect((await resolve([request()], { sheetId })).map(outcome)).toEqual(["binding_missing"]);
    }
  });
});

describe("access events", () => {
  test.each([
    ["a trigger refuses them", "create trigger refuse before insert on secret_access_events execute function refuse()"],
    ["their table is gone", "alter table secret_access_events rename to elsewhere"],
    ["their counter is gone", "drop table secret_access_heads"],
  ])("that cannot be written release no value: %s", async (_, fault) => {
    await setup.database.pool.query(
      "create function refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$",
    );
    await setup.database.pool.query(fault);
    const released = await resolve([request()]).catch((error: unknown) => error);
    expect(released).toBeInstanceOf(Error);
    expect(JSON.stringify(released)).not.toContain(value);
    const { rows } = await setup.database.pool.query("select last_resolved_at from company_secrets");
    expect(rows).toEqual([{ last_resolved_at: null }]);
  });

  test("that cannot be written take no number", async () => {
    await resolve([request()]);
    await setup.database.pool.query(
      "alter table secret_access_events add constraint none check (sequence < 2) not valid",
    );
    await expect(resolve([request()])).rejects.toThrow("secret_access_events");
    await setup.database.pool.query("alter table secret_access_events drop constraint none");
    await resolve([request()]);
    expect((await events()).map((event) => event.sequence)).toEqual([2, 1]);
  });

  test("of 20 resolutions at once are numbered without gap or double, those of one next to each other", async () => {
    const runs = Array.from({ length: 20 }, () => randomUUID());
    const wanted = [request(), request({ secretId: randomUUID() }), request(), request({ version: 9 }), request()];
    await Promise.all(runs.map((runId) => resolve(wanted, { runId })));
    const { rows } = await setup.database.pool.query<{ sequence: string; routine_run_id: string }>(
      "select sequence, routine_run_id from secret_access_events order by sequence",
    );
    expect(rows.map((row) => Number(row.sequence))).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    const blocks = Array.from({ length: 20 }, (_, index) => rows.slice(index * 5, index * 5 + 5));
    for (const block of blocks) expect(new Set(block.map((row) => row.routine_run_id)).size).toBe(1);
    const heads = await setup.database.pool.query("select last_sequence::int from secret_access_heads");
    expect(heads.rows).toEqual([{ last_sequence: 100 }]);
  });

  test("are numbered per company", async () => {
    const other = await insertCompany(setup.database);
    const missing = request({ secretId: randomUUID() });
    await resolve([missing, missing]);
    await resolve([missing], { companyId: other });
    const { rows } = await setup.database.pool.query(
      "select last_sequence::int from secret_access_heads order by last_sequence",
    );
    expect(rows).toEqual([{ last_sequence: 1 }, { last_sequence: 2 }]);
  });

  test("do not wait for each other for ever while secrets rotate in between", async () => {
    const others = await Promise.all(Array.from({ length: 6 }, (_, index) => create(`key-${index}`, canary())));
    const env = Object.fromEntries(others.map((one, index) => [`KEY_${index}`, one.id]));
    await bind(env);
    const wanted = Object.entries(env).map(([key, secretId]) => request({ key, configPath: `env.${key}`, secretId }));
    const work = Array.from({ length: 12 }, (_, index) => [
      resolve(index % 2 === 0 ? wanted : wanted.toReversed()),
      rotateSecret(setup.store(vault), { companyId, secret: `key-${index % 6}`, value: canary() }),
    ]);
    const done = await Promise.all(work.flat());
    const answers = done.flatMap((one) => (Array.isArray(one) ? one : []));
    expect(answers.filter((answer) => !answer.ok)).toEqual([]);
    expect(answers).toHaveLength(72);
  });

  test("page by their sequence, newest first, for a company, a secret and a run", async () => {
    const runId = randomUUID();
    for (let index = 0; index < 7; index += 1) await resolve([request()], { runId: index === 3 ? runId : null });
    await resolve([request({ secretId: randomUUID() })]);
    const first = await listEvents(setup.database.orm, { companyId, secret: "GH_TOKEN", limit: 3 });
    expect(first.events.map((event) => event.sequence)).toEqual([7, 6, 5]);
    const cursor = first.nextCursor ?? "";
    const second = await listEvents(setup.database.orm, { companyId, secret: secret.id, limit: 3, cursor });
    expect(second.events.map((event) => event.sequence)).toEqual([4, 3, 2]);
    const last = await listEvents(setup.database.orm, {
      companyId,
      secret: secret.id,
      cursor: second.nextCursor ?? "",
    });
    expect(last).toMatchObject({ events: [{ sequence: 1 }], nextCursor: null });
    const ofRun = await listEvents(setup.database.orm, { companyId, run: runId });
    expect(ofRun.events.map((event) => event.sequence)).toEqual([4]);
    const failures = await listEvents(setup.database.orm, { companyId, outcome: "failure" });
    expect(failures.events.map((event) => [event.sequence, event.errorCode])).toEqual([[8, "secret_missing"]]);
    const successes = await listEvents(setup.database.orm, { companyId, outcome: "success", limit: 3, cursor: "7" });
    expect(successes.events.map((event) => event.sequence)).toEqual([6, 5, 4]);
    await expect(listEvents(setup.database.orm, { companyId, secret: "nothing" })).rejects.toThrow("no secret");
    for (const bad of ["", "-1", "x", "1.5", "9".repeat(30)]) {
      await expect(listEvents(setup.database.orm, { companyId, cursor: bad })).rejects.toThrow("cursor");
    }
  });

  test("are narrowed by what they say, together and in pages that look at so many at most", async () => {
    const runId = randomUUID();
    await rotateSecret(setup.store(vault), { companyId, secret: "gh_token", value: canary() });
    await resolve([request({ version: 1 }), request(), request({ version: 9 })], { runId });
    await resolve([request({ consumerType: "routine", secretId: randomUUID() })]);
    const numbers = async (filter: Partial<EventFilter>, lookedAt?: number) => {
      const page = await listEvents(setup.database.orm, { companyId, ...filter }, lookedAt);
      return [page.events.map(({ sequence }) => sequence), page.nextCursor];
    };
    expect(await numbers({ version: 1 })).toEqual([[1], null]);
    expect(await numbers({ version: 2, run: runId })).toEqual([[2], null]);
    expect(await numbers({ errorCode: "version_missing" })).toEqual([[3], null]);
    expect(await numbers({ errorCode: "version_missing", outcome: "success" })).toEqual([[], null]);
    expect(await numbers({ consumerType: "agent", consumerId: agentId })).toEqual([[3, 2, 1], null]);
    expect(await numbers({ consumerType: "routine" })).toEqual([[4], null]);
    expect(await numbers({ actor: actor.id ?? "" })).toEqual([[4, 3, 2, 1], null]);
    expect(await numbers({ actor: randomUUID() })).toEqual([[], null]);
    expect(await numbers({ version: 1 }, 2)).toEqual([[], "3"]);
    expect(await numbers({ version: 1, cursor: "3" }, 2)).toEqual([[1], "1"]);
    expect(await numbers({ version: 1, cursor: "1" }, 2)).toEqual([[], null]);
    expect(await numbers({ limit: 2 }, 2)).toEqual([[4, 3], "3"]);
  });

  test("are narrowed by time, among thousands that are not all in its order", async () => {
    await setup.database.pool.query(
      `insert into secret_access_events (id, company_id, sequence, actor_type, consumer_type, consumer_id, outcome, created_at)
       select gen_random_uuid(), $1, n, 'agent', 'agent', 'x', 'success',
         '2026-01-01T00:00:00Z'::timestamptz + make_interval(mins => (n + 20 * (n % 7))::int)
       from generate_series(1, 5000) n`,
      [companyId],
    );
    const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString();
    const minute = (n: number) => n + 20 * (n % 7);
    for (const [from, to] of [
      [0, 40],
      [3_100, 3_200],
      [5_000, 9_000],
      [-50, -1],
      [2_000, 2_000],
    ] as const) {
      const filter = { companyId, since: at(from), until: at(to), limit: 500 };
      const wanted = Array.from({ length: 5_000 }, (_, index) => index + 1).filter(
        (n) => minute(n) >= from && minute(n) <= to,
      );
      const { events: found } = await listEvents(setup.database.orm, filter);
      expect(found.map(({ sequence }) => sequence)).toEqual(wanted.toReversed());
    }
    const { events: newest } = await listEvents(setup.database.orm, { companyId, since: at(4_000), limit: 1 });
    expect(newest).toMatchObject([{ sequence: 5_000 }]);
  });

  test("survive their secret, and are found by its id and by its old key", async () => {
    await resolve([request()]);
    await deleteSecret(setup.store(vault), { companyId, secret: "gh_token" });
    await resolve([request()]);
    for (const reference of [secret.id, "gh_token", "Name of gh_token"]) {
      const found = await listEvents(setup.database.orm, { companyId, secret: reference });
      expect(found.events).toMatchObject([
        { sequence: 2, secretKey: "gh_token", errorCode: "secret_deleted" },
        { sequence: 1, secretKey: "gh_token", outcome: "success" },
      ]);
    }
  });

  test("and everything else in the database hold no value", async () => {
    await rotateSecret(setup.store(vault), { companyId, secret: "gh_token", value, note: "a note" });
    await resolve([request(), request({ version: 9 }), request({ version: 1 })]);
    const rows = await everyRow(setup.database);
    expect(rows).toContain("gh_token");
    const bytes = Buffer.from(value);
    for (const form of [value, bytes.toString("hex"), bytes.toString("base64").slice(0, 40), value.slice(10, 30)]) {
      expect(rows).not.toContain(form);
    }
  });
});
