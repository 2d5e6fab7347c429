import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Database } from "../../main/database/database.ts";
import { openDatabase } from "../../main/database/open.ts";
import { systemClock } from "../../main/instance/clock.ts";
import { acquireOwnership } from "../../main/instance/lock.ts";
import { instancePaths } from "../../main/instance/paths.ts";
import { OPERATOR } from "../../main/record/activity.ts";
import { fileKeyPlace } from "../../main/secrets/file-key-place.ts";
import { createRotator } from "../../main/secrets/rotator.ts";
import { sealValue } from "../../main/secrets/sealing.ts";
import { createSecret } from "../../main/secrets/store.ts";
import { type Vault, openVault } from "../../main/secrets/vault.ts";
import { median } from "./median.ts";
import type { BenchRow } from "./row.ts";

const [SECRETS, VERSIONS] = [100, 10_000];
const REPETITIONS = 5;
const LIMIT_MS = 10_000;

/** Rotates the master key of 10,000 versions on the product's own server, again and again; the median against the limit. */
export async function rotationBench(): Promise<BenchRow[]> {
  const home = await mkdtemp(path.join(os.tmpdir(), "pcd-bench-"));
  const paths = instancePaths({ home, id: "bench" }, {});
  const owner = await acquireOwnership(paths, { kind: "command" });
  const silent = () => undefined;
  const log = { info: silent, warn: silent, error: silent };
  const { database, close } = await openDatabase({
    paths,
    migrationsDirectory: path.resolve("migrations"),
    runtimeDirectory: owner.runtimeDirectory,
    clock: systemClock,
    log,
    beforeMigrate: async () => undefined,
  });
  try {
    const place = fileKeyPlace({
      keyFile: paths.masterKey,
      keyFileIsDefault: true,
      secretsDirectory: paths.secrets,
    });
    const vault = await openVault({ database, clock: systemClock, place });
    await prepare(database, vault);
    const rotator = createRotator({ database, vault, place, clock: systemClock, log });
    const times: number[] = [];
    for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
      const start = performance.now();
      const { done } = await rotator.rotate(OPERATOR);
      times.push(performance.now() - start);
      if (done !== VERSIONS) throw new Error(`${done} versions were wrapped anew`);
    }
    const time = median(times);
    return [
      {
        what: `rotation of the master key of ${VERSIONS} versions (${(time / 1_000).toFixed(2)} s)`,
        against: `${LIMIT_MS / 1_000} s`,
        ratio: `${(time / LIMIT_MS).toFixed(2)} x`,
        goal: "<= 1 x",
      },
    ];
  } finally {
    await close();
    await owner.release();
    await rm(home, { recursive: true });
  }
}

/** So many versions, evenly among the secrets of one company. */
async function prepare(database: Database, vault: Vault): Promise<void> {
  const companyId = randomUUID();
  await database.pool.query("insert into companies (id, name, issue_prefix) values ($1, 'Bench', 'BENCH')", [
    companyId,
  ]);
  const store = { executor: database.orm, vault, clock: systemClock, actor: OPERATOR };
  for (let index = 0; index < SECRETS; index += 1) {
    const { id: secretId } = await createSecret(store, { companyId, key: `key-${index}`, value: "v".repeat(60) });
    const { master } = vault.keys();
    const further = Array.from({ length: VERSIONS / SECRETS - 1 }, (_, older) => {
      const version = older + 2;
      const material = sealValue(master, { companyId, secretId, version }, `${version}-${"v".repeat(60)}`);
      return { id: randomUUID(), version, material };
    });
    await database.pool.query(
      `insert into company_secret_versions (id, company_id, secret_id, version, status, key_id, material)
       select id, $1, $2, version, 'previous', $3, material
       from jsonb_to_recordset($4::jsonb) as n (id uuid, version int, material jsonb)`,
      [companyId, secretId, master.id, JSON.stringify(further)],
    );
  }
  await database.pool.query("vacuum analyze");
}
