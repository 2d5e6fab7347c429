import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Database } from "../../../main/database/database.ts";
import { systemClock } from "../../../main/instance/clock.ts";
import { OPERATOR } from "../../../main/record/activity.ts";
import { type FileKeyPlaceOptions, fileKeyPlace } from "../../../main/secrets/file-key-place.ts";
import type { StoreServices } from "../../../main/secrets/store.ts";
import { type Vault, type VaultOptions, openVault } from "../../../main/secrets/vault.ts";
import { type TestDatabase, testDatabase } from "../../fixtures/database.ts";

export interface SecretsSetup {
  readonly database: TestDatabase;
  /** A fresh directory with nothing in it. */
  readonly root: string;
  readonly keyFile: string;
  readonly secretsDirectory: string;
  /** Opens a vault as a start of the product does: nothing is kept from an earlier one. */
  open(options?: Partial<VaultOptions & FileKeyPlaceOptions>): Promise<Vault>;
  store(vault: Vault): StoreServices;
  /** Every file below the root, sorted. */
  files(): Promise<string[]>;
  close(): Promise<void>;
}

export async function secretsSetup(): Promise<SecretsSetup> {
  const database = await testDatabase();
  const root = await mkdtemp(path.join(os.tmpdir(), "pcd-vault-"));
  const secretsDirectory = path.join(root, "secrets");
  const keyFile = path.join(secretsDirectory, "master.key");
  return {
    database,
    root,
    keyFile,
    secretsDirectory,
    open: (options) =>
      openVault({
        database,
        clock: systemClock,
        place: fileKeyPlace({ keyFile, keyFileIsDefault: true, secretsDirectory, ...options }),
        ...options,
      }),
    store: (vault) => ({ executor: database.orm, vault, clock: systemClock, actor: OPERATOR }),
    files: async () => (await readdir(root, { recursive: true })).toSorted(),
    close: async () => {
      await database.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

export async function insertCompany(database: Database): Promise<string> {
  const id = randomUUID();
  const mark = id.slice(0, 8);
  await database.pool.query("insert into companies (id, name, issue_prefix) values ($1, $2, $3)", [
    id,
    `Company ${mark}`,
    mark,
  ]);
  return id;
}

/** A value that stands nowhere else. */
export const canary = () => `canary-${randomUUID()}`;

/** Every table and row of the database as one text. */
export async function everyRow(database: Database): Promise<string> {
  const { rows } = await database.pool.query<{ name: string }>(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'public'",
  );
  const texts: string[] = [];
  for (const { name } of rows) {
    const table = await database.pool.query<{ text: string }>(`select t::text as text from ${name} t`);
    texts.push(...table.rows.map((row) => row.text));
  }
  return texts.join("\n");
}

export async function countRows(database: Database, table: string): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(`select count(*)::int as count from ${table}`);
  return rows[0]?.count ?? -1;
}
