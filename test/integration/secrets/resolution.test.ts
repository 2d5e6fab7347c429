import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AccessEvent } from "../../../preload/contract/secrets.ts";
import type { VersionSelector } from "../../../preload/contract/environment.ts";
import { listEvents } from "../../../main/secrets/events.ts";
import { type ReferenceRequest } from "../../../main/secrets/resolution.ts";
import { deleteSecret, rotateSecret, setSecretStatus } from "../../../main/secrets/store.ts";
import { canary, countRows, insertCompany } from "./setup.ts";
import { type ResolutionSetup, actor, outcome, resolutionSetup } from "./resolution-setup.ts";

let setup: ResolutionSetup;
beforeEach(async () => void (setup = await resolutionSetup()));
afterEach(() => setup.close());

/** Resolves one reference that must be refused, and gives the one event that it left. */
async function refused(
  changes: Partial<ReferenceRequest>,
  code: string,
  secretKey: string | null,
): Promise<AccessEvent> {
  const wanted = setup.request(changes);
  expect(await setup.resolve([wanted])).toEqual([{ ok: false, request: wanted, code, secretKey }]);
  const [event, ...others] = await setup.events();
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
    setup.secret.id,
  ]);
  expect(rows).toEqual([{ last_resolved_at: null }]);
  if (!event) throw new Error("there is no event");
  return event;
}

async function pin(
  bindings: { consumerId: string; configPath: string; secretId: string }[],
  company = setup.companyId,
) {
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
    const wanted = setup.request();
    expect(await setup.resolve([wanted], { runId, heartbeatRunId })).toEqual([
      { ok: true, request: wanted, value: setup.value, secretKey: "gh_token", version: 1, provider: "local_encrypted" },
    ]);
    expect(await setup.events()).toEqual([
      {
        id: expect.any(String),
        sequence: 1,
        secretId: setup.secret.id,
        secretKey: "gh_token",
        secretName: "Name of gh_token",
        version: 1,
        provider: "local_encrypted",
        actor,
        actorName: null,
        consumerType: "agent",
        consumerId: setup.agentId,
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
    await rotateSecret(setup.store(setup.vault), { companyId: setup.companyId, secret: "gh_token", value: newer });
    const selectors: VersionSelector[] = ["latest", 1, 2];
    const answers = await setup.resolve(selectors.map((version) => setup.request({ version })));
    expect(answers.map(outcome)).toEqual([newer, setup.value, newer]);
    expect((await setup.events()).map((event) => event.version).toReversed()).toEqual([2, 1, 2]);
  });

  test("is read to the byte", async () => {
    const text = `\r\n  ${canary()} ünï 🔑 "quoted" \\ $HOME\n\n`;
    const exact = await setup.create("exact", text);
    await setup.bind({ GH_TOKEN: exact.id });
    expect((await setup.resolve([setup.request({ secretId: exact.id })])).map(outcome)).toEqual([text]);
  });

  test("is answered in the order of the requests, one event each with its own outcome", async () => {
    const other = await setup.create("other", "other value");
    await setup.bind({ GH_TOKEN: setup.secret.id, OTHER: other.id });
    const missing = randomUUID();
    const answers = await setup.resolve([
      setup.request({ configPath: "env.OTHER", secretId: other.id }),
      setup.request({ secretId: missing }),
      setup.request(),
      setup.request({ secretId: other.id }),
      setup.request(),
    ]);
    expect(answers.map(outcome)).toEqual([
      "other value",
      "secret_missing",
      setup.value,
      "binding_missing",
      setup.value,
    ]);
    const left = (await setup.events()).toReversed();
    expect(left.map((event) => event.sequence)).toEqual([1, 2, 3, 4, 5]);
    expect(left.map((event) => event.errorCode)).toEqual([null, "secret_missing", null, "binding_missing", null]);
    expect(left.map((event) => event.secretId)).toEqual([
      other.id,
      missing,
      setup.secret.id,
      other.id,
      setup.secret.id,
    ]);
  });

  test("and no reference at all is no event", async () => {
    expect(await setup.resolve([])).toEqual([]);
    expect(await setup.events()).toEqual([]);
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
    const foreign = await setup.create("theirs", canary(), other);
    expect(await refused({ secretId: foreign.id }, "secret_foreign", null)).toMatchObject(nameless);
    expect((await listEvents(setup.database.orm, { companyId: other })).events).toEqual([]);
  });

  test("secret_foreign, also when the foreign secret is deleted or bound in its own company", async () => {
    const other = await insertCompany(setup.database);
    const foreign = await setup.create("theirs", canary(), other);
    await setup.bind({ GH_TOKEN: foreign.id }, other);
    await deleteSecret(setup.store(setup.vault), { companyId: other, secret: "theirs" });
    expect(await refused({ secretId: foreign.id }, "secret_foreign", null)).toMatchObject(nameless);
  });

  test("secret_deleted, although its versions are gone", async () => {
    await deleteSecret(setup.store(setup.vault), { companyId: setup.companyId, secret: "gh_token" });
    expect(await refused({}, "secret_deleted", "gh_token")).toMatchObject(named);
  });

  test.each(["disabled", "archived"] as const)("secret_inactive when it is %s", async (status) => {
    await setSecretStatus(setup.store(setup.vault), { companyId: setup.companyId, secret: "gh_token", status });
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
    const other = await setup.create("other", canary());
    await setup.bind({ GH_TOKEN: other.id });
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
    await setup.reopen();
    expect(await refused({}, "vault_locked", "gh_token")).toMatchObject({ ...named, version: 1 });
    const answers = await setup.resolve([setup.request({ secretId: randomUUID() }), setup.request()]);
    expect(answers.map(outcome)).toEqual(["secret_missing", "vault_locked"]);
  });

  test("secret_missing for what is not an id at all", async () => {
    const [answer] = await setup.resolve([setup.request({ secretId: "gh_token" })]);
    expect(outcome(answer)).toBe("secret_missing");
    expect(await setup.events()).toMatchObject([{ secretId: null, errorCode: "secret_missing" }]);
  });
});

describe("material that does not open", () => {
  test("is provider_error, and its second event says so", async () => {
    const other = await setup.create("other", canary());
    await setup.bind({ GH_TOKEN: setup.secret.id, OTHER: other.id });
    // What a database writer could do: put one secret's material in the place of another's.
    await setup.database.pool.query(
      `update company_secret_versions set material = (select material from company_secret_versions where secret_id = $1)
       where secret_id = $2`,
      [other.id, setup.secret.id],
    );
    const answers = await setup.resolve([
      setup.request(),
      setup.request({ configPath: "env.OTHER", secretId: other.id }),
    ]);
    expect(answers[0]).toEqual({ ok: false, request: setup.request(), code: "provider_error", secretKey: "gh_token" });
    expect(answers[1]?.ok).toBe(true);
    expect((await setup.events()).toReversed()).toMatchObject([
      { sequence: 1, secretId: setup.secret.id, outcome: "success" },
      { sequence: 2, secretId: other.id, outcome: "success" },
      { sequence: 3, secretId: setup.secret.id, outcome: "failure", errorCode: "provider_error" },
    ]);
  });

  test.each(["'{}'", "'\"text\"'", 'material || \'{"scheme": "other"}\'', "material - 'tag'", "null"])(
    "is provider_error where it was replaced by %s",
    async (material) => {
      await setup.database.pool.query(`update company_secret_versions set material = ${material}`);
      expect((await setup.resolve([setup.request()])).map(outcome)).toEqual(["provider_error"]);
      expect((await setup.events())[0]).toMatchObject({ outcome: "failure", errorCode: "provider_error" });
    },
  );
});

describe("bindings that a run was pinned to", () => {
  const pinned = () => ({ consumerId: setup.agentId, configPath: "env.GH_TOKEN", secretId: setup.secret.id });

  test("count, whatever has become of the live ones", async () => {
    const sheetId = await pin([pinned(), pinned()]);
    await setup.bind({});
    expect((await setup.resolve([setup.request()], { sheetId })).map(outcome)).toEqual([setup.value]);
    expect((await setup.resolve([setup.request()])).map(outcome)).toEqual(["binding_missing"]);
    expect(await countRows(setup.database, "secret_access_events")).toBe(2);
  });

  test("are all that counts: a live one does not help", async () => {
    const sheetId = await pin([{ ...pinned(), configPath: "env.OTHER" }]);
    expect((await setup.resolve([setup.request()], { sheetId })).map(outcome)).toEqual(["binding_missing"]);
  });

  test("do not help a secret that was disabled or deleted since", async () => {
    const sheetId = await pin([pinned()]);
    await setSecretStatus(setup.store(setup.vault), {
      companyId: setup.companyId,
      secret: "gh_token",
      status: "disabled",
    });
    expect((await setup.resolve([setup.request()], { sheetId })).map(outcome)).toEqual(["secret_inactive"]);
    await deleteSecret(setup.store(setup.vault), { companyId: setup.companyId, secret: "gh_token" });
    expect((await setup.resolve([setup.request()], { sheetId })).map(outcome)).toEqual(["secret_deleted"]);
  });

  test("of another company's sheet, of none, and of a broken one give nothing", async () => {
    const theirs = await pin([pinned()], await insertCompany(setup.database));
    const broken = await pin([]);
    await setup.database.pool.query("update run_sheets set sheet = '{}' where id = $1", [broken]);
    for (const sheetId of [theirs, randomUUID(), broken]) {
      expect((await setup.resolve([setup.request()], { sheetId })).map(outcome)).toEqual(["binding_missing"]);
    }
  });
});
