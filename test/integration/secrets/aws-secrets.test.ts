import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asRefusal, type Refusal } from "../../../main/contract/refusal.ts";
import { listEvents } from "../../../main/secrets/events.ts";
import { getSecret } from "../../../main/secrets/listing.ts";
import { updateVault } from "../../../main/secrets/provider-vault-changes.ts";
import { linkSecret } from "../../../main/secrets/linked-secrets.ts";
import { createManagedSecret, deleteRemoteSecret, rotateManagedSecret } from "../../../main/secrets/remote-secrets.ts";
import type { Resolved } from "../../../main/secrets/resolution.ts";
import { createSecret, setSecretStatus } from "../../../main/secrets/store.ts";
import { disableVersion, enableVersion } from "../../../main/secrets/versions.ts";
import type { Trouble } from "../../fixtures/fake-aws.ts";
import { type AwsSetup, awsSetup } from "./aws-setup.ts";
import { canary, countRows, everyRow } from "./setup.ts";

let world: AwsSetup;
beforeEach(async () => {
  world = await awsSetup();
});
afterEach(closeWorld);

/** Whatever a test did: neither a value nor a text of the provider is in the database. */
async function closeWorld(): Promise<void> {
  const rows = await everyRow(world.setup.database);
  await world.close();
  expect(rows).not.toContain(world.aws.canary);
  expect(rows).not.toContain("canary-");
  expect(world.aws.badSignatures).toEqual([]);
}

const provider = "aws_secrets_manager" as const;
const create = (key: string, value = canary()) =>
  createManagedSecret(world.store, { companyId: world.companyId, provider, key, value });
const rotate = (secret: string, value = canary()) =>
  rotateManagedSecret(world.store, { companyId: world.companyId, secret, value });
const remove = (secret: string) => deleteRemoteSecret(world.store, { companyId: world.companyId, secret });
const link = (externalRef: string, key = "linked") =>
  linkSecret(world.store, { companyId: world.companyId, externalRef, key });
const secretOf = (key: string) => getSecret(world.setup.database.orm, world.companyId, key);
const remoteName = (key: string) => `paperclip/desktop/${world.companyId}/${key}`;
const remote = (key: string) => world.aws.secrets.get(remoteName(key));
const stagesOf = (key: string) => [...(remote(key)?.versions.values() ?? [])].map(({ stages }) => Array.from(stages));
const currentValue = (key: string) =>
  [...(remote(key)?.versions.values() ?? [])].find(({ stages }) => stages.has("AWSCURRENT"))?.value;
const outcome = (answer: Resolved | undefined) => (answer?.ok ? answer.value : [answer?.code, answer?.reason]);
async function refusalOf(work: Promise<unknown>): Promise<Refusal> {
  const refusal = asRefusal(
    await work.then(
      () => null,
      (error: unknown) => error,
    ),
  );
  if (!refusal) throw new Error("it was not refused");
  expect(refusal.message + (refusal.data.next ?? "") + String(refusal.cause)).not.toContain(world.aws.canary);
  expect(refusal.data.next).toEqual(expect.any(String));
  return refusal;
}

/** How a trouble of the provider is named. */
const CLASSES: readonly [Trouble, string][] = [
  ["deny", "access_denied"],
  ["throttle", "throttled"],
  ["garbage", "provider_error"],
  ["empty", "provider_error"],
  ["drop", "provider_unavailable"],
  ["error500", "provider_error"],
  ["unavailable", "provider_unavailable"],
];

describe("a managed secret", () => {
  test("is stored under its derived name with six tags, and is read by its version", async () => {
    const value = canary();
    const secret = await create("GH_TOKEN", value);
    expect(secret).toMatchObject({
      key: "gh_token",
      name: "GH_TOKEN",
      provider,
      status: "active",
      managedMode: "paperclip_managed",
      latestVersion: 1,
      externalRef: remoteName("gh_token"),
      vaultId: world.awsVault.id,
    });
    expect(remote("gh_token")?.tags).toEqual({
      "managed-by": "paperclip",
      "provider-owner": "paperclip-desktop",
      "deployment-id": "desktop",
      "company-id": world.companyId,
      "secret-key": "gh_token",
      environment: "production",
    });
    expect((await world.resolve(secret.id)).map(outcome)).toEqual([value]);
    const { input } = world.aws.calls.at(-1) ?? {};
    expect(input).toEqual({
      SecretId: remoteName("gh_token"),
      VersionId: [...(remote("gh_token")?.versions.keys() ?? [])][0],
    });
    // No master key was made or needed for it.
    expect(world.vault.state()).toBe("uninitialized");
    expect(await secretOf("gh_token")).toMatchObject({ versions: [{ version: 1, status: "current", keyId: null }] });
  });

  test("gets a new version under the pending stage, which then becomes the current one; older ones stay", async () => {
    const [first, second] = [canary(), canary()];
    const secret = await create("gh-token", first);
    expect(await rotate("gh-token", second)).toMatchObject({ latestVersion: 2, lastRotatedAt: expect.any(String) });
    const put = world.aws.calls.find(({ operation }) => operation === "PutSecretValue");
    expect(put?.input["VersionStages"]).toEqual(["PAPERCLIP_PENDING"]);
    expect(stagesOf("gh-token")).toEqual([["AWSPREVIOUS"], ["AWSCURRENT"]]);
    expect((await world.resolve(secret.id)).map(outcome)).toEqual([second]);
    expect(outcome(await world.resolveVersion(secret.id, 1))).toBe(first);
  });

  test("reads what it was given, also after somebody changed the current version at AWS", async () => {
    const value = canary();
    const secret = await create("gh-token", value);
    const there = remote("gh-token");
    for (const version of there?.versions.values() ?? []) version.stages.clear();
    there?.versions.set("b".repeat(36), { value: canary(), stages: new Set(["AWSCURRENT"]) });
    expect((await world.resolve(secret.id)).map(outcome)).toEqual([value]);
    // A rotation takes the current stage from whoever has it.
    const next = canary();
    await rotate("gh-token", next);
    expect(currentValue("gh-token")).toBe(next);
  });

  test("is deleted with the recovery window, once", async () => {
    await create("gh-token");
    expect(await remove("gh-token")).toMatchObject({ deleted: true, providerCopy: "deleted" });
    expect(remote("gh-token")?.recoveryWindow).toBe(30);
    expect(await secretOf("gh-token")).toMatchObject({ status: "deleted", versions: [] });
    expect((await refusalOf(remove("gh-token"))).code).toBe("secret_deleted");
    // The name waits for its deletion at AWS; the refusal says so, and nothing is left of the attempt.
    expect((await refusalOf(create("gh-token"))).code).toBe("conflict");
    expect(await countRows(world.setup.database, "company_secrets where status <> 'deleted'")).toBe(0);
  });

  test("does not touch what is at AWS under its name already", async () => {
    const there = world.aws.put(remoteName("gh-token"), "somebody else's");
    expect((await refusalOf(create("gh-token"))).code).toBe("conflict");
    world.aws.trouble("error500", "CreateSecret");
    expect((await refusalOf(create("gh-token"))).code).toBe("provider_error");
    expect(world.aws.secrets.get(there.name)).toBe(there);
    expect(await countRows(world.setup.database, "company_secrets")).toBe(0);
  });

  test("is deleted here alone where its vault is disabled", async () => {
    await create("gh-token");
    await updateVault(world.vaults, { companyId: world.companyId, vault: "Main", status: "disabled" });
    const before = world.aws.calls.length;
    expect(await remove("gh-token")).toMatchObject({ providerCopy: "kept" });
    expect(world.aws.calls).toHaveLength(before);
    expect(remote("gh-token")?.recoveryWindow).toBeNull();
  });

  test("is refused to runs while its vault is disabled, without a call", async () => {
    const secret = await create("gh-token");
    await updateVault(world.vaults, { companyId: world.companyId, vault: "Main", status: "disabled" });
    const before = world.aws.calls.length;
    expect((await world.resolve(secret.id)).map(outcome)).toEqual([["provider_error", undefined]]);
    expect((await refusalOf(rotate("gh-token"))).code).toBe("provider_vault_unusable");
    expect((await refusalOf(create("another"))).code).toBe("provider_vault_unusable");
    expect(world.aws.calls).toHaveLength(before);
  });

  test("is not read by a stored name that is not the derived one", async () => {
    const secret = await create("gh-token");
    await world.setup.database.pool.query("update company_secrets set external_ref = 'elsewhere/gh-token'");
    const before = world.aws.calls.length;
    expect((await world.resolve(secret.id)).map(outcome)).toEqual([["provider_error", "invalid_request"]]);
    expect((await refusalOf(rotate("gh-token"))).code).toBe("external_reference");
    expect(world.aws.calls).toHaveLength(before);
  });
});

describe("a creation", () => {
  test.each(CLASSES)("that the provider answers with %s is %s and leaves nothing", async (trouble, code) => {
    world.aws.trouble(trouble, "CreateSecret");
    expect((await refusalOf(create("gh-token"))).code).toBe(code);
    expect(await countRows(world.setup.database, "company_secrets")).toBe(0);
    expect(world.aws.secrets.size).toBe(0);
    world.aws.calm();
    expect(await create("gh-token")).toMatchObject({ status: "active" });
  });

  test("whose answer is lost is asked for again under the same token, and is there once", async () => {
    world.aws.trouble("lose", "CreateSecret", 1);
    expect(await create("gh-token")).toMatchObject({ status: "active" });
    expect(remote("gh-token")?.versions.size).toBe(1);
  });

  test("whose answers are all lost is taken back at the provider", async () => {
    world.aws.trouble("lose", "CreateSecret");
    expect((await refusalOf(create("gh-token"))).code).toBe("provider_unavailable");
    expect(world.aws.secrets.size).toBe(0);
    expect(await countRows(world.setup.database, "company_secrets")).toBe(0);
  });

  test("that can be neither finished nor taken back stays as a handle that says so", async () => {
    world.aws.trouble("lose", "CreateSecret");
    world.aws.trouble("drop", "DescribeSecret");
    const refusal = await refusalOf(create("gh-token"));
    expect(refusal.code).toBe("provider_unavailable");
    expect(refusal.data.next).toContain("secrets delete gh-token");
    expect(await secretOf("gh-token")).toMatchObject({ status: "archived", latestVersion: 0 });
    expect(remote("gh-token")).toBeDefined();
    world.aws.calm();
    const enable = setSecretStatus(world.store, { companyId: world.companyId, secret: "gh-token", status: "active" });
    expect((await refusalOf(enable)).data.next).toContain("secrets delete gh-token");
    expect((await refusalOf(rotate("gh-token"))).data.next).toContain("secrets delete gh-token");
    // Its deletion takes the copy too, at once: the key can be used again.
    expect(await remove("gh-token")).toMatchObject({ providerCopy: "deleted" });
    expect(world.aws.secrets.size).toBe(0);
    expect(await create("gh-token")).toMatchObject({ status: "active" });
  });

  test("writes its reservation down before the provider is called", async () => {
    const seen: unknown[] = [];
    world.aws.onCall = async () => {
      const { rows } = await world.setup.database.pool.query(
        `select s.status, s.latest_version, v.status as version_status, v.provider_version_ref is not null as has_ref
         from company_secrets s join company_secret_versions v on v.secret_id = s.id`,
      );
      seen.push(...rows);
    };
    await create("gh-token");
    expect(seen).toEqual([{ status: "archived", latest_version: 0, version_status: "disabled", has_ref: true }]);
  });

  test("takes the provider's copy back where the database does not take the end of it", async () => {
    world.aws.onCall = async (operation) => {
      if (operation !== "CreateSecret") return;
      await world.setup.database.pool.query("update company_secrets set status = 'deleted'");
    };
    expect((await refusalOf(create("gh-token"))).code).toBe("conflict");
    expect(world.aws.secrets.size).toBe(0);
  });

  test("of a key that is taken calls nobody", async () => {
    await create("gh-token");
    const before = world.aws.calls.length;
    expect((await refusalOf(create("gh-token"))).code).toBe("secret_taken");
    expect(world.aws.calls).toHaveLength(before);
  });
});

describe("a rotation", () => {
  test.each(CLASSES)("that is answered with %s is %s, and the old value stays", async (trouble, code) => {
    const value = canary();
    const secret = await create("gh-token", value);
    world.aws.trouble(trouble, "PutSecretValue");
    expect((await refusalOf(rotate("gh-token"))).code).toBe(code);
    world.aws.calm();
    expect((await world.resolve(secret.id)).map(outcome)).toEqual([value]);
    expect(currentValue("gh-token")).toBe(value);
    expect((await secretOf("gh-token")).versions.map(({ status }) => status)).toEqual(["failed", "current"]);
    const next = canary();
    expect(await rotate("gh-token", next)).toMatchObject({ latestVersion: 3 });
    expect((await world.resolve(secret.id)).map(outcome)).toEqual([next]);
  });

  test("that cannot make its version current leaves the old one current, here and there", async () => {
    const value = canary();
    const secret = await create("gh-token", value);
    world.aws.trouble("deny", "UpdateSecretVersionStage", 1);
    expect((await refusalOf(rotate("gh-token"))).code).toBe("access_denied");
    expect(currentValue("gh-token")).toBe(value);
    expect(stagesOf("gh-token")).toEqual([["AWSCURRENT"], []]);
    expect((await world.resolve(secret.id)).map(outcome)).toEqual([value]);
  });

  test("that the database refuses at the end is taken back at the provider", async () => {
    const value = canary();
    const secret = await create("gh-token", value);
    world.aws.onCall = async (operation) => {
      if (operation !== "UpdateSecretVersionStage") return;
      world.aws.onCall = null;
      await world.setup.database.pool.query("update company_secrets set latest_version = 9");
    };
    expect((await refusalOf(rotate("gh-token"))).code).toBe("conflict");
    expect(currentValue("gh-token")).toBe(value);
    await world.setup.database.pool.query("update company_secrets set latest_version = 1");
    expect((await world.resolve(secret.id)).map(outcome)).toEqual([value]);
  });

  test("of two at once ends with one current version, the same here and there", async () => {
    const secret = await create("gh-token");
    const values = [canary(), canary()];
    await Promise.allSettled(values.map((value) => rotate("gh-token", value)));
    const { versions } = await secretOf("gh-token");
    expect(versions.filter(({ status }) => status === "current")).toHaveLength(1);
    const [now] = (await world.resolve(secret.id)).map(outcome);
    expect(values).toContain(now);
  });
});

describe("a version that is reserved and not stored", () => {
  const enableWhile = async (operation: string, work: () => Promise<unknown>) => {
    const refusals: Refusal[] = [];
    world.aws.onCall = async (called) => {
      if (called !== operation) return;
      world.aws.onCall = null;
      const { latestVersion } = await secretOf("gh-token");
      const input = { companyId: world.companyId, secret: "gh-token", version: latestVersion + 1 };
      refusals.push(await refusalOf(enableVersion(world.store, input)));
    };
    await work();
    return refusals;
  };

  test.each([
    ["created", "CreateSecret", () => create("gh-token")],
    ["rotated", "PutSecretValue", () => create("gh-token").then(() => rotate("gh-token"))],
  ] as const)("cannot be enabled while the secret is being %s", async (_, operation, work) => {
    const refusals = await enableWhile(operation, work);
    expect(refusals).toEqual([expect.objectContaining({ code: "version_inactive" })]);
    expect(refusals[0]?.message).toContain("never stored");
    const { versions } = await secretOf("gh-token");
    expect(versions.map(({ status }) => status)).not.toContain("disabled");
  });

  test("cannot be enabled later either, when a newer one has come to be; one that the operator disabled can", async () => {
    await create("gh-token");
    await world.setup.database.pool.query(
      `insert into company_secret_versions (id, company_id, secret_id, version, status, provider_version_ref)
       select gen_random_uuid(), company_id, id, 2, 'disabled', gen_random_uuid() from company_secrets`,
    );
    await rotate("gh-token");
    const of = (version: number) => ({ companyId: world.companyId, secret: "gh-token", version });
    expect((await refusalOf(enableVersion(world.store, of(2)))).code).toBe("version_inactive");
    await disableVersion(world.store, of(1));
    await enableVersion(world.store, of(1));
    expect((await secretOf("gh-token")).versions.map(({ status }) => status)).toEqual([
      "current",
      "disabled",
      "previous",
    ]);
  });
});

describe("a deletion", () => {
  // An empty answer to a deletion is one: nothing in it is needed.
  test.each(CLASSES.filter(([trouble]) => trouble !== "empty"))(
    "that is answered with %s is %s, and can be repeated",
    async (trouble, code) => {
      const secret = await create("gh-token");
      world.aws.trouble(trouble, "DeleteSecret");
      const refusal = await refusalOf(remove("gh-token"));
      expect(refusal.code).toBe(code);
      expect(refusal.data.next).toContain(`secrets delete ${secret.id}`);
      expect((await world.resolve(secret.id).catch(() => [])).map(outcome)).toEqual([]);
      world.aws.calm();
      expect(await remove(secret.id)).toMatchObject({ providerCopy: "deleted" });
      expect(remote("gh-token")?.recoveryWindow).toBe(30);
    },
  );
});

describe("references of a run", () => {
  test.each(CLASSES)(
    "that are answered with %s are provider_error (%s), with an event, and keep no others",
    async (trouble, code) => {
      const [remoteValue, localValue] = [canary(), canary()];
      const atAws = await create("remote", remoteValue);
      const here = await createSecret(world.store, { companyId: world.companyId, key: "local", value: localValue });
      world.aws.trouble(trouble, "GetSecretValue");
      expect((await world.resolve(atAws.id, here.id)).map(outcome)).toEqual([["provider_error", code], localValue]);
      const { events } = await listEvents(world.setup.database.orm, { companyId: world.companyId });
      expect(events[0]).toMatchObject({
        secretKey: "remote",
        outcome: "failure",
        errorCode: "provider_error",
        provider,
      });
      world.aws.calm();
      expect((await world.resolve(atAws.id, here.id)).map(outcome)).toEqual([remoteValue, localValue]);
    },
  );

  test("are asked for at once, over one client", async () => {
    const secrets = await Promise.all(Array.from({ length: 8 }, (_, index) => create(`key-${index}`)));
    let [asked, most] = [0, 0];
    world.aws.onCall = async (operation) => {
      if (operation !== "GetSecretValue") return;
      asked += 1;
      most = Math.max(most, asked);
      // None is answered before all have come: one after the other would wait for ever.
      while (asked < secrets.length) await new Promise((resolve) => setImmediate(resolve));
    };
    expect((await world.resolve(...secrets.map(({ id }) => id))).every(({ ok }) => ok)).toBe(true);
    expect(most).toBe(secrets.length);
  });

  test("are refused where the value is binary, too short, or gone", async () => {
    const binary = world.aws.put("team/binary", "");
    for (const version of binary.versions.values()) Object.assign(version, { binary: "AAEC", value: null });
    world.aws.put("team/short", "abc");
    world.aws.put("team/gone", "long enough");
    const made = [await link("team/binary", "one"), await link("team/short", "two"), await link("team/gone", "three")];
    world.aws.secrets.delete("team/gone");
    expect((await world.resolve(...made.map(({ id }) => id))).map(outcome)).toEqual([
      ["provider_error", "invalid_request"],
      ["provider_error", "invalid_request"],
      ["provider_error", "not_found"],
    ]);
  });

  test("to local secrets alone open no connection", async () => {
    const value = canary();
    const { id } = await createSecret(world.store, { companyId: world.companyId, key: "local", value });
    expect((await world.resolve(id)).map(outcome)).toEqual([value]);
    expect(world.aws.connections()).toBe(0);
  });
});

describe("an endpoint that never answers", () => {
  test("is given up after the vault's time, and nothing is lost", async () => {
    const value = canary();
    const secret = await create("gh-token", value);
    await updateVault(world.vaults, {
      companyId: world.companyId,
      vault: "Main",
      config: { ...world.awsVault.config, timeoutSeconds: 1 },
    });
    world.aws.trouble("hang");
    // Each waits for its second or two; they do so side by side.
    const another = refusalOf(create("another"));
    const resolved = world.resolve(secret.id);
    expect((await refusalOf(rotate("gh-token"))).code).toBe("provider_unavailable");
    expect((await resolved).map(outcome)).toEqual([["provider_error", "provider_unavailable"]]);
    expect((await refusalOf(remove("gh-token"))).code).toBe("provider_unavailable");
    expect((await another).code).toBe("provider_unavailable");
    world.aws.calm();
    // What answers may take longer than that on a busy machine.
    await updateVault(world.vaults, { companyId: world.companyId, vault: "Main", config: world.awsVault.config });
    await remove("gh-token");
    await remove("another");
  });
});

describe("credentials", () => {
  test("that are wrong or missing are access_denied, and the real error of a wrong signature is kept back", async () => {
    const secret = await create("gh-token");
    process.env["AWS_SECRET_ACCESS_KEY"] = "another/key";
    expect((await world.resolve(secret.id)).map(outcome)).toEqual([["provider_error", "access_denied"]]);
    expect(world.aws.badSignatures.splice(0)).not.toEqual([]);
    delete process.env["AWS_SECRET_ACCESS_KEY"];
    delete process.env["AWS_ACCESS_KEY_ID"];
    const before = world.aws.connections();
    expect((await world.resolve(secret.id)).map(outcome)).toEqual([["provider_error", "access_denied"]]);
    expect((await refusalOf(create("another"))).code).toBe("access_denied");
    expect(world.aws.connections()).toBe(before);
    expect(await countRows(world.setup.database, "company_secrets")).toBe(1);
  });
});

describe("an external reference", () => {
  test("is linked without its value, and is whatever is current there at each run", async () => {
    const [first, second] = [canary(), canary()];
    const there = world.aws.put("team/slack", first);
    const secret = await link(there.arn);
    expect(secret).toMatchObject({ managedMode: "external_reference", externalRef: there.arn, latestVersion: 1 });
    expect(world.aws.calls.map(({ operation }) => operation)).toEqual(["DescribeSecret"]);
    expect((await world.resolve(secret.id)).map(outcome)).toEqual([first]);
    for (const version of there.versions.values()) version.value = second;
    expect((await world.resolve(secret.id)).map(outcome)).toEqual([second]);
  });

  test("is not rotated here, and its deletion removes the link only", async () => {
    world.aws.put("team/slack", "somebody else's");
    await link("team/slack", "slack");
    const refusal = await refusalOf(rotate("slack"));
    expect(refusal).toMatchObject({ code: "external_reference", data: { next: expect.stringContaining("provider") } });
    expect(await remove("slack")).toMatchObject({ providerCopy: "kept" });
    expect(world.aws.secrets.get("team/slack")?.recoveryWindow).toBeNull();
    expect(await link("team/slack", "slack")).toMatchObject({ key: "slack" });
  });

  test.each([
    ["external_reference", "paperclip/desktop/whatever/gh-token"],
    ["external_reference", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:paperclip/desktop/x/y-AbCdEf"],
    ["external_reference", "arn:aws:secretsmanager:us-east-1:123456789012:secret:team/slack-AbCdEf"],
    ["external_reference", "no name of one"],
    ["not_found", "team/nothing"],
  ])("is refused with %s: %s", async (code, ref) => {
    expect((await refusalOf(link(ref))).code).toBe(code);
    expect(await countRows(world.setup.database, "company_secrets")).toBe(0);
  });
});
