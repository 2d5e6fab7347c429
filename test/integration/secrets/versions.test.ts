import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { asRefusal } from "../../../main/contract/refusal.ts";
import { getSecret } from "../../../main/secrets/listing.ts";
import { syncBindings } from "../../../main/secrets/references.ts";
import { type ReferenceRequest, resolveReferences } from "../../../main/secrets/resolution.ts";
import {
  createSecret,
  deleteSecret,
  rotateSecret,
  setSecretStatus,
  type StoreServices,
} from "../../../main/secrets/store.ts";
import type { Vault } from "../../../main/secrets/vault.ts";
import { versionUse } from "../../../main/secrets/version-use.ts";
import { destroyVersion, disableVersion, enableVersion, rollbackSecret } from "../../../main/secrets/versions.ts";
import type { VersionSelector } from "../../../preload/contract/environment.ts";
import { type SecretsSetup, canary, everyRow, insertCompany, secretsSetup } from "./setup.ts";

let setup: SecretsSetup;
let vault: Vault;
let store: StoreServices;
let companyId: string;
let secret: string;
let values: string[];
const agentId = randomUUID();
beforeAll(async () => {
  setup = await secretsSetup();
  vault = await setup.open();
  store = setup.store(vault);
});
afterAll(() => setup.close());
/** A secret with three versions, bound to an agent. */
beforeEach(async () => {
  companyId = await insertCompany(setup.database);
  values = [canary(), canary(), canary()];
  const [first = "", ...later] = values;
  secret = (await createSecret(store, { companyId, key: "gh-token", value: first })).id;
  for (const value of later) await rotateSecret(store, { companyId, secret, value });
  await syncBindings(
    setup.database.orm,
    { companyId, type: "agent", id: agentId },
    { K: { type: "secret_ref", secretId: secret, version: "latest" } },
  );
});

const of = (version: number) => ({ companyId, secret, version });
const refusalOf = async (work: Promise<unknown>) =>
  asRefusal(
    await work.then(
      () => null,
      (error: unknown) => error,
    ),
  );
const codeOf = async (work: Promise<unknown>) => (await refusalOf(work))?.code;
const states = async () =>
  (await getSecret(setup.database.orm, companyId, secret)).versions.map(
    ({ version, status }) => `${version} ${status}`,
  );
const actions = async () => {
  const { rows } = await setup.database.pool.query<{ action: string; details: { version?: number } }>(
    "select action, details from activity_log where entity_id = $1 order by created_at, id",
    [secret],
  );
  return rows.filter(({ action }) => /version_|rolled/.test(action));
};

async function read(version: VersionSelector, run: string | null = null): Promise<string | undefined> {
  const request: ReferenceRequest = {
    key: "K",
    layer: "agent",
    consumerType: "agent",
    consumerId: agentId,
    configPath: "env.K",
    secretId: secret,
    version,
  };
  const context = { companyId, actor: { type: "agent" as const, id: agentId }, heartbeatRunId: null, sheetId: null };
  const [answer] = await resolveReferences(setup.database, vault, { ...context, runId: run }, [request]);
  return answer?.ok ? answer.value : answer?.code;
}

describe("a version that is disabled", () => {
  test("is refused to runs, and the others are not; enabling brings it back", async () => {
    const detail = await disableVersion(store, of(1));
    expect(detail.versions.at(-1)).toMatchObject({ version: 1, status: "disabled", revokedAt: expect.any(String) });
    expect([await read(1), await read(2), await read("latest")]).toEqual(["version_inactive", values[1], values[2]]);
    const enabled = await enableVersion(store, of(1));
    expect(enabled.versions.at(-1)).toMatchObject({ version: 1, status: "previous", revokedAt: null });
    expect(await read(1)).toBe(values[0]);
    expect(await actions()).toMatchObject([
      { action: "secret.version_disabled", details: { key: "gh-token", version: 1 } },
      { action: "secret.version_enabled", details: { version: 1 } },
    ]);
  });

  test("never lets latest fall back to an older value; rollback, rotation or enabling is the way on", async () => {
    await disableVersion(store, of(3));
    expect(await states()).toEqual(["3 disabled", "2 previous", "1 previous"]);
    expect(await read("latest")).toBe("version_inactive");
    await enableVersion(store, of(3));
    expect(await states()).toEqual(["3 current", "2 previous", "1 previous"]);
    await disableVersion(store, of(3));
    await rollbackSecret(store, of(2));
    expect(await states()).toEqual(["4 current", "3 disabled", "2 previous", "1 previous"]);
    expect(await read("latest")).toBe(values[1]);
    await enableVersion(store, of(3));
    expect(await states()).toEqual(["4 current", "3 previous", "2 previous", "1 previous"]);
  });

  test("stays as it is when it is disabled again, and says nothing twice", async () => {
    const first = await disableVersion(store, of(2));
    expect(await disableVersion(store, of(2))).toEqual(first);
    expect(await actions()).toHaveLength(1);
    await enableVersion(store, of(2));
    await enableVersion(store, of(2));
    expect(await actions()).toHaveLength(2);
  });

  test("can be one of a secret that is disabled itself", async () => {
    await setSecretStatus(store, { companyId, secret, status: "disabled" });
    await disableVersion(store, of(3));
    await destroyVersion(store, of(2));
    expect(await states()).toEqual(["3 disabled", "2 destroyed", "1 previous"]);
  });
});

describe("a version that is destroyed", () => {
  test("has no material, fingerprint and key any more, keeps its row, and its number is not used again", async () => {
    const detail = await destroyVersion(store, of(3));
    expect(detail.versions[0]).toMatchObject({ version: 3, status: "destroyed", keyId: null });
    const { rows } = await setup.database.pool.query(
      "select material, fingerprint, key_id from company_secret_versions where secret_id = $1 and version = 3",
      [secret],
    );
    expect(rows).toEqual([{ material: null, fingerprint: null, key_id: null }]);
    expect([await read("latest"), await read(3)]).toEqual(["version_inactive", "version_inactive"]);
    expect((await rotateSecret(store, { companyId, secret, value: canary() })).latestVersion).toBe(4);
    expect(await states()).toEqual(["4 current", "3 destroyed", "2 previous", "1 previous"]);
  });

  test("stays destroyed, whatever comes", async () => {
    const { versions } = await destroyVersion(store, of(2));
    expect((await destroyVersion(store, of(2))).versions).toEqual(versions);
    for (const work of [disableVersion, enableVersion, rollbackSecret]) {
      const refusal = await refusalOf(work(store, of(2)));
      expect(refusal?.code).toBe("version_inactive");
      expect(refusal?.data.next).toMatch(/roll back|rotate/i);
    }
    expect((await actions()).map(({ action }) => action)).toEqual(["secret.version_destroyed"]);
  });

  test("keeps the time at which it was revoked", async () => {
    const { versions } = await disableVersion(store, of(1));
    const destroyed = await destroyVersion(store, of(1));
    expect(destroyed.versions.at(-1)?.revokedAt).toBe(versions.at(-1)?.revokedAt);
  });

  test("can be the last one that is left, and a rotation goes on", async () => {
    for (const version of [1, 2, 3]) await destroyVersion(store, of(version));
    expect(await codeOf(rollbackSecret(store, of(1)))).toBe("version_inactive");
    const value = canary();
    await rotateSecret(store, { companyId, secret, value });
    expect(await read("latest")).toBe(value);
  });
});

describe("a rollback", () => {
  test("makes a new version of the old value, and says of which", async () => {
    const detail = await rollbackSecret(store, of(1));
    expect(detail).toMatchObject({ latestVersion: 4, lastRotatedAt: expect.any(String) });
    expect(detail.versions[0]).toMatchObject({ version: 4, status: "current", note: "value of version 1" });
    expect(await read("latest")).toBe(values[0]);
    expect(await actions()).toMatchObject([{ action: "secret.rolled_back", details: { version: 4, ofVersion: 1 } }]);
    expect(JSON.stringify(detail) + (await everyRow(setup.database))).not.toContain(values[0]);
  });

  test("is refused where the newest version has that value already", async () => {
    expect(await codeOf(rollbackSecret(store, of(3)))).toBe("version_current");
    await rollbackSecret(store, of(1));
    const refusal = await refusalOf(rollbackSecret(store, of(1)));
    expect(refusal).toMatchObject({ code: "version_current", message: expect.stringContaining("version 4") });
    await disableVersion(store, of(4));
    const disabled = await refusalOf(rollbackSecret(store, of(1)));
    expect(disabled).toMatchObject({ code: "version_current", message: expect.stringContaining("disabled") });
    expect(disabled?.data.next).toContain("--version 4");
    expect((await states()).length).toBe(4);
  });

  test("is refused for a disabled version, and for a secret that is not active", async () => {
    await disableVersion(store, of(1));
    expect(await codeOf(rollbackSecret(store, of(1)))).toBe("version_inactive");
    for (const status of ["disabled", "archived"] as const) {
      await setSecretStatus(store, { companyId, secret, status });
      expect(await codeOf(rollbackSecret(store, of(2)))).toBe("secret_inactive");
    }
    expect((await states()).length).toBe(3);
  });

  test("says so where the old value does not open any more", async () => {
    await setup.database.pool.query(
      `update company_secret_versions v set material = o.material from company_secret_versions o
       where v.secret_id = $1 and v.version = 1 and o.secret_id = $1 and o.version = 2`,
      [secret],
    );
    expect(await codeOf(rollbackSecret(store, of(1)))).toBe("provider_error");
    expect((await states()).length).toBe(3);
  });

  test("and rotations that come at once get a number each, and the last one is current", async () => {
    const work = [1, 2, 1, 2].flatMap((version) => [
      rollbackSecret(store, of(version)).catch(() => null),
      rotateSecret(store, { companyId, secret, value: canary() }),
    ]);
    await Promise.all(work);
    const { versions, latestVersion } = await getSecret(setup.database.orm, companyId, secret);
    expect(versions.map(({ version }) => version)).toEqual(versions.map((_, index) => versions.length - index));
    expect(versions.filter(({ status }) => status === "current").map(({ version }) => version)).toEqual([
      latestVersion,
    ]);
    const contents = await Promise.all(versions.map(({ version }) => read(version)));
    const broughtBack = versions.flatMap(({ note }, index) => {
      const from = note?.match(/^value of version (\d)$/)?.[1];
      return from === undefined ? [] : [{ was: contents[index], expected: values[Number(from) - 1] }];
    });
    expect(broughtBack.map(({ was }) => was)).toEqual(broughtBack.map(({ expected }) => expected));
  });
});

describe("versions", () => {
  test("of a missing number, a missing, deleted or foreign secret are refused", async () => {
    const other = await insertCompany(setup.database);
    for (const work of [disableVersion, enableVersion, destroyVersion, rollbackSecret]) {
      expect(await codeOf(work(store, of(4)))).toBe("version_missing");
      expect(await codeOf(work(store, { ...of(1), secret: "nothing" }))).toBe("secret_missing");
      expect(await codeOf(work(store, { ...of(1), companyId: other }))).toBe("secret_foreign");
    }
    await deleteSecret(store, { companyId, secret });
    for (const work of [disableVersion, enableVersion, destroyVersion, rollbackSecret]) {
      expect(await codeOf(work(store, of(1)))).toBe("secret_deleted");
    }
  });

  test("can be revoked while the vault is locked, and not be rolled back", async () => {
    const keyFile = `${setup.root}/moved.key`;
    const lockedStore = setup.store(await setup.open({ keyFile, keyFileIsDefault: false }));
    expect(lockedStore.vault.state()).toBe("locked");
    expect(await codeOf(rollbackSecret(lockedStore, of(1)))).toBe("vault_locked");
    await disableVersion(lockedStore, of(3));
    await enableVersion(lockedStore, of(3));
    await destroyVersion(lockedStore, of(1));
    expect(await states()).toEqual(["3 current", "2 previous", "1 destroyed"]);
    await rm(keyFile, { force: true });
  });

  test("kept by another provider are disabled here, and neither destroyed nor rolled back", async () => {
    await setup.database.pool.query("update company_secrets set provider = 'aws_secrets_manager' where id = $1", [
      secret,
    ]);
    await disableVersion(store, of(2));
    expect(await codeOf(destroyVersion(store, of(1)))).toBe("not_available");
    expect(await codeOf(rollbackSecret(store, of(1)))).toBe("not_available");
  });
});

describe("the use of versions", () => {
  test("says when runs were last given each, and how many runs; refusals do not count", async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    await read(1, one);
    await read(1, one);
    await read(1, two);
    await read("latest", two);
    await disableVersion(store, of(2));
    await read(2, two);
    expect(await versionUse(setup.database.orm, companyId, secret)).toEqual({
      versions: [
        { version: 3, runs: 1, lastUsedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) },
        { version: 1, runs: 2, lastUsedAt: expect.any(String) },
      ],
      accesses: 5,
      more: false,
    });
    await deleteSecret(store, { companyId, secret });
    expect((await versionUse(setup.database.orm, companyId, secret)).versions).toHaveLength(2);
    const other = await insertCompany(setup.database);
    expect(await codeOf(versionUse(setup.database.orm, other, secret))).toBe("secret_foreign");
  });

  test("looks through the newest accesses only, and says that there are more", async () => {
    await setup.database.pool.query(
      `insert into secret_access_events (id, company_id, sequence, secret_id, version, actor_type, consumer_type,
         consumer_id, routine_run_id, outcome)
       select gen_random_uuid(), $1, n, $2, case when n <= 500 then 1 else 2 end, 'agent', 'agent', 'a',
         gen_random_uuid(), 'success' from generate_series(1, 10500) n`,
      [companyId, secret],
    );
    expect(await versionUse(setup.database.orm, companyId, secret)).toMatchObject({
      versions: [{ version: 2, runs: 10_000 }],
      accesses: 10_000,
      more: true,
    });
  });
});
