import { randomBytes, randomUUID } from "node:crypto";
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { backUpBeforeMigrations } from "../../../main/backup/pre-migration.ts";
import { readBackup } from "../../../main/backup/read.ts";
import { readMigrations } from "../../../main/database/migration-files.ts";
import { openDatabase, type OpenDatabase } from "../../../main/database/open.ts";
import { systemClock } from "../../../main/instance/clock.ts";
import { acquireOwnership, type Ownership } from "../../../main/instance/lock.ts";
import { makePrivateDirectory } from "../../../main/instance/permissions.ts";
import { OPERATOR } from "../../../main/record/activity.ts";
import { fileKeyPlace } from "../../../main/secrets/file-key-place.ts";
import { insertFirstKeys } from "../../../main/secrets/key-rows.ts";
import { keyText, masterKey } from "../../../main/secrets/master-key.ts";
import { createRecovery, testRecovery } from "../../../main/secrets/recovery.ts";
import { sealValue, versionMaterial } from "../../../main/secrets/sealing.ts";
import { openVault } from "../../../main/secrets/vault.ts";
import { memoryLog, testHome, type TestHome } from "../../fixtures/home.ts";

const NEVER = new AbortController().signal;
const RELEASED = path.resolve("migrations");

let home: TestHome;
let owner: Ownership;
let last: OpenDatabase | null = null;
beforeEach(async () => {
  home = await testHome();
  owner = await acquireOwnership(home.paths, { kind: "command" });
});
afterEach(async () => {
  await last?.close();
  await owner.release();
  await home.remove();
});

/** Opens the database of the instance as a release with these migrations does. */
async function open(migrationsDirectory: string): Promise<OpenDatabase> {
  last = await openDatabase({
    paths: home.paths,
    migrationsDirectory,
    runtimeDirectory: owner.runtimeDirectory,
    clock: systemClock,
    log: memoryLog(),
    beforeMigrate: async (connection) =>
      void (await backUpBeforeMigrations({
        connection,
        directory: home.paths.backups,
        instanceId: home.paths.id,
        appVersion: "2.0.0",
        migrations: await readMigrations(migrationsDirectory),
        clock: systemClock,
        deadlineMs: 60_000,
        signal: NEVER,
      })),
  });
  return last;
}

/** The migrations as the first release had them. */
async function firstRelease(): Promise<string> {
  const directory = path.join(home.base, "first");
  await cp(RELEASED, directory, { recursive: true });
  const file = path.join(directory, "journal.json");
  const [first] = JSON.parse(await readFile(file, "utf8")) as { number: number; name: string }[];
  await writeFile(file, JSON.stringify([first]));
  for (const name of await readdir(directory)) if (/^0*[2-9]\d*_/.test(name)) await rm(path.join(directory, name));
  return directory;
}

test("an instance of the first release is backed up, upgraded, opens its secrets, and takes a recovery code", async () => {
  const key = masterKey(randomBytes(32));
  await makePrivateDirectory(home.paths.secrets);
  await writeFile(home.paths.masterKey, keyText(key), { mode: 0o600 });
  const [companyId, secretId] = [randomUUID(), randomUUID()];
  const before = await open(await firstRelease());
  expect((await before.schemaState()).applied.map(({ number }) => number)).toEqual([1]);
  const { pool, orm } = before.database;
  await pool.query("insert into companies (id, name, issue_prefix) values ($1, 'Acme', 'ACM')", [companyId]);
  await insertFirstKeys(orm, key, systemClock.now());
  await pool.query(
    "insert into company_secrets (id, company_id, key, name, latest_version) values ($1, $2, 'a', 'a', 3)",
    [secretId, companyId],
  );
  for (const version of [1, 2, 3]) {
    const material = sealValue(key, { companyId, secretId, version }, `value ${version}`);
    await pool.query(
      `insert into company_secret_versions (id, company_id, secret_id, version, status, key_id, material)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [randomUUID(), companyId, secretId, version, version === 3 ? "current" : "previous", key.id, material],
    );
  }
  await before.close();

  const { database, schemaState } = await open(RELEASED);
  expect((await schemaState()).pending).toEqual([]);
  const [name = "", ...others] = await readdir(home.paths.backups);
  expect([name, others]).toEqual([expect.stringMatching(/-pre-migration\.tar$/), []]);
  const { header, tables } = await readBackup(path.join(home.paths.backups, name), NEVER);
  expect(header.schema.migrations).toHaveLength(1);
  const rowsOf = (table: string) => tables.find((one) => one.name === table)?.rows;
  expect(["companies", "vault_keys", "company_secrets", "company_secret_versions"].map(rowsOf)).toEqual([1, 3, 1, 3]);

  const place = fileKeyPlace({
    keyFile: home.paths.masterKey,
    keyFileIsDefault: true,
    secretsDirectory: home.paths.secrets,
  });
  const vault = await openVault({ database, clock: systemClock, place });
  expect(vault.keyId()).toBe(key.id);
  const { rows } = await database.pool.query<{ version: number; material: unknown }>(
    "select version, material from company_secret_versions order by version",
  );
  const values = rows.map(({ version, material }) =>
    vault.open({ companyId, secretId, version }, versionMaterial.parse(material)),
  );
  expect(await Promise.all(values)).toEqual(["value 1", "value 2", "value 3"]);
  const services = { database, vault, place, clock: systemClock, actor: OPERATOR };
  const { code } = await createRecovery(services);
  expect(await testRecovery(services, code)).toMatchObject({ keyId: key.id });
});
