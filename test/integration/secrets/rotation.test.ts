import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asRefusal } from "../../../main/contract/refusal.ts";
import { systemClock } from "../../../main/instance/clock.ts";
import { OPERATOR } from "../../../main/record/activity.ts";
import { fileKeyPlace } from "../../../main/secrets/file-key-place.ts";
import { keyText, masterKey } from "../../../main/secrets/master-key.ts";
import { createRotator } from "../../../main/secrets/rotator.ts";
import { versionMaterial } from "../../../main/secrets/sealing.ts";
import { createSecret, deleteSecret, rotateSecret } from "../../../main/secrets/store.ts";
import { type Vault, openVault } from "../../../main/secrets/vault.ts";
import { mortal } from "./mortal.ts";
import { type SecretsSetup, insertCompany, secretsSetup } from "./setup.ts";

let setup: SecretsSetup;
let companyId: string;
beforeEach(async () => {
  setup = await secretsSetup();
  companyId = await insertCompany(setup.database);
});
afterEach(() => setup.close());

const filePlace = (keyFileIsDefault = true) =>
  fileKeyPlace({ secretsDirectory: setup.secretsDirectory, keyFile: setup.keyFile, keyFileIsDefault });
const rotatorOf = (vault: Vault, place = filePlace()) =>
  createRotator({ database: setup.database, vault, place, clock: systemClock, log: { warn: () => undefined } });
const create = (vault: Vault, key: string) =>
  createSecret(setup.store(vault), { companyId, key, value: `value of ${key}` });
const refusalOf = async (work: Promise<unknown>) =>
  asRefusal(
    await work.then(
      () => null,
      (error: unknown) => error,
    ),
  );

interface Row {
  key: string;
  secretId: string;
  version: number;
  keyId: string;
  material: unknown;
}

async function versions(): Promise<Row[]> {
  const { rows } = await setup.database.pool.query<Row>(
    `select s.key, s.id as "secretId", v.version, v.key_id as "keyId", v.material
     from company_secret_versions v join company_secrets s on s.id = v.secret_id order by s.key, v.version`,
  );
  return rows;
}

/** Every version opens to what was put in, and names the key that its material names. */
async function expectAllOpen(vault: Vault, count: number): Promise<Row[]> {
  const rows = await versions();
  expect(rows).toHaveLength(count);
  for (const { key, secretId, version, keyId, material } of rows) {
    const parsed = versionMaterial.parse(material);
    expect(parsed.keyId).toBe(keyId);
    const value = await vault.open({ companyId, secretId, version }, parsed);
    expect(value).toBe(version === 1 ? `value of ${key}` : `value ${version} of ${key}`);
  }
  return rows;
}

const keyRows = async () =>
  (
    await setup.database.pool.query<Record<string, string>>(
      "select purpose, key_id, state, wrapped_by from vault_keys order by purpose, state, retired_at",
    )
  ).rows;

describe("a rotation of the master key", () => {
  test("puts a new key in use, wraps everything under it, and keeps the old one under the new", async () => {
    const vault = await setup.open();
    for (const key of ["a", "b", "c"]) await create(vault, key);
    const before = await versions();
    const fingerprint = vault.fingerprint(companyId, "a value");
    const audit = vault.keys().audit;
    const old = vault.keyId();
    const rotated = await rotatorOf(vault).rotate(OPERATOR);
    expect(rotated).toMatchObject({ retiredKeyId: old, done: 3, damaged: 0 });
    for (const one of [vault, await setup.open()]) {
      expect(one.keyId()).toBe(rotated.keyId);
      expect(one.fingerprint(companyId, "a value")).toBe(fingerprint);
      expect(one.keys().audit).toEqual(audit);
      const rows = await expectAllOpen(one, 3);
      expect(new Set(rows.map(({ keyId }) => keyId))).toEqual(new Set([rotated.keyId]));
    }
    expect(await setup.files()).toEqual(["secrets", "secrets/master.key"]);
    expect(await keyRows()).toEqual([
      { purpose: "audit", key_id: expect.any(String), state: "active", wrapped_by: rotated.keyId },
      { purpose: "fingerprint", key_id: expect.any(String), state: "active", wrapped_by: rotated.keyId },
      { purpose: "master", key_id: rotated.keyId, state: "active", wrapped_by: null },
      { purpose: "master", key_id: old, state: "retired", wrapped_by: rotated.keyId },
    ]);
    // The ciphertext of the values is what it was.
    const ciphertext = (rows: Row[]) => rows.map(({ material }) => versionMaterial.parse(material).ciphertext);
    expect(ciphertext(await versions())).toEqual(ciphertext(before));
    const { rows: activity } = await setup.database.pool.query(
      "select action, details from activity_log order by created_at desc limit 1",
    );
    expect(activity).toEqual([{ action: "key.rotated", details: { retired: old } }]);
  });

  test("can be done again and again; what older keys wrapped opens meanwhile", async () => {
    const vault = await setup.open();
    await create(vault, "a");
    const rotator = rotatorOf(vault);
    const [first] = await versions();
    const ids = [vault.keyId()];
    for (let round = 0; round < 3; round += 1) ids.push((await rotator.rotate(OPERATOR)).keyId);
    expect(new Set(ids).size).toBe(4);
    const again = await setup.open();
    expect([...again.keys().retired.keys()].toSorted()).toEqual(ids.slice(0, 3).toSorted());
    if (!first) throw new Error("no version");
    const address = { companyId, secretId: first.secretId, version: 1 };
    expect(await again.open(address, versionMaterial.parse(first.material))).toBe("value of a");
  });

  test("wraps anew what others write meanwhile, in this process and in another, and stands in nobody's way", async () => {
    const [vault, other] = [await setup.open(), await setup.open()];
    for (let index = 0; index < 30; index += 1) await create(vault, `early-${index}`);
    await other.reload();
    const rotator = rotatorOf(vault);
    let rotations = 0;
    let count = 30;
    let writing = true;
    const writers = [vault, other, vault, other].map(async (writer, lane) => {
      // Several times what a rotation sees on a machine at rest; without an end they would keep ahead of it on a busy one.
      for (let index = 0; index < (writing ? 40 : 5); index += 1) {
        const key = `lane-${lane}-${index}`;
        await create(writer, key);
        await rotateSecret(setup.store(writer), { companyId, secret: key, value: `value 2 of ${key}` });
        count += 2;
        if (index % 3 === 2) {
          await deleteSecret(setup.store(writer), { companyId, secret: `lane-${lane}-${index - 1}` });
          count -= 2;
        }
      }
    });
    while (rotations < 4) {
      await rotator.rotate(OPERATOR);
      rotations += 1;
    }
    writing = false;
    await Promise.all(writers);
    await rotator.rotate(OPERATOR);
    for (const one of [vault, other, await setup.open()]) {
      const rows = await expectAllOpen(one, count);
      expect(new Set(rows.map(({ keyId }) => keyId))).toEqual(new Set([vault.keyId()]));
    }
    expect(other.keyId()).not.toBeNull();
  });

  test("leaves no version behind that was being written when it came", async () => {
    const vault = await setup.open();
    await create(vault, "a");
    const rotator = rotatorOf(vault);
    const writing = Array.from({ length: 40 }, (_, index) => create(vault, `k${index}`));
    const [rotated] = await Promise.all([rotator.rotate(OPERATOR), ...writing]);
    const rows = await expectAllOpen(vault, 41);
    expect(rows.filter(({ keyId }) => keyId !== rotated.keyId)).toEqual([]);
  });

  test("is one at a time", async () => {
    const [vault, other] = [await setup.open(), await setup.open()];
    await create(vault, "a");
    await other.reload();
    const rotator = rotatorOf(vault);
    const outcomes = await Promise.allSettled([
      rotator.rotate(OPERATOR),
      rotator.rotate(OPERATOR),
      rotatorOf(other).rotate(OPERATOR),
    ]);
    expect(asRefusal((outcomes[1] as PromiseRejectedResult).reason)?.code).toBe("key_rotating");
    const done = outcomes.filter(({ status }) => status === "fulfilled").length;
    expect(done).toBeGreaterThan(0);
    const fresh = await setup.open();
    await expectAllOpen(fresh, 1);
    expect((await keyRows()).filter(({ purpose }) => purpose === "master")).toHaveLength(1 + done);
    expect(await setup.files()).toEqual(["secrets", "secrets/master.key"]);
  });

  test("leaves a version whose material is damaged, and says so", async () => {
    const vault = await setup.open();
    for (const key of ["a", "b"]) await create(vault, key);
    await setup.database.pool.query(
      `update company_secret_versions v set material = jsonb_set(material, '{wrappedKey,tag}', '"AAAAAAAAAAAAAAAAAAAAAA=="')
       from company_secrets s where s.id = v.secret_id and s.key = 'a'`,
    );
    const old = vault.keyId();
    expect(await rotatorOf(vault).rotate(OPERATOR)).toMatchObject({ done: 1, damaged: 1 });
    expect((await versions()).map(({ keyId }) => keyId)).toEqual([old, vault.keyId()]);
  });
});

describe("a rotation is refused, with nothing changed,", () => {
  const unchanged = async (work: () => Promise<unknown>, code: string, message: RegExp) => {
    const before = [await keyRows(), await setup.files()];
    const refusal = await refusalOf(work());
    expect(refusal?.code).toBe(code);
    expect(refusal?.message).toMatch(message);
    expect(refusal?.data.next).toBeTruthy();
    expect([await keyRows(), await setup.files()]).toEqual(before);
  };

  test("while there is no key", async () => {
    const vault = await setup.open();
    await unchanged(() => rotatorOf(vault).rotate(OPERATOR), "vault_uninitialized", /no master key yet/);
  });

  test("while the vault is locked", async () => {
    await create(await setup.open(), "a");
    await rm(setup.keyFile);
    const vault = await setup.open();
    await unchanged(() => rotatorOf(vault).rotate(OPERATOR), "vault_locked", /is missing/);
  });

  test("while the key comes from the environment", async () => {
    await create(await setup.open(), "a");
    const vault = await setup.open({ environmentKey: await readFile(setup.keyFile, "utf8") });
    await unchanged(() => rotatorOf(vault).rotate(OPERATOR), "key_fixed", /PAPERCLIP_SECRETS_MASTER_KEY/);
  });

  test("while the file is at a path of the operator's choice", async () => {
    const vault = await setup.open({ keyFileIsDefault: false });
    await create(vault, "a");
    await unchanged(() => rotatorOf(vault, filePlace(false)).rotate(OPERATOR), "key_fixed", /path of your choice/);
  });

  test("where the new key cannot be kept: the old one goes on", async () => {
    const vault = await setup.open();
    await create(vault, "a");
    const full = { ...filePlace(), writeNext: () => Promise.reject(new Error("ENOSPC")) };
    const before = [await keyRows(), await setup.files()];
    await expect(rotatorOf(vault, full).rotate(OPERATOR)).rejects.toThrow("ENOSPC");
    expect([await keyRows(), await setup.files()]).toEqual(before);
    await create(vault, "b");
    await expectAllOpen(await setup.open(), 2);
    expect((await rotatorOf(vault).rotate(OPERATOR)).done).toBe(2);
  });
});

describe("a rotation whose new key cannot take its place", () => {
  test("uses it from beside the old one, says so, and places it as soon as it can", async () => {
    const vault = await setup.open();
    await create(vault, "a");
    let stuck = true;
    const own = filePlace();
    const place = {
      ...own,
      promoteNext: () => (stuck ? Promise.reject(new Error("EROFS")) : own.promoteNext()),
    };
    const clumsy = await openVault({ database: setup.database, clock: systemClock, place });
    await expect(rotatorOf(clumsy, place).rotate(OPERATOR)).rejects.toThrow("EROFS");
    expect(clumsy.state()).toBe("ready");
    await create(clumsy, "b");
    const health = await clumsy.health();
    expect(health).toMatchObject({ state: "ready", level: "error" });
    expect(JSON.stringify(health.findings)).toContain("could not be put in place");
    // The only copy of the key in use is the next one: no other may take its place.
    expect((await refusalOf(rotatorOf(clumsy, place).rotate(OPERATOR)))?.code).toBe("key_fixed");
    stuck = false;
    expect(await clumsy.health()).toMatchObject({ state: "ready", level: "ok" });
    expect(await setup.files()).toEqual(["secrets", "secrets/master.key"]);
    await expectAllOpen(await setup.open(), 2);
  });

  test("keeps what somebody else put in the place of the old key", async () => {
    await create(await setup.open(), "a");
    const dying = mortal(setup.database);
    const place = dying.place(filePlace());
    const vault = await openVault({ database: dying.database, clock: systemClock, place });
    const rotator = createRotator({
      database: dying.database,
      vault,
      place,
      clock: systemClock,
      log: { warn: () => undefined },
    });
    const commits = { ...place, promoteNext: () => Promise.reject(new Error("killed")) };
    const killed = createRotator({
      database: dying.database,
      vault: await openVault({ database: dying.database, clock: systemClock, place: commits }),
      place: commits,
      clock: systemClock,
      log: { warn: () => undefined },
    });
    await expect(killed.rotate(OPERATOR)).rejects.toThrow("killed");
    await rotator.stop();
    await dying.database.close();
    const foreign = keyText(masterKey(randomBytes(32)));
    await writeFile(setup.keyFile, foreign);
    await expectAllOpen(await setup.open(), 1);
    const files = await setup.files();
    const aside = files.find((file) => file.includes(".replaced-"));
    expect(await readFile(`${setup.root}/${aside ?? ""}`, "utf8")).toBe(foreign);
    expect(files).toHaveLength(3);
  });
});

describe("a process that dies during a rotation", () => {
  /** Rotates in a process that dies at this step. Answers its steps, and whether it had got that far. */
  async function dieDuring(
    step: number,
    moment: "before" | "after",
  ): Promise<{ steps: readonly string[]; died: boolean }> {
    const process = mortal(setup.database);
    const place = process.place(filePlace());
    const vault = await openVault({ database: process.database, clock: systemClock, place });
    const rotator = createRotator({
      database: process.database,
      vault,
      place,
      clock: systemClock,
      log: { warn: () => undefined },
    });
    process.dieAt(step, moment);
    const died = await rotator.rotate(OPERATOR).then(
      () => false,
      () => true,
    );
    if (!died) await process.database.close();
    return { steps: process.steps(), died };
  }

  test.each(["before", "after"] as const)(
    "%s any of its steps loses nothing, and the next one ends all under one key",
    async (moment) => {
      const first = await setup.open();
      for (const key of ["a", "b"]) await create(first, key);
      let count = 2;
      const seen: string[] = [];
      for (let step = 0; ; step += 1) {
        const { steps, died } = await dieDuring(step, moment);
        const note = `${moment} step ${step} (${steps[step] ?? "none"})`;
        const vault = await setup.open();
        expect(`${vault.state()} ${note}`).toBe(`ready ${note}`);
        await expectAllOpen(vault, count);
        await create(vault, `after-${step}`);
        count += 1;
        const rotator = rotatorOf(vault);
        rotator.resume();
        while (rotator.progress() !== null) await new Promise(setImmediate);
        await expectAllOpen(vault, count);
        expect((await versions()).filter(({ keyId }) => keyId !== vault.keyId()).map(() => note)).toEqual([]);
        if (!died) break;
        seen.push(steps[step] ?? "");
      }
      expect(seen).toEqual(expect.arrayContaining(["place.writeNext", "commit", "place.promoteNext"]));
      const vault = await setup.open();
      await rotatorOf(vault).rotate(OPERATOR);
      expect((await setup.files()).filter((file) => file.includes("next"))).toEqual([]);
      await expectAllOpen(vault, count);
    },
  );
});

test("a vault that lost sight of a key it was told to expect still finds it", async () => {
  const [vault, other] = [await setup.open(), await setup.open()];
  await create(vault, "a");
  await other.reload();
  const { keyId } = await rotatorOf(vault).rotate(OPERATOR);
  await rename(setup.keyFile, `${setup.keyFile}.aside`);
  // The other process has only the old key: it says which one it needs, and makes nothing under the old.
  expect((await refusalOf(create(other, "b")))?.code).toBe("vault_locked");
  await rename(`${setup.keyFile}.aside`, setup.keyFile);
  await create(other, "b");
  expect(other.keyId()).toBe(keyId);
  await expectAllOpen(other, 2);
});
