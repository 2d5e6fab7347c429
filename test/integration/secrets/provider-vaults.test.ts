import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asRefusal } from "../../../main/contract/refusal.ts";
import { checkProviders, checkVault, listProviders } from "../../../main/secrets/provider-health.ts";
import {
  createVault,
  removeVault,
  setDefaultVault,
  updateVault,
} from "../../../main/secrets/provider-vault-changes.ts";
import { chooseVault, findVault, listVaults } from "../../../main/secrets/provider-vaults.ts";
import { linkSecret } from "../../../main/secrets/linked-secrets.ts";
import { createManagedSecret, deleteRemoteSecret } from "../../../main/secrets/remote-secrets.ts";
import type { ProviderId } from "../../../preload/contract/providers.ts";
import { AWS_TEST_REGION } from "../../fixtures/fake-aws.ts";
import { type AwsSetup, awsSetup } from "./aws-setup.ts";
import { canary, everyRow, insertCompany } from "./setup.ts";

let world: AwsSetup;
beforeEach(async () => {
  world = await awsSetup();
});
afterEach(() => world.close());

const local = async () => ({ status: "ok" as const, message: "The vault is open.", next: null });
const create = (
  name: string,
  config: unknown = { region: AWS_TEST_REGION },
  provider: ProviderId = "aws_secrets_manager",
) => createVault(world.vaults, { companyId: world.companyId, provider, name, config });
const one = (vault: string) => ({ companyId: world.companyId, vault });
const all = () => listVaults(world.setup.database.orm, world.companyId);
const choose = (provider?: ProviderId, vault?: string) =>
  chooseVault(world.setup.database.orm, world.companyId, provider, vault, "No secret was created");
async function refusalOf(work: Promise<unknown>) {
  const refusal = asRefusal(
    await work.then(
      () => null,
      (error: unknown) => error,
    ),
  );
  if (!refusal) throw new Error("it was not refused");
  expect(refusal.data.next).toEqual(expect.any(String));
  return refusal;
}

describe("the settings of a vault", () => {
  test("get their defaults, and are called by nobody", async () => {
    expect(await create("Second")).toMatchObject({
      status: "ready",
      isDefault: false,
      secrets: 0,
      health: null,
      config: {
        region: AWS_TEST_REGION,
        prefix: "paperclip",
        deployment: "desktop",
        environment: "production",
        recoveryWindowDays: 30,
        timeoutSeconds: 30,
      },
    });
    expect(world.aws.connections()).toBe(0);
  });

  test.each<[ProviderId, object, string]>([
    ["aws_secrets_manager", {}, "config.region"],
    ["aws_secrets_manager", { region: "europe" }, "config.region"],
    ["aws_secrets_manager", { region: AWS_TEST_REGION, recoveryWindowDays: 6 }, "config.recoveryWindowDays"],
    ["aws_secrets_manager", { region: AWS_TEST_REGION, recoveryWindowDays: 31 }, "config.recoveryWindowDays"],
    ["aws_secrets_manager", { region: AWS_TEST_REGION, prefix: "a/b" }, "config.prefix"],
    ["aws_secrets_manager", { region: AWS_TEST_REGION, colour: "red" }, "config.colour"],
    ["aws_secrets_manager", { region: AWS_TEST_REGION, secretAccessKey: "canary-1" }, "config.secretAccessKey"],
    ["aws_secrets_manager", { region: AWS_TEST_REGION, sessionToken: "canary-1" }, "config.sessionToken"],
    ["aws_secrets_manager", { region: AWS_TEST_REGION, kmsKeyId: "AKIAIOSFODNN7EXAMPLE" }, "config.kmsKeyId"],
    ["aws_secrets_manager", { region: AWS_TEST_REGION, endpoint: "https://u:canary-1@aws.example" }, "config.endpoint"],
    ["vault", { address: "https://vault.example/v1" }, "config.address"],
    ["vault", { address: "https://vault.example?x=1" }, "config.address"],
    ["vault", { address: "ftp://vault.example" }, "config.address"],
    ["vault", { address: "https://vault.example", token: "canary-1" }, "config.token"],
    ["gcp_secret_manager", { projectId: "P" }, "config.projectId"],
    ["gcp_secret_manager", { projectId: "my-project", credentials: "canary-1" }, "config.credentials"],
    ["local_encrypted", {}, "provider"],
  ])("of %s are refused strictly: %o", async (provider, config, field) => {
    const refusal = await refusalOf(create("Second", config, provider));
    expect(refusal.code).toBe("invalid_input");
    expect(Object.keys(refusal.data.fields ?? {})).toEqual([field]);
    expect(JSON.stringify([refusal.message, refusal.data])).not.toContain("canary-1");
    expect(await all()).toHaveLength(1);
  });

  test("that the names of its secrets are made of stay while there are any", async () => {
    await createManagedSecret(world.store, {
      companyId: world.companyId,
      provider: "aws_secrets_manager",
      key: "gh-token",
      value: canary(),
    });
    const { config } = world.awsVault;
    const moved = updateVault(world.vaults, { ...one("Main"), config: { ...config, prefix: "elsewhere" } });
    expect(await refusalOf(moved)).toMatchObject({
      code: "provider_vault_in_use",
      data: { fields: { "config.prefix": expect.any(String) } },
    });
    const kept = await updateVault(world.vaults, { ...one("Main"), config: { ...config, recoveryWindowDays: 7 } });
    expect(kept.config["recoveryWindowDays"]).toBe(7);
  });
});

describe("a vault", () => {
  test("is found by id and name in its company only, and its name is taken there", async () => {
    const other = await insertCompany(world.setup.database);
    const { orm } = world.setup.database;
    expect((await findVault(orm, world.companyId, "main")).id).toBe(world.awsVault.id);
    expect((await refusalOf(findVault(orm, other, world.awsVault.id))).code).toBe("provider_vault_foreign");
    expect((await refusalOf(findVault(orm, other, "Main"))).code).toBe("provider_vault_missing");
    expect((await refusalOf(create("MAIN"))).code).toBe("name_taken");
    const codes = await Promise.all(
      Array.from({ length: 4 }, () =>
        create("Contested").then(
          () => "made",
          (error) => asRefusal(error)?.code,
        ),
      ),
    );
    expect(codes.toSorted()).toEqual(["made", "name_taken", "name_taken", "name_taken"]);
  });

  test("is the one default of its provider, and none when it is disabled", async () => {
    await create("Second", { region: AWS_TEST_REGION, endpoint: world.aws.url });
    expect((await refusalOf(choose("aws_secrets_manager"))).message).toContain("none is the default");
    await setDefaultVault(world.vaults, one("Main"));
    await setDefaultVault(world.vaults, one("Second"));
    expect((await all()).map(({ name, isDefault }) => [name, isDefault])).toEqual([
      ["Main", false],
      ["Second", true],
    ]);
    expect((await choose("aws_secrets_manager")).row.displayName).toBe("Second");
    expect(await updateVault(world.vaults, { ...one("Second"), status: "disabled" })).toMatchObject({
      isDefault: false,
    });
    expect((await refusalOf(setDefaultVault(world.vaults, one("Second")))).code).toBe("provider_vault_unusable");
    expect((await refusalOf(choose(undefined, "Second"))).code).toBe("provider_vault_unusable");
    expect((await choose("aws_secrets_manager")).row.displayName).toBe("Main");
    expect(await updateVault(world.vaults, { ...one("Second"), status: "ready" })).toMatchObject({ status: "ready" });
  });

  test.each<[ProviderId, object]>([
    ["gcp_secret_manager", { projectId: "my-project", location: "europe-west1" }],
    ["vault", { address: "https://vault.example:8200", namespace: "team" }],
  ])("of %s is metadata only: coming soon or disabled, and never called", async (provider, config) => {
    expect(await create("Later", config, provider)).toMatchObject({ status: "coming_soon", config });
    expect((await refusalOf(setDefaultVault(world.vaults, one("Later")))).code).toBe("provider_vault_unusable");
    expect((await refusalOf(choose(provider))).code).toBe("provider_vault_unusable");
    expect((await refusalOf(choose(undefined, "Later"))).code).toBe("provider_vault_unusable");
    expect((await refusalOf(choose("aws_secrets_manager", "Later"))).code).toBe("provider_vault_unusable");
    expect((await updateVault(world.vaults, { ...one("Later"), status: "disabled" })).status).toBe("disabled");
    expect((await updateVault(world.vaults, { ...one("Later"), status: "ready" })).status).toBe("coming_soon");
    expect((await checkVault(world.vaults, one("Later"))).health).toMatchObject({
      status: "coming_soon",
      code: "runtime_locked",
    });
    // A link is written down; a value is not taken, and no run is given one.
    const { companyId } = world;
    const linked = await linkSecret(world.store, { companyId, provider, externalRef: "team/slack", key: "slack" });
    expect(linked).toMatchObject({ provider, managedMode: "external_reference", vaultId: null });
    expect((await world.resolve(linked.id)).map((answer) => !answer.ok && answer.code)).toEqual(["provider_error"]);
    const value = canary();
    const stored = createManagedSecret(world.store, { companyId, provider, key: "no", value });
    expect((await refusalOf(stored)).code).toBe("provider_vault_unusable");
    expect(await deleteRemoteSecret(world.store, { companyId, secret: "slack" })).toMatchObject({ deleted: true });
    expect(world.aws.connections()).toBe(0);
  });

  test("is not removed while secrets are in it, unless they are to be left", async () => {
    const secret = await createManagedSecret(world.store, {
      companyId: world.companyId,
      provider: "aws_secrets_manager",
      key: "gh-token",
      value: canary(),
    });
    const before = world.aws.calls.length;
    await expect(removeVault(world.vaults, one("Main"))).rejects.toMatchObject({
      code: "provider_vault_in_use",
      data: { details: { secrets: 1 } },
    });
    expect((await all()).map(({ name }) => name)).toContain("Main");
    expect(await removeVault(world.vaults, { ...one("Main"), leaveSecrets: true })).toMatchObject({
      removed: true,
      secrets: 1,
    });
    expect(world.aws.secrets.size).toBe(1);
    expect((await world.resolve(secret.id)).map((answer) => !answer.ok && answer.code)).toEqual(["provider_error"]);
    expect(world.aws.calls).toHaveLength(before);
    // A secret that is deleted keeps no vault.
    await create("Second", { region: AWS_TEST_REGION, endpoint: world.aws.url });
    const other = await createManagedSecret(world.store, {
      companyId: world.companyId,
      provider: "aws_secrets_manager",
      key: "npm-token",
      value: canary(),
    });
    await deleteRemoteSecret(world.store, { companyId: world.companyId, secret: other.id });
    expect(await removeVault(world.vaults, one("Second"))).toMatchObject({ removed: true, secrets: 0 });
  });
});

describe("health", () => {
  test("asks for metadata only, and is kept with the vault", async () => {
    expect((await checkVault(world.vaults, one("Main"))).health).toMatchObject({ status: "ready", code: "ok" });
    expect(world.aws.calls.map(({ operation }) => operation)).toEqual(["DescribeSecret"]);
    world.aws.trouble("deny");
    expect((await checkVault(world.vaults, one("Main"))).health).toMatchObject({
      status: "error",
      code: "access_denied",
    });
    world.aws.calm();
    world.aws.trouble("throttle");
    expect((await checkVault(world.vaults, one("Main"))).health).toMatchObject({
      status: "warning",
      code: "throttled",
    });
    expect((await all())[0]?.health?.code).toBe("throttled");
    expect(await everyRow(world.setup.database)).not.toContain(world.aws.canary);
    const { rows } = await world.setup.database.pool.query<{ action: string }>(
      "select action from activity_log order by created_at",
    );
    expect(rows.map(({ action }) => action)).toEqual([
      "secret_provider_config.created",
      ...Array.from({ length: 3 }, () => "secret_provider_config.health_checked"),
    ]);
  });

  test("of a disabled vault is told without a call", async () => {
    await updateVault(world.vaults, { ...one("Main"), status: "disabled" });
    expect((await checkVault(world.vaults, one("Main"))).health).toMatchObject({ code: "vault_disabled" });
    expect(world.aws.connections()).toBe(0);
  });

  test("of all providers asks those with a vault in use, and no other", async () => {
    await create("Later", { address: "https://vault.example" }, "vault");
    const statuses = async () =>
      Object.fromEntries(
        (await checkProviders(world.vaults, world.companyId, local)).map(({ provider, status }) => [provider, status]),
      );
    expect(await statuses()).toEqual({
      local_encrypted: "ok",
      aws_secrets_manager: "ok",
      gcp_secret_manager: "warn",
      vault: "warn",
    });
    expect(world.aws.calls).toHaveLength(1);
    world.aws.trouble("drop");
    expect(await statuses()).toMatchObject({ aws_secrets_manager: "error" });
    await removeVault(world.vaults, one("Main"));
    const before = world.aws.connections();
    expect(await statuses()).toMatchObject({ aws_secrets_manager: "ok" });
    expect(world.aws.connections()).toBe(before);
    expect(
      (await listProviders(world.setup.database.orm, world.companyId)).map(({ id, state }) => [id, state]),
    ).toEqual([
      ["local_encrypted", "ready"],
      ["aws_secrets_manager", "needs_vault"],
      ["gcp_secret_manager", "metadata_only"],
      ["vault", "metadata_only"],
    ]);
  });
});
