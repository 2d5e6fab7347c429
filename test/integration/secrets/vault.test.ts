import { randomBytes } from "node:crypto";
import { chmod, chown, readFile, rename, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asRefusal } from "../../../main/contract/refusal.ts";
import { createKeyFile } from "../../../main/secrets/key-file.ts";
import { createSecret, rotateSecret, setSecretStatus } from "../../../main/secrets/store.ts";
import type { Vault } from "../../../main/secrets/vault.ts";
import { type SecretsSetup, canary, countRows, insertCompany, secretsSetup } from "./setup.ts";

let setup: SecretsSetup;
let companyId: string;
beforeEach(async () => {
  setup = await secretsSetup();
  companyId = await insertCompany(setup.database);
});
afterEach(() => setup.close());

const isRoot = process.geteuid?.() === 0;
const create = (vault: Vault, key = "gh_token", value = canary()) =>
  createSecret(setup.store(vault), { companyId, key, value });
const refusalOf = async (work: Promise<unknown>) =>
  asRefusal(
    await work.then(
      () => null,
      (error: unknown) => error,
    ),
  );
const rowCounts = async () => ({
  keys: await countRows(setup.database, "vault_keys"),
  secrets: await countRows(setup.database, "company_secrets"),
  versions: await countRows(setup.database, "company_secret_versions"),
  activity: await countRows(setup.database, "activity_log"),
});

describe("a vault that has never had a key", () => {
  test("is uninitialized, and looking at it creates nothing", async () => {
    const vault = await setup.open();
    expect(vault.state()).toBe("uninitialized");
    expect(vault.keyId()).toBeNull();
    expect(await vault.health()).toMatchObject({
      state: "uninitialized",
      keyId: null,
      expectedKeyId: null,
      custody: "file",
      level: "ok",
      counts: { secrets: 0, versions: 0 },
    });
    expect(await setup.files()).toEqual([]);
    expect(await countRows(setup.database, "vault_keys")).toBe(0);
    expect(() => vault.fingerprint(companyId, "a value")).toThrow("locked");
  });

  test("gets its key with the first secret: one file, one row, and wrapped keys", async () => {
    const vault = await setup.open();
    await create(vault);
    expect(vault.state()).toBe("ready");
    expect(await setup.files()).toEqual(["secrets", "secrets/master.key"]);
    expect((await stat(setup.keyFile)).mode & 0o777).toBe(0o600);
    const { rows } = await setup.database.pool.query<Record<string, string | null>>(
      "select purpose, key_id, check_value, wrapped_by, wrapped_key::text from vault_keys order by purpose",
    );
    const keyId = vault.keyId();
    expect(rows).toMatchObject([
      { purpose: "audit", wrapped_by: keyId, check_value: null },
      { purpose: "fingerprint", wrapped_by: keyId, check_value: null },
      { purpose: "master", key_id: keyId, wrapped_by: null, wrapped_key: null },
    ]);
    const key = Buffer.from(await readFile(setup.keyFile, "utf8"), "base64");
    for (const form of [key.toString("base64"), key.toString("hex")]) expect(JSON.stringify(rows)).not.toContain(form);
    expect(await vault.health()).toMatchObject({
      state: "ready",
      keyId,
      expectedKeyId: keyId,
      level: "ok",
      counts: { secrets: 1, versions: 1 },
    });
  });

  test("gets one key, however many first secrets come at once, in two processes too", async () => {
    const vaults = [await setup.open(), await setup.open()] as const;
    const work = Array.from({ length: 24 }, (_, index) => {
      const vault = vaults[index % 2 === 0 ? 0 : 1];
      return [create(vault, `key-${index}`), vault.health(), vault.reload()];
    });
    await Promise.all(work.flat());
    expect(vaults[0].keyId()).toBe(vaults[1].keyId());
    expect(await rowCounts()).toMatchObject({ keys: 3, secrets: 24, versions: 24 });
    expect(await setup.files()).toEqual(["secrets", "secrets/master.key"]);
  });

  test("takes a key file that a kill left without its row, and never overwrites it", async () => {
    const { id } = await createKeyFile(setup.keyFile);
    await writeFile(`${setup.keyFile}.unfinished`, "left by the kill", { mode: 0o600 });
    const before = await readFile(setup.keyFile, "utf8");
    const vault = await setup.open();
    expect(vault.state()).toBe("uninitialized");
    await create(vault);
    expect(vault.keyId()).toBe(id);
    expect(await readFile(setup.keyFile, "utf8")).toBe(before);
    expect(await setup.files()).toEqual(["secrets", "secrets/master.key"]);
  });

  test("keeps the file when the rows cannot be written, and takes it later", async () => {
    const vault = await setup.open();
    await setup.database.pool.query(
      "alter table vault_keys add constraint no_more check (purpose <> 'master') not valid",
    );
    await expect(create(vault)).rejects.toThrow("vault_keys");
    const before = await readFile(setup.keyFile, "utf8");
    expect(await rowCounts()).toEqual({ keys: 0, secrets: 0, versions: 0, activity: 0 });
    await setup.database.pool.query("alter table vault_keys drop constraint no_more");
    await create(await setup.open());
    expect(await readFile(setup.keyFile, "utf8")).toBe(before);
  });

  test("is locked by a file that is no key, and leaves it alone", async () => {
    await createKeyFile(setup.keyFile);
    await writeFile(setup.keyFile, "something else");
    const vault = await setup.open();
    expect(vault.state()).toBe("locked");
    expect(await refusalOf(create(vault))).toMatchObject({ code: "vault_locked" });
    expect(await readFile(setup.keyFile, "utf8")).toBe("something else");
    expect(await rowCounts()).toEqual({ keys: 0, secrets: 0, versions: 0, activity: 0 });
  });

  test("makes the key at the operator's path", async () => {
    const keyFile = path.join(setup.root, "mounted", "key");
    await create(await setup.open({ keyFile, keyFileIsDefault: false }));
    expect(await setup.files()).toEqual(["mounted", "mounted/key"]);
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  });
});

describe("a vault whose key is there", () => {
  const value = canary();
  let keyId: string | null;
  let key: Buffer;
  beforeEach(async () => {
    const vault = await setup.open();
    await create(vault, "gh_token", value);
    keyId = vault.keyId();
    key = Buffer.from(await readFile(setup.keyFile, "utf8"), "base64");
  });

  /** A vault that is locked: nothing comes to be, and the refusal names the key and a way back. */
  async function expectLocked(vault: Vault, message: string | RegExp): Promise<void> {
    const before = { rows: await rowCounts(), files: await setup.files() };
    expect(vault.state()).toBe("locked");
    expect(vault.keyId()).toBeNull();
    const attempts = [
      () => create(vault, "another"),
      () => rotateSecret(setup.store(vault), { companyId, secret: "gh_token", value: canary() }),
    ];
    for (const attempt of attempts) {
      const refusal = await refusalOf(attempt());
      expect(refusal?.code).toBe("vault_locked");
      expect(refusal?.data.details).toEqual({ expectedKeyId: keyId });
      expect(refusal?.message).toMatch(message);
      expect(refusal?.data.next).toBeTruthy();
    }
    const health = await vault.health();
    expect(health).toMatchObject({ state: "locked", level: "error", keyId: null, expectedKeyId: keyId });
    expect(JSON.stringify(health)).not.toContain(key.toString("base64").slice(0, 30));
    expect({ rows: await rowCounts(), files: await setup.files() }).toEqual(before);
  }

  test("opens again with the same key, and says who can read it", async () => {
    const vault = await setup.open();
    expect(vault.state()).toBe("ready");
    expect(vault.keyId()).toBe(keyId);
    expect((await vault.health()).whoCanRead).toMatch(/^The user (root|(?!root )\S+ and root)\. .*master\.key/);
  });

  test.each([
    ["hex", () => key.toString("hex")],
    ["base64", () => key.toString("base64")],
    ["base64 with a line end", () => `${key.toString("base64")}\n`],
  ])("opens with the key from the environment as %s", async (_, text) => {
    await rm(setup.keyFile);
    const vault = await setup.open({ environmentKey: text() });
    expect(vault.state()).toBe("ready");
    const health = await vault.health();
    expect(health).toMatchObject({ custody: "environment", keyId, level: "ok" });
    expect(health.whoCanRead).toContain("environment");
    expect(await setup.files()).toEqual(["secrets"]);
  });

  test("opens with a raw key of 32 characters from the environment", async () => {
    const other = await secretsSetup();
    try {
      const company = await insertCompany(other.database);
      const environmentKey = "0123456789abcdef0123456789abcdef";
      const vault = await other.open({ environmentKey });
      expect(vault.state()).toBe("uninitialized");
      await createSecret(other.store(vault), { companyId: company, key: "k", value: canary() });
      expect((await other.open({ environmentKey })).state()).toBe("ready");
      expect(await other.files()).toEqual([]);
    } finally {
      await other.close();
    }
  });

  test("is locked when the key file is missing, and opens when it is back, without a restart", async () => {
    const aside = path.join(setup.root, "aside");
    await rename(setup.keyFile, aside);
    const vault = await setup.open();
    await expectLocked(vault, /is missing/);
    await rename(aside, setup.keyFile);
    await create(vault, "another");
    expect(vault.state()).toBe("ready");
  });

  test("is locked when the whole directory is missing", async () => {
    await rm(setup.secretsDirectory, { recursive: true });
    await expectLocked(await setup.open(), /is missing/);
  });

  test("is locked when no version is left either: the key row counts", async () => {
    await setup.database.pool.query("delete from company_secrets");
    await rm(setup.keyFile);
    await expectLocked(await setup.open(), /is missing/);
  });

  test("is locked with another key in the file", async () => {
    await rm(setup.keyFile);
    const other = await createKeyFile(setup.keyFile);
    await expectLocked(await setup.open(), new RegExp(`${other.id}.*expects the key ${keyId ?? ""}`));
  });

  test("is locked with a truncated file", async () => {
    await truncate(setup.keyFile, 20);
    await expectLocked(await setup.open(), /holds no key/);
    // What is left is as long as a raw key, and still is not the key.
    await writeFile(setup.keyFile, key.toString("base64").slice(0, 32));
    await expectLocked(await setup.open(), /expects the key/);
  });

  test("is locked with a symlink in place of the file", async () => {
    const aside = path.join(setup.root, "aside");
    await rename(setup.keyFile, aside);
    await symlink(aside, setup.keyFile);
    await expectLocked(await setup.open(), /symlink/);
  });

  test.runIf(isRoot)("is locked with a file of another owner", async () => {
    await chown(setup.keyFile, 65_534, 65_534);
    await expectLocked(await setup.open(), /another user/);
  });

  test("works with a file that others could read, tightens it, and goes on telling", async () => {
    await chmod(setup.keyFile, 0o644);
    const vault = await setup.open();
    expect(vault.state()).toBe("ready");
    expect((await stat(setup.keyFile)).mode & 0o777).toBe(0o600);
    for (const health of [await vault.health(), await vault.health()]) {
      expect(health).toMatchObject({ state: "ready", level: "warn" });
      expect(health.findings.filter((finding) => finding.level === "warn")).toHaveLength(1);
    }
    expect(await (await setup.open()).health()).toMatchObject({ level: "ok" });
  });

  test.each(["not a key", "abc", "f".repeat(63)])("is locked with %j in the environment", async (environmentKey) => {
    const vault = await setup.open({ environmentKey });
    await expectLocked(
      vault,
      new RegExp(`PAPERCLIP_SECRETS_MASTER_KEY holds no key: it has ${environmentKey.length} `),
    );
    const { findings } = await vault.health();
    expect(findings.find((finding) => finding.level === "error")?.next).toContain("Unset");
    expect(JSON.stringify(findings)).not.toContain(`"${environmentKey}"`);
  });

  test("is locked with another key in the environment, and says that the file has the right one", async () => {
    const vault = await setup.open({ environmentKey: randomBytes(32).toString("base64") });
    await expectLocked(vault, /PAPERCLIP_SECRETS_MASTER_KEY holds the key/);
    expect((await refusalOf(create(vault, "another")))?.data.next).toContain(setup.keyFile);
  });

  test("is locked when the database has lost its key rows, and makes no new ones", async () => {
    await setup.database.pool.query("delete from vault_keys");
    await expectLocked(await setup.open(), /lost its key rows/);
  });

  test.each([
    ["fingerprint", "audit"],
    ["audit", "fingerprint"],
  ])("is locked when the %s key is damaged", async (damaged, other) => {
    await setup.database.pool.query(
      `update vault_keys d set wrapped_key = o.wrapped_key from vault_keys o where d.purpose = $1 and o.purpose = $2`,
      [damaged, other],
    );
    await expectLocked(await setup.open(), new RegExp(`the ${damaged} key`));
  });

  test("stays open in memory when the file goes, and says that it would be locked", async () => {
    const vault = await setup.open();
    await rm(setup.keyFile);
    expect(await vault.health()).toMatchObject({ state: "ready", level: "error", keyId, expectedKeyId: keyId });
    await create(vault, "another");
    await vault.reload();
    await expectLocked(vault, /is missing/);
  });

  test("that is locked still lets a secret be revoked", async () => {
    await rm(setup.keyFile);
    const vault = await setup.open();
    const disabled = await setSecretStatus(setup.store(vault), { companyId, secret: "gh_token", status: "disabled" });
    expect(disabled.status).toBe("disabled");
  });

  test("at the operator's path is never changed: too wide and a symlink are warnings, a missing one locks", async () => {
    const mounted = path.join(setup.root, "mounted");
    const linked = path.join(setup.root, "linked");
    await rename(setup.keyFile, mounted);
    await symlink(mounted, linked);
    await chmod(mounted, 0o644);
    const own = { keyFile: linked, keyFileIsDefault: false };
    const health = await (await setup.open(own)).health();
    expect(health).toMatchObject({ state: "ready", level: "warn" });
    expect(health.findings.filter((finding) => finding.level === "warn")).toHaveLength(2);
    expect(health.whoCanRead).toContain("Every user of this machine");
    expect((await stat(mounted)).mode & 0o777).toBe(0o644);
    await rm(linked);
    await expectLocked(await setup.open(own), /is missing/);
    await writeFile(linked, "not a key");
    await expectLocked(await setup.open(own), /holds no key/);
  });
});

describe("fingerprints", () => {
  test("are equal for equal values of one company, and for nothing else", async () => {
    const vault = await setup.open();
    const other = await insertCompany(setup.database);
    const store = setup.store(vault);
    const value = canary();
    await createSecret(store, { companyId, key: "one", value });
    await createSecret(store, { companyId, key: "two", value });
    await createSecret(store, { companyId, key: "three", value: canary() });
    await createSecret(store, { companyId: other, key: "one", value });
    const { rows } = await setup.database.pool.query<{ fingerprint: string }>(
      `select v.fingerprint from company_secret_versions v join company_secrets s on s.id = v.secret_id
       order by s.company_id = $1 desc, s.key`,
      [companyId],
    );
    const [one, three, two, foreign] = rows.map((row) => row.fingerprint);
    expect(one).toBe(two);
    expect(new Set([one, three, foreign]).size).toBe(3);
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(vault.fingerprint(companyId, value)).toBe(one);
    expect((await setup.open()).fingerprint(companyId, value)).toBe(one);
  });

  test("are of no use without the key: another database gives another one", async () => {
    const other = await secretsSetup();
    try {
      const [mine, theirs] = [await setup.open(), await other.open()];
      await mine.makeReady();
      await theirs.makeReady();
      expect(mine.fingerprint(companyId, "a value")).not.toBe(theirs.fingerprint(companyId, "a value"));
    } finally {
      await other.close();
    }
  });
});
