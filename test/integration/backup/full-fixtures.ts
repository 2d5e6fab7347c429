import { randomBytes } from "node:crypto";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import type { TakeFullOptions } from "../../../main/backup/full/take.ts";
import type { InstancePaths } from "../../../main/instance/paths.ts";
import { keyText, masterKey, type MasterKey } from "../../../main/secrets/master-key.ts";
import type { TestDatabase } from "../../fixtures/database.ts";
import { takeOptions } from "./fixtures.ts";

/** Links of every kind: absolute, up and out, and long with a name that no head of a tar holds, to nothing. */
export const LINKS = {
  "workspaces/coder/link": "/etc/passwd",
  "workspaces/coder/out": "../../../..",
  [`workspaces/${"ordner-ü/".repeat(12)}link`]: `nowhere/${"ü/".repeat(80)}x`,
};

/** Files of every kind below the roots of an instance, and settings. */
export async function fillInstance({ root }: InstancePaths): Promise<void> {
  const long = `${"ordner-ü/".repeat(12)}${"l".repeat(90)}.txt`;
  const files: Record<string, string> = {
    "workspaces/coder/notes.md": "notes\n",
    "workspaces/coder.d/empty": "",
    [`workspaces/${long}`]: "long\n",
    "workspaces/coder/run.sh": "#!/bin/sh\n",
    "data/storage/upload.bin": "x".repeat(3_000_000),
    "logs/runs/1.log": "log\n",
    "logs/app.log": "not taken\n",
    "config.json": `${JSON.stringify({ runs: { concurrency: 2 } })}\n`,
    ".env": "EXAMPLE=1\n",
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true, mode: 0o700 });
    await writeFile(path.join(root, name), content, { mode: 0o600 });
  }
  await chmod(path.join(root, "workspaces/coder/run.sh"), 0o700);
  for (const [name, target] of Object.entries(LINKS)) await symlink(target, path.join(root, name));
}

/** A master key that a database says it has. */
export async function giveKey({ pool }: TestDatabase): Promise<MasterKey> {
  const key = masterKey(randomBytes(32));
  await pool.query(
    "insert into vault_keys (id, purpose, key_id, check_value) values (gen_random_uuid(), 'master', $1, $2)",
    [key.id, key.checkValue],
  );
  return key;
}

export async function takeFullOptions(
  database: TestDatabase,
  paths: InstancePaths,
  choice: Pick<TakeFullOptions, "to"> & { readonly key: MasterKey | null },
): Promise<TakeFullOptions> {
  const { key, ...rest } = choice;
  const { retention: _none, onProgress: _silent, ...options } = await takeOptions(database, paths.backups);
  return {
    ...options,
    ...rest,
    reason: "manual",
    readBack: false,
    instance: paths.root,
    key: async () => (key === null ? null : { id: key.id, text: keyText(key) }),
  };
}
