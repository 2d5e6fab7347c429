import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Env } from "../../../preload/contract/environment.ts";
import { asRefusal } from "../../../main/contract/refusal.ts";
import { checkReferences, findSecrets, syncBindings } from "../../../main/secrets/references.ts";
import { createSecret, deleteSecret, setSecretStatus } from "../../../main/secrets/store.ts";
import type { Vault } from "../../../main/secrets/vault.ts";
import { eventually } from "../../fixtures/conditions.ts";
import { type SecretsSetup, canary, insertCompany, secretsSetup } from "./setup.ts";

let setup: SecretsSetup;
let vault: Vault;
let companyId: string;
let other: string;
beforeAll(async () => {
  setup = await secretsSetup();
  vault = await setup.open();
});
afterAll(() => setup.close());
beforeEach(async () => {
  companyId = await insertCompany(setup.database);
  other = await insertCompany(setup.database);
});

const create = (key: string, company = companyId) =>
  createSecret(setup.store(vault), { companyId: company, key, value: canary() });
const ref = (secretId: string, version: number | "latest" = "latest") =>
  ({ type: "secret_ref", secretId, version }) as const;
const refusalOf = async (work: Promise<unknown>) =>
  asRefusal(
    await work.then(
      () => null,
      (error: unknown) => error,
    ),
  );

describe("findSecrets", () => {
  test("answers each reference in its place, by key and by id, with null for what there is not", async () => {
    const [one, two, gone, foreign] = [
      await create("one"),
      await create("two"),
      await create("gone"),
      await create("f", other),
    ];
    await deleteSecret(setup.store(vault), { companyId, secret: "gone" });
    const found = await findSecrets(setup.database.orm, companyId, [
      { secret: "TWO" },
      { secretId: one.id },
      { secret: "nothing" },
      { secretId: randomUUID() },
      { secret: "gone" },
      { secretId: gone.id },
      { secretId: foreign.id },
      { secret: "f" },
      { secretId: "one" },
      { secret: one.id },
      { secret: "two" },
    ]);
    expect(found.map((secret) => secret?.id ?? null)).toEqual([
      two.id,
      one.id,
      null,
      null,
      null,
      gone.id,
      foreign.id,
      null,
      null,
      one.id,
      two.id,
    ]);
    expect(found[5]).toEqual({ id: gone.id, companyId, key: "gone", status: "deleted", latestVersion: 1 });
    expect(found[6]?.companyId).toBe(other);
    expect(await findSecrets(setup.database.orm, companyId, [])).toEqual([]);
    expect(await findSecrets(setup.database.orm, companyId, [{}, { secretId: "x" }])).toEqual([null, null]);
  });
});

describe("checkReferences", () => {
  test("takes a disabled secret, and refuses missing, foreign and deleted ones by their place", async () => {
    const [one, gone, foreign] = [await create("one"), await create("gone"), await create("f", other)];
    await setSecretStatus(setup.store(vault), { companyId, secret: "one", status: "disabled" });
    await deleteSecret(setup.store(vault), { companyId, secret: "gone" });
    const check = (references: { field: string; secretId?: string; secret?: string }[]) =>
      checkReferences(setup.database.orm, companyId, references);
    expect((await check([{ field: "env.A", secret: "one" }])).map((secret) => secret.id)).toEqual([one.id]);
    for (const [reference, code] of [
      [{ secret: "nothing" }, "secret_missing"],
      [{ secretId: randomUUID() }, "secret_missing"],
      [{ secretId: gone.id }, "secret_deleted"],
      [{ secretId: foreign.id }, "secret_foreign"],
    ] as const) {
      const refusal = await refusalOf(
        check([
          { field: "env.OK", secret: "one" },
          { field: "env.BAD", ...reference },
        ]),
      );
      expect(refusal?.code).toBe(code);
      expect(Object.keys(refusal?.data.fields ?? {})).toEqual(["env.BAD"]);
      expect(refusal?.message).toContain("env.BAD");
    }
    const both = await refusalOf(
      check([
        { field: "env.A", secret: "x" },
        { field: "env.B", secretId: foreign.id },
      ]),
    );
    expect(both?.code).toBe("secret_missing");
    expect(Object.keys(both?.data.fields ?? {})).toEqual(["env.A", "env.B"]);
  });
});

describe("syncBindings", () => {
  const agentId = randomUUID();
  const sync = (env: Env, id = agentId) => syncBindings(setup.database.orm, { companyId, type: "agent", id }, env);
  const bindings = async () => {
    const { rows } = await setup.database.pool.query<{ text: string }>(
      `select concat_ws(' ', target_type, config_path, s.key, version_selector) as text
       from company_secret_bindings b join company_secrets s on s.id = b.secret_id
       where b.company_id = $1 order by 1`,
      [companyId],
    );
    return rows.map((row) => row.text);
  };

  test("makes the bindings those of the env, and leaves other paths and targets", async () => {
    const [one, two] = [await create("one"), await create("two")];
    await setup.database.pool.query(
      `insert into company_secret_bindings (id, company_id, secret_id, target_type, target_id, config_path)
       values ($1, $2, $3, 'agent', $4, 'webhookSecret:x'), ($5, $2, $3, 'project', $4, 'env.A')`,
      [randomUUID(), companyId, one.id, agentId, randomUUID()],
    );
    await sync({ A: ref(one.id), B: ref(one.id, 3), C: { type: "plain", value: "text" } });
    expect(await bindings()).toEqual([
      "agent env.A one latest",
      "agent env.B one 3",
      "agent webhookSecret:x one latest",
      "project env.A one latest",
    ]);
    await sync({ A: ref(two.id), D: ref(one.id) });
    await sync({ A: ref(two.id), D: ref(one.id) });
    expect(await bindings()).toEqual([
      "agent env.A two latest",
      "agent env.D one latest",
      "agent webhookSecret:x one latest",
      "project env.A one latest",
    ]);
    await sync({});
    expect(await bindings()).toEqual(["agent webhookSecret:x one latest", "project env.A one latest"]);
  });

  test("writes 500 at once", async () => {
    const one = await create("one");
    await sync(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`KEY_${index}`, ref(one.id)])));
    expect(await bindings()).toHaveLength(500);
  });

  test("refuses a secret that is missing or foreign, and the transaction saves nothing", async () => {
    const [one, foreign] = [await create("one"), await create("f", other)];
    await sync({ A: ref(one.id) });
    for (const [secretId, code] of [
      [randomUUID(), "secret_missing"],
      [foreign.id, "secret_foreign"],
    ] as const) {
      const refusal = await refusalOf(
        setup.database.orm.transaction((tx) =>
          syncBindings(tx, { companyId, type: "agent", id: agentId }, { B: ref(one.id), BAD: ref(secretId) }),
        ),
      );
      expect(refusal?.code).toBe(code);
      expect(Object.keys(refusal?.data.fields ?? {})).toEqual(["env.BAD"]);
      expect(await bindings()).toEqual(["agent env.A one latest"]);
    }
  });

  /** Whether a statement on this database waits for a row that another transaction holds. */
  const someoneWaits = async () => {
    const { rowCount } = await setup.database.pool.query(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return rowCount === 1;
  };

  test("a save that meets the deletion of its secret waits for it, and is refused", async () => {
    const one = await create("one");
    let saving: Promise<ReturnType<typeof asRefusal>> = Promise.resolve(null);
    await setup.database.orm.transaction(async (tx) => {
      await deleteSecret({ ...setup.store(vault), executor: tx }, { companyId, secret: "one" });
      let settled = false;
      saving = refusalOf(sync({ A: ref(one.id) })).finally(() => (settled = true));
      await eventually(async () => settled || (await someoneWaits()));
    });
    expect((await saving)?.code).toBe("secret_deleted");
    expect(await bindings()).toEqual([]);
  });

  test("a deletion that meets the save of a reference waits for it", async () => {
    const one = await create("one");
    let deleting: Promise<{ deleted: true }> | undefined;
    await setup.database.orm.transaction(async (tx) => {
      await syncBindings(tx, { companyId, type: "agent", id: agentId }, { A: ref(one.id) });
      deleting = deleteSecret(setup.store(vault), { companyId, secret: "one" });
      await eventually(someoneWaits);
    });
    expect((await deleting)?.deleted).toBe(true);
    expect(await bindings()).toEqual(["agent env.A one latest"]);
  });
});
