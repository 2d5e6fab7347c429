import type { Executor } from "../database/database.ts";
import type { Config } from "../instance/config.ts";
import type { InstanceSecretsEnvironment } from "../instance/environment.ts";
import type { InstancePaths } from "../instance/paths.ts";
import { fileKeyPlace } from "./file-key-place.ts";
import type { KeyPlace } from "./key-place.ts";
import { readKeyRows } from "./key-rows.ts";
import { type KeySource, readEnvironmentKey } from "./key-source.ts";
import type { MasterKey } from "./master-key.ts";
import { resealRecovery } from "./recovery-copy.ts";
import { wrapUnder } from "./rotation.ts";
import type { Vault } from "./vault.ts";
import { judgeVault } from "./vault-view.ts";

/** The master keys that this machine has at hand to open another database with. Its keys never leave this room. */
export interface KeyRing {
  /**
   * Whether the key with this id is the one in use here, one that a rotation has replaced, one that stands aside since a
   * recovery and is put in place again by a database that expects it, or not here.
   */
  judge(keyId: string): "current" | "retired" | "aside" | "missing";
  /** The id of the key in use here, or null. */
  readonly currentId: string | null;
  /**
   * Makes a database open by the key in use here, where it expects one that this key has replaced: its keys are wrapped by
   * the key in use, and the one that it expected is retired. In a transaction of the caller. Answers whether the database
   * opens by the key in use afterwards; true where it has never had a key.
   */
  adopt(tx: Executor, now: Date): Promise<boolean>;
}

/** What stands where the key of an instance is kept, as far as that can be told without its database and its keychain. */
export async function keyInPlace(
  paths: InstancePaths,
  { secrets }: Pick<Config, "secrets">,
  environment: Pick<InstanceSecretsEnvironment, "masterKey" | "masterKeyFile">,
): Promise<KeySource | null> {
  if (environment.masterKey) return readEnvironmentKey(environment.masterKey);
  if (secrets.custody !== "file") return null;
  const chosen = environment.masterKeyFile ?? secrets.keyFilePath;
  const keyFile = chosen ?? paths.masterKey;
  return fileKeyPlace({ secretsDirectory: paths.secrets, keyFile, keyFileIsDefault: chosen === undefined }).read();
}

/** The keys of an instance that is open. */
export async function openKeyRing(vault: Vault, place: KeyPlace, environmentKey: string | undefined): Promise<KeyRing> {
  // It wins over the place, so that nothing is ever put in place there.
  if (environmentKey) return keyRing(vault, readEnvironmentKey(environmentKey));
  const aside = [...(await place.readAside()).values()];
  return keyRing(vault, await place.read(), new Set(aside.map(({ id }) => id)));
}

/** Keys of an open vault, or else the one key that its place holds; and the ids of those that stand aside there. */
export function keyRing(
  vault: Vault | null,
  source: KeySource | null,
  aside: ReadonlySet<string> = new Set(),
): KeyRing {
  const keys = vault?.state() === "ready" ? vault.keys() : null;
  const current = keys?.master ?? source?.key ?? null;
  const retired: ReadonlyMap<string, MasterKey> = keys?.retired ?? new Map<string, MasterKey>();
  return {
    currentId: current?.id ?? null,
    judge: (keyId) => {
      if (keyId === current?.id) return "current";
      return retired.has(keyId) ? "retired" : aside.has(keyId) ? "aside" : "missing";
    },
    adopt: async (tx, now) => {
      const rows = await readKeyRows(tx);
      if (!rows.everHadKey) return true;
      const expected = rows.master?.keyId ?? null;
      if (current === null || expected === null) return false;
      if (expected === current.id) return true;
      const key = retired.get(expected);
      if (!key) return false;
      const source = { custody: "file", key, absent: false, findings: [], whoCanRead: "" } as const;
      const { keys: opened } = judgeVault(rows, source, { noun: "", back: "" });
      if (opened === null) return false;
      await wrapUnder(tx, current, opened, now);
      await resealRecovery(tx, current);
      return true;
    },
  };
}
