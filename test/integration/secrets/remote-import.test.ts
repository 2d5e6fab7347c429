import { afterEach, beforeEach, expect, test } from "vitest";
import { asRefusal } from "../../../main/contract/refusal.ts";
import { updateVault } from "../../../main/secrets/provider-vault-changes.ts";
import { importSecrets, previewImport } from "../../../main/secrets/remote-import.ts";
import { createManagedSecret, deleteRemoteSecret } from "../../../main/secrets/remote-secrets.ts";
import { createSecret } from "../../../main/secrets/store.ts";
import { type AwsSetup, awsSetup } from "./aws-setup.ts";
import { canary, countRows, everyRow } from "./setup.ts";

let world: AwsSetup;
beforeEach(async () => {
  world = await awsSetup();
});
afterEach(closeWorld);

/** No value is read, whatever is looked at or linked. */
async function closeWorld(): Promise<void> {
  const rows = await everyRow(world.setup.database);
  await world.close();
  expect(world.aws.calls.map(({ operation }) => operation)).not.toContain("GetSecretValue");
  expect(rows).not.toMatch(/value-of-|aws-text-/);
}

const preview = (page: { limit?: number; cursor?: string; text?: string } = {}) =>
  previewImport(world.vaults, { companyId: world.companyId, vault: "Main", ...page });
const take = (rows: { externalRef: string; key?: string; name?: string }[]) =>
  importSecrets(world.vaults, { companyId: world.companyId, vault: "Main", rows });
const codeOf = async (work: Promise<unknown>) =>
  asRefusal(
    await work.then(
      () => null,
      (error: unknown) => error,
    ),
  )?.code;

test("what is there is listed page by page, with what keeps each from being imported", async () => {
  for (const name of ["team/a", "team/b", "team/c", "team/d"]) world.aws.put(name, `value-of-${name}`);
  const { companyId, store } = world;
  await createManagedSecret(store, { companyId, provider: "aws_secrets_manager", key: "own", value: canary() });
  await createSecret(store, { companyId, key: "team-b", value: canary() });
  await createSecret(store, { companyId, key: "else", name: "team/c", value: canary() });
  await take([{ externalRef: world.aws.secrets.get("team/d")?.arn ?? "" }]);
  const first = await preview({ limit: 3 });
  expect(first.secrets.map(({ name, key, conflict }) => [name, key, conflict])).toEqual([
    [`paperclip/desktop/${companyId}/own`, expect.any(String), "provider_guardrail"],
    ["team/a", "team-a", null],
    ["team/b", "team-b", "key"],
  ]);
  const second = await preview({ limit: 3, cursor: first.nextCursor ?? "" });
  expect(second.secrets.map(({ name, conflict }) => [name, conflict])).toEqual([
    ["team/c", "name"],
    ["team/d", "exact_reference"],
  ]);
  expect(second.nextCursor).toBeNull();
  expect((await preview({ text: "team/a" })).secrets).toHaveLength(1);
  expect(await codeOf(preview({ cursor: "made up" }))).toBe("invalid_request");
});

test("a page is of 50 rows where nobody says", async () => {
  for (let index = 0; index < 51; index += 1) world.aws.put(`team/${index}`, "value-of-one");
  expect((await preview()).secrets).toHaveLength(50);
});

test("rows are imported one by one, and the same rows again are skipped", async () => {
  const [a, b] = ["team/a", "team/b"].map((name) => world.aws.put(name, `value-of-${name}`).arn);
  const rows = [
    { externalRef: a ?? "" },
    { externalRef: b ?? "", key: "slack", name: "Slack" },
    { externalRef: a ?? "", key: "twice" },
    { externalRef: "not a name" },
    { externalRef: "paperclip/desktop/x/y" },
    { externalRef: "team/e", key: "SLACK" },
    { externalRef: "team/f", name: "slack" },
    { externalRef: "team/g", key: "!!!" },
  ];
  const answer = await take(rows);
  expect(answer.rows.map(({ result, conflict }) => [result, conflict])).toEqual([
    ["imported", null],
    ["imported", null],
    ["skipped", "exact_reference"],
    ["skipped", "provider_guardrail"],
    ["skipped", "provider_guardrail"],
    ["skipped", "key"],
    ["skipped", "name"],
    ["skipped", "key"],
  ]);
  expect(answer).toMatchObject({ imported: 2, skipped: 6, errors: 0 });
  expect(answer.rows[0]?.secret).toMatchObject({ key: "team-a", managedMode: "external_reference", externalRef: a });
  expect(world.aws.calls).toEqual([]);
  expect(await take(rows.slice(0, 2))).toMatchObject({ imported: 0, skipped: 2 });
  expect(await countRows(world.setup.database, "company_secrets")).toBe(2);
  // What was deleted here is in nobody's way.
  await deleteRemoteSecret(world.store, { companyId: world.companyId, secret: "slack" });
  expect(await take(rows.slice(1, 2))).toMatchObject({ imported: 1 });
  const { rows: log } = await world.setup.database.pool.query<{ details: object }>(
    "select details from activity_log where action = 'secret.remote_import.completed' order by created_at limit 1",
  );
  expect(log[0]?.details).toMatchObject({ vault: "Main", imported: 2, skipped: 6, errors: 0 });
});

test("a provider that fails, and a vault that is disabled, leave nothing and say so", async () => {
  world.aws.trouble("deny");
  expect(await codeOf(preview())).toBe("access_denied");
  world.aws.calm();
  world.aws.trouble("garbage");
  expect(await codeOf(preview())).toBe("provider_error");
  world.aws.calm();
  world.aws.trouble("empty");
  expect(await codeOf(preview())).toBe("provider_error");
  await updateVault(world.vaults, { companyId: world.companyId, vault: "Main", status: "disabled" });
  expect(await codeOf(preview())).toBe("provider_vault_unusable");
  expect(await codeOf(take([{ externalRef: "team/a" }]))).toBe("provider_vault_unusable");
  expect(await countRows(world.setup.database, "company_secrets")).toBe(0);
});
