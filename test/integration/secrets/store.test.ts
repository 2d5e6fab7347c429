import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { asRefusal } from "../../../main/contract/refusal.ts";
import { getSecret, listSecrets, secretUsage } from "../../../main/secrets/listing.ts";
import { syncBindings } from "../../../main/secrets/references.ts";
import {
  createSecret,
  deleteSecret,
  rotateSecret,
  setSecretStatus,
  type StoreServices,
  updateSecret,
} from "../../../main/secrets/store.ts";
import { versionMaterial } from "../../../main/secrets/sealing.ts";
import type { Vault } from "../../../main/secrets/vault.ts";
import type { SecretFilterStatus } from "../../../preload/contract/secrets.ts";
import { type SecretsSetup, canary, countRows, everyRow, insertCompany, secretsSetup } from "./setup.ts";

let setup: SecretsSetup;
let vault: Vault;
let store: StoreServices;
let companyId: string;
beforeAll(async () => {
  setup = await secretsSetup();
  vault = await setup.open();
  store = setup.store(vault);
});
afterAll(() => setup.close());
beforeEach(async () => {
  companyId = await insertCompany(setup.database);
});

const create = (key: string, value = canary(), company = companyId) =>
  createSecret(store, { companyId: company, key, value });
const list = async (status?: SecretFilterStatus) =>
  (await listSecrets(setup.database.orm, { companyId, status })).secrets;
const codeOf = async (work: Promise<unknown>) =>
  asRefusal(
    await work.then(
      () => null,
      (error: unknown) => error,
    ),
  )?.code;
const actions = async () => {
  const { rows } = await setup.database.pool.query<{ action: string; details: unknown }>(
    "select action, details from activity_log where company_id = $1 order by created_at",
    [companyId],
  );
  return rows;
};

/** The value of a version, read as a run would, without binding and events. */
async function stored(secretId: string, version: number): Promise<string> {
  const { rows } = await setup.database.pool.query<{ material: unknown }>(
    "select material from company_secret_versions where secret_id = $1 and version = $2",
    [secretId, version],
  );
  return vault.open({ companyId, secretId, version }, versionMaterial.parse(rows[0]?.material));
}

describe("create", () => {
  test("stores version 1 under a normalised key, and shows no value", async () => {
    const value = `  ${canary()}\r\n`;
    const record = await createSecret(store, { companyId, key: "GH_TOKEN", description: "for the forge", value });
    expect(record).toEqual({
      id: expect.any(String),
      companyId,
      key: "gh_token",
      name: "GH_TOKEN",
      description: "for the forge",
      provider: "local_encrypted",
      status: "active",
      managedMode: "paperclip_managed",
      externalRef: null,
      vaultId: null,
      latestVersion: 1,
      references: 0,
      lastResolvedAt: null,
      lastRotatedAt: null,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    expect(await stored(record.id, 1)).toBe(value);
    expect(await actions()).toEqual([
      { action: "secret.created", details: { key: "gh_token", name: "GH_TOKEN", version: 1 } },
    ]);
  });

  test.each([
    ["key", { key: "gh-token", name: "another" }],
    ["key", { key: "GH Token", name: "another" }],
    ["name", { key: "another", name: "gh token" }],
  ])("refuses a %s that is taken, and stores nothing: %o", async (field, wanted) => {
    await createSecret(store, { companyId, key: "gh-token", name: "GH token", value: canary() });
    const refusal = asRefusal(
      await createSecret(store, { companyId, ...wanted, value: canary() }).catch((error: unknown) => error),
    );
    expect(refusal?.code).toBe("secret_taken");
    expect(Object.keys(refusal?.data.fields ?? {})).toEqual([field]);
    expect(await list()).toHaveLength(1);
    expect(await actions()).toHaveLength(1);
  });

  test("lets two companies have the same key", async () => {
    const other = await insertCompany(setup.database);
    await create("gh-token");
    expect((await create("gh-token", canary(), other)).companyId).toBe(other);
  });

  test("gives one of many that come at once the key", async () => {
    const codes = await Promise.all(Array.from({ length: 8 }, () => codeOf(create("contested"))));
    expect(codes.filter((code) => code === undefined)).toHaveLength(1);
    expect(codes.filter((code) => code === "secret_taken")).toHaveLength(7);
  });

  test("refuses a key of nothing, and a value that cannot be one", async () => {
    expect(await codeOf(create("!!!"))).toBe("invalid_input");
    expect(await codeOf(create("short", "abc"))).toBe("secret_value_invalid");
    expect(await list()).toEqual([]);
  });

  test("joins the transaction of its caller", async () => {
    const undone = setup.database.orm.transaction(async (tx) => {
      await createSecret({ ...store, executor: tx }, { companyId, key: "undone", value: canary() });
      throw new Error("the caller fails");
    });
    await expect(undone).rejects.toThrow("the caller fails");
    expect(await list()).toEqual([]);
  });
});

describe("rotate", () => {
  test("adds a version that becomes the current one; older ones stay", async () => {
    const [first, second] = [canary(), canary()];
    const { id } = await create("gh-token", first);
    const record = await rotateSecret(store, { companyId, secret: "GH-TOKEN", value: second, note: "leaked" });
    expect(record).toMatchObject({ id, latestVersion: 2, lastRotatedAt: expect.any(String) });
    const detail = await getSecret(setup.database.orm, companyId, "gh-token");
    expect(detail.versions).toMatchObject([
      { version: 2, status: "current", keyId: vault.keyId(), note: "leaked", revokedAt: null },
      { version: 1, status: "previous", keyId: vault.keyId(), note: null, revokedAt: null },
    ]);
    expect([await stored(id, 1), await stored(id, 2)]).toEqual([first, second]);
    expect((await actions()).at(-1)).toMatchObject({ action: "secret.rotated", details: { version: 2 } });
  });

  test("numbers versions by one, whoever comes at once", async () => {
    const { id } = await create("busy");
    const values = Array.from({ length: 12 }, canary);
    const records = await Promise.all(values.map((value) => rotateSecret(store, { companyId, secret: "busy", value })));
    expect(records.map((record) => record.latestVersion).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 2),
    );
    const detail = await getSecret(setup.database.orm, companyId, "busy");
    expect(detail.latestVersion).toBe(13);
    expect(detail.versions.map((version) => version.version)).toEqual(Array.from({ length: 13 }, (_, i) => 13 - i));
    expect(detail.versions.filter((version) => version.status === "current").map((one) => one.version)).toEqual([13]);
    for (const [index, record] of records.entries()) expect(await stored(id, record.latestVersion)).toBe(values[index]);
  });

  test("is for active secrets, and changes nothing otherwise", async () => {
    await create("idle");
    for (const status of ["disabled", "archived"] as const) {
      await setSecretStatus(store, { companyId, secret: "idle", status });
      expect(await codeOf(rotateSecret(store, { companyId, secret: "idle", value: canary() }))).toBe("secret_inactive");
    }
    expect((await getSecret(setup.database.orm, companyId, "idle")).versions).toHaveLength(1);
  });

  test("refuses a value that cannot be one", async () => {
    await create("strict");
    expect(await codeOf(rotateSecret(store, { companyId, secret: "strict", value: "" }))).toBe("secret_value_invalid");
  });
});

describe("update and status", () => {
  test("change name and description, and record which", async () => {
    await create("plain");
    const record = await updateSecret(store, { companyId, secret: "plain", name: "New name", description: "why" });
    expect(record).toMatchObject({ key: "plain", name: "New name", description: "why" });
    expect(await updateSecret(store, { companyId, secret: "New name", description: null })).toMatchObject({
      name: "New name",
      description: null,
    });
    await updateSecret(store, { companyId, secret: "plain", name: "New name" });
    expect((await actions()).slice(1)).toMatchObject([
      { action: "secret.updated", details: { fields: ["name", "description"] } },
      { action: "secret.updated", details: { fields: ["description"] } },
    ]);
  });

  test("refuse a name that is taken", async () => {
    await create("one");
    await create("two");
    expect(await codeOf(updateSecret(store, { companyId, secret: "two", name: "ONE" }))).toBe("secret_taken");
  });

  test("disable, archive and enable are free, recorded once each, and change no version", async () => {
    await create("toggled");
    const to = (status: "active" | "disabled" | "archived") =>
      setSecretStatus(store, { companyId, secret: "toggled", status });
    for (const status of ["disabled", "disabled", "active", "archived", "disabled", "active", "active"] as const) {
      expect((await to(status)).status).toBe(status);
    }
    expect((await actions()).map((entry) => entry.action)).toEqual([
      "secret.created",
      "secret.disabled",
      "secret.enabled",
      "secret.archived",
      "secret.disabled",
      "secret.enabled",
    ]);
    expect((await getSecret(setup.database.orm, companyId, "toggled")).versions).toMatchObject([{ status: "current" }]);
  });
});

describe("delete", () => {
  test("destroys the versions, keeps the row and the bindings, and frees key and name", async () => {
    const { id } = await create("gone");
    const agentId = randomUUID();
    await syncBindings(
      setup.database.orm,
      { companyId, type: "agent", id: agentId },
      { K: { type: "secret_ref", secretId: id, version: 1 } },
    );
    expect(await deleteSecret(store, { companyId, secret: "gone" })).toEqual({ id, key: "gone", deleted: true });
    const detail = await getSecret(setup.database.orm, companyId, id);
    expect(detail).toMatchObject({ status: "deleted", key: "gone", versions: [], references: 1 });
    expect(await secretUsage(setup.database.orm, companyId, id)).toEqual({
      usage: [{ targetType: "agent", targetId: agentId, targetName: null, configPath: "env.K", selector: 1 }],
    });
    const again = await create("gone");
    expect(again.id).not.toBe(id);
    expect((await getSecret(setup.database.orm, companyId, "gone")).id).toBe(again.id);
    expect((await actions()).map((entry) => entry.action)).toEqual([
      "secret.created",
      "secret.deleted",
      "secret.created",
    ]);
  });

  test("is final: nothing can be done with what is deleted", async () => {
    const { id } = await create("final");
    await deleteSecret(store, { companyId, secret: id });
    const one = { companyId, secret: id };
    expect(await codeOf(rotateSecret(store, { ...one, value: canary() }))).toBe("secret_deleted");
    expect(await codeOf(setSecretStatus(store, { ...one, status: "active" }))).toBe("secret_deleted");
    expect(await codeOf(updateSecret(store, { ...one, name: "x" }))).toBe("secret_deleted");
    expect(await codeOf(deleteSecret(store, one))).toBe("secret_deleted");
  });
});

describe("finding", () => {
  test("a secret: by id, by key in any spelling, by name; a key before a name", async () => {
    const named = await createSecret(store, { companyId, key: "first", name: "second", value: canary() });
    const keyed = await createSecret(store, { companyId, key: "second", name: "Some Name", value: canary() });
    const find = async (reference: string) => (await getSecret(setup.database.orm, companyId, reference)).id;
    expect(await find(named.id)).toBe(named.id);
    expect(await find(named.id.toUpperCase())).toBe(named.id);
    expect(await find("FIRST")).toBe(named.id);
    expect(await find("second")).toBe(keyed.id);
    expect(await find("some name")).toBe(keyed.id);
  });

  test("refuses one that does not exist or is another company's", async () => {
    const other = await insertCompany(setup.database);
    const foreign = await create("theirs", canary(), other);
    for (const [reference, code] of [
      ["nothing", "secret_missing"],
      [randomUUID(), "secret_missing"],
      ["theirs", "secret_missing"],
      [foreign.id, "secret_foreign"],
    ] as const) {
      expect(await codeOf(getSecret(setup.database.orm, companyId, reference))).toBe(code);
      expect(await codeOf(deleteSecret(store, { companyId, secret: reference }))).toBe(code);
    }
    expect((await getSecret(setup.database.orm, other, foreign.id)).status).toBe("active");
  });

  test("lists by key what is neither archived nor deleted, or one status", async () => {
    for (const key of ["d", "c", "b", "a"]) await create(key);
    await setSecretStatus(store, { companyId, secret: "b", status: "disabled" });
    await setSecretStatus(store, { companyId, secret: "c", status: "archived" });
    await deleteSecret(store, { companyId, secret: "d" });
    const keys = async (status?: SecretFilterStatus) => (await list(status)).map((secret) => secret.key);
    expect(await keys()).toEqual(["a", "b"]);
    expect(await keys("active")).toEqual(["a"]);
    expect(await keys("disabled")).toEqual(["b"]);
    expect(await keys("archived")).toEqual(["c"]);
    expect(await keys("deleted")).toEqual(["d"]);
    expect(await keys("all")).toEqual(["a", "b", "c"]);
  });

  test("lists in pages of any size what it lists in one, searched by key and name as it is written", async () => {
    for (const key of ["gh_token", "gh-token", "npm", "100", "sign"]) await create(key);
    await updateSecret(store, { companyId, secret: "sign", name: "50% Ü" });
    await deleteSecret(store, { companyId, secret: "npm" });
    await create("npm");
    const page = (choice: Partial<Parameters<typeof listSecrets>[1]>) =>
      listSecrets(setup.database.orm, { ...choice, companyId });
    const keysOf = (secrets: readonly { key: string }[]) => secrets.map(({ key }) => key);
    for (const limit of [1, 2, 3, 5]) {
      const keys: string[] = [];
      let cursor: string | undefined;
      do {
        const { secrets, nextCursor } = await page({ limit, ...(cursor === undefined ? {} : { cursor }) });
        expect(secrets.length).toBeLessThanOrEqual(limit);
        keys.push(...keysOf(secrets));
        cursor = nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(keys).toEqual(keysOf(await list()));
    }
    const found = async (text: string) => keysOf((await page({ text })).secrets);
    expect(await found("_")).toEqual(["gh_token"]);
    expect(await found("GH")).toEqual(["gh-token", "gh_token"]);
    expect(await found("%")).toEqual(["sign"]);
    expect(await found("ü")).toEqual(["sign"]);
    expect(keysOf((await page({ provider: "vault" })).secrets)).toEqual([]);
    expect(keysOf((await page({ provider: "local_encrypted" })).secrets)).toHaveLength(5);
    expect(await codeOf(page({ cursor: "nonsense" }))).toBe("invalid_input");
  });

  test("counts consumers, not keys, and names them in the usage", async () => {
    const { id } = await create("shared");
    const agentId = randomUUID();
    await setup.database.pool.query(
      "insert into agents (id, company_id, name, adapter) values ($1, $2, 'Ada', 'process')",
      [agentId, companyId],
    );
    const ref = { type: "secret_ref", secretId: id, version: "latest" } as const;
    await syncBindings(
      setup.database.orm,
      { companyId, type: "agent", id: agentId },
      { A: ref, B: { ...ref, version: 1 } },
    );
    await syncBindings(setup.database.orm, { companyId, type: "project", id: randomUUID() }, { A: ref });
    expect((await list())[0]?.references).toBe(2);
    const { usage } = await secretUsage(setup.database.orm, companyId, "shared");
    expect(usage).toMatchObject([
      { targetType: "agent", targetId: agentId, targetName: "Ada", configPath: "env.A", selector: "latest" },
      { targetType: "agent", targetId: agentId, targetName: "Ada", configPath: "env.B", selector: 1 },
      { targetType: "project", targetName: null, configPath: "env.A", selector: "latest" },
    ]);
  });
});

describe("a value", () => {
  test("stands in no table after create, rotate, disable, refusals and delete", async () => {
    const value = canary();
    await create("swept", value);
    await rotateSecret(store, { companyId, secret: "swept", value, note: "twice" });
    await codeOf(create("swept", value));
    await codeOf(create("bad", `${value}\0`));
    await setSecretStatus(store, { companyId, secret: "swept", status: "disabled" });
    await codeOf(rotateSecret(store, { companyId, secret: "swept", value }));
    const before = await everyRow(setup.database);
    await deleteSecret(store, { companyId, secret: "swept" });
    const after = await everyRow(setup.database);
    expect(before).toContain("swept");
    const bytes = Buffer.from(value);
    for (const rows of [before, after]) {
      for (const form of [value, bytes.toString("hex"), bytes.toString("base64").slice(0, 40), value.slice(8, 30)]) {
        expect(rows).not.toContain(form);
      }
    }
    expect(await countRows(setup.database, "company_secret_versions v where v.fingerprint is null")).toBe(0);
  });
});
