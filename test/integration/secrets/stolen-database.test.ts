import { createHash, createHmac, randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { OPERATOR } from "../../../main/record/activity.ts";
import { syncBindings } from "../../../main/secrets/references.ts";
import { resolveReferences } from "../../../main/secrets/resolution.ts";
import { createSecret } from "../../../main/secrets/store.ts";
import type { Vault } from "../../../main/secrets/vault.ts";
import { type SecretsSetup, everyRow, insertCompany, secretsSetup } from "./setup.ts";

// What whoever has the database, and not the key, can learn of it or do with it.

let setup: SecretsSetup;
let vault: Vault;
beforeEach(async () => {
  setup = await secretsSetup();
  vault = await setup.open();
});
afterEach(() => setup.close());

/** Every text that a common hash of this guess could stand as in a dump. */
function hashesOf(guess: string, salts: readonly string[]): string[] {
  return ["md5", "sha1", "sha256", "sha512"].flatMap((algorithm) =>
    [
      createHash(algorithm).update(guess).digest(),
      ...salts.flatMap((salt) => [
        createHash(algorithm).update(`${salt}${guess}`).digest(),
        createHash(algorithm).update(`${guess}${salt}`).digest(),
        createHmac(algorithm, salt).update(guess).digest(),
      ]),
    ].flatMap((digest) => [digest.toString("hex"), digest.toString("base64").replace(/=+$/, "")]),
  );
}

test("a whole dump does not confirm a guess of a value of four digits", async () => {
  const companyId = await insertCompany(setup.database);
  const { id } = await createSecret(setup.store(vault), { companyId, key: "pin", value: "4711" });
  const salts = [companyId, id, "pin"];
  const guesses = Array.from({ length: 10_000 }, (_, guess) => String(guess).padStart(4, "0"));
  const confirmed = (dump: string, among: readonly string[]) => {
    const words = new Set(dump.match(/[A-Za-z0-9+/]{22,}/g));
    return among.filter((guess) => hashesOf(guess, salts).some((hash) => words.has(hash)));
  };
  const dump = await everyRow(setup.database);
  expect(confirmed(dump, guesses)).toEqual([]);
  // It would be found.
  expect(confirmed(`${dump} ${hashesOf("4711", salts).at(-1)}`, ["4710", "4711"])).toEqual(["4711"]);
});

test("material moved between any two of 1,000 rows, of one company or two, never opens", async () => {
  const agentId = randomUUID();
  const companies = [await insertCompany(setup.database), await insertCompany(setup.database)];
  const requests: { companyId: string; key: string; secretId: string }[] = [];
  for (const companyId of companies) {
    const env: Record<string, { type: "secret_ref"; secretId: string; version: "latest" }> = {};
    for (let index = 0; index < 500; index += 1) {
      const key = `KEY_${index}`;
      const { id } = await createSecret(setup.store(vault), { companyId, key, value: `value of ${key}` });
      env[key] = { type: "secret_ref", secretId: id, version: "latest" };
      requests.push({ companyId, key, secretId: id });
    }
    await syncBindings(setup.database.orm, { companyId, type: "agent", id: agentId }, env);
  }
  const resolveAll = async () => {
    const answers = await Promise.all(
      companies.map((companyId) =>
        resolveReferences(
          setup.database,
          vault,
          { companyId, actor: OPERATOR, runId: null, heartbeatRunId: null, sheetId: null },
          requests
            .filter((one) => one.companyId === companyId)
            .map(({ key, secretId }) => ({
              key,
              layer: "agent" as const,
              consumerType: "agent" as const,
              consumerId: agentId,
              configPath: `env.${key}`,
              secretId,
              version: "latest" as const,
            })),
        ),
      ),
    );
    return answers.flat();
  };
  expect((await resolveAll()).filter(({ ok }) => ok)).toHaveLength(1_000);
  /** Every row gets the material of the row so far behind it, from the end around to the beginning. */
  const shift = (distance: number) =>
    setup.database.pool.query(
      `with numbered as (
         select id, material, row_number() over (order by company_id, id) - 1 as place from company_secret_versions
       )
       update company_secret_versions v set material = source.material
       from numbered target join numbered source on source.place = (target.place + $1) % 1000
       where v.id = target.id`,
      [distance],
    );
  for (const distance of [1, 499, 500]) {
    await shift(distance);
    const answers = await resolveAll();
    const outcomes = new Set(answers.map((answer) => (answer.ok ? answer.value : answer.code)));
    expect(outcomes).toEqual(new Set(["provider_error"]));
    await shift(1_000 - distance);
  }
  expect((await resolveAll()).filter(({ ok }) => ok)).toHaveLength(1_000);
});
