import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Database } from "../../main/database/database.ts";
import { openDatabase } from "../../main/database/open.ts";
import { systemClock } from "../../main/instance/clock.ts";
import { acquireOwnership } from "../../main/instance/lock.ts";
import { type InstancePaths, instancePaths } from "../../main/instance/paths.ts";
import { fileKeyPlace } from "../../main/secrets/file-key-place.ts";
import { type Vault, openVault } from "../../main/secrets/vault.ts";

/** Opens a vault on the product's own server in a fresh instance, for as long as `work` takes. */
export async function withVault<Answer>(
  work: (world: {
    readonly database: Database;
    readonly vault: Vault;
    readonly paths: InstancePaths;
  }) => Promise<Answer>,
): Promise<Answer> {
  const home = await mkdtemp(path.join(os.tmpdir(), "pcd-bench-"));
  const paths = instancePaths({ home, id: "bench" }, {});
  const owner = await acquireOwnership(paths, { kind: "command" });
  const silent = () => undefined;
  const { database, close } = await openDatabase({
    paths,
    migrationsDirectory: path.resolve("migrations"),
    runtimeDirectory: owner.runtimeDirectory,
    clock: systemClock,
    log: { info: silent, warn: silent, error: silent },
    beforeMigrate: async () => undefined,
  });
  try {
    const place = fileKeyPlace({
      keyFile: paths.masterKey,
      keyFileIsDefault: true,
      secretsDirectory: paths.secrets,
    });
    return await work({ database, vault: await openVault({ database, clock: systemClock, place }), paths });
  } finally {
    await close();
    await owner.release();
    await rm(home, { recursive: true });
  }
}
