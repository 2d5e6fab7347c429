import { createHmac } from "node:crypto";
import type { VaultCondition, VaultState } from "../../preload/contract/secrets.ts";
import { announce } from "../database/changes.ts";
import type { Database, Executor } from "../database/database.ts";
import type { Clock } from "../instance/clock.ts";
import { type Listeners, createListeners } from "../instance/listeners.ts";
import type { Finding } from "./key-file.ts";
import type { KeyPlace } from "./key-place.ts";
import { type KeyRows, countSecrets, holdMasterKey, insertFirstKeys, lockFirstKey, readKeyRows } from "./key-rows.ts";
import { readEnvironmentKey } from "./key-source.ts";
import type { MasterKey } from "./master-key.ts";
import { readPlace } from "./next-key.ts";
import { type MaterialAddress, type VersionMaterial, openValue, sealValue } from "./sealing.ts";
import { type Keys, type VaultView, judgeVault, lockedRefusal, recoveryFinding } from "./vault-view.ts";

export type { MaterialAddress, VersionMaterial } from "./sealing.ts";

/**
 * What turns values into material and back. `locked`: ciphertext or a key row exists and the key does not, or what
 * stands for the key cannot be used; nothing is ever made in its place. `uninitialized`: the database has never had a
 * key; the first secret makes one.
 */
export interface Vault {
  state(): VaultState;
  /** The id of the key in use, or null. */
  keyId(): string | null;
  /**
   * Looks at the key and the database anew and says how things are. A locked vault may be ready after it. `quick` asks no
   * keychain, which may be waiting for its user, and goes by the last look at it.
   */
  health(how?: "quick"): Promise<VaultCondition>;
  /** Looks again where the vault is not ready, and makes the first key where there has never been one, or refuses with `vault_locked`. */
  makeReady(): Promise<void>;
  /** Reads key and key rows anew and goes by what they say now. */
  reload(): Promise<void>;
  /** The master key in use, which stays in use until the transaction ends. Refuses with `vault_locked`. */
  hold(tx: Executor): Promise<MasterKey>;
  /** Encrypts a value for one address under the key that `hold` answers. Refuses with `vault_locked`. */
  seal(tx: Executor, address: MaterialAddress, value: string): Promise<VersionMaterial>;
  /**
   * Decrypts at the address it was sealed for, whether its master key is in use or retired; looks at the key rows anew
   * where it names one that is not known. Throws where key, address or any bit is another.
   */
  open(address: MaterialAddress, material: VersionMaterial): Promise<string>;
  /** 64 hex digits: equal for equal values of one company, and of no use without the key. */
  fingerprint(companyId: string, value: string): string;
  /** The key of the seals of access events; it stays when the master key changes. Refuses with `vault_locked`. */
  auditKey(): Buffer;
  /** Tells that there may be access events to seal: some were written, or the vault has become ready. */
  readonly toSeal: Listeners;
  /** Tells that a vault that was not ready has become so. */
  readonly becameReady: Listeners;
  /** The keys, for this room alone. Refuses with `vault_locked`. */
  keys(): Keys;
  /** What the last look saw. */
  view(): VaultView;
  /** Makes a key known that a rotation is about to put in use, so that nobody has to look for it. */
  expectKey(key: MasterKey): void;
}

export interface VaultOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly place: KeyPlace;
  /** The text of PAPERCLIP_SECRETS_MASTER_KEY; it wins over the place. */
  readonly environmentKey?: string | undefined;
}

/** Opens the vault as it is. Creates nothing. */
export async function openVault(options: VaultOptions): Promise<Vault> {
  let view = await look(options, options.database.orm);
  let expected: MasterKey | null = null;
  const toSeal = createListeners();
  const becameReady = createListeners();
  // One look at a time, so that what an earlier one saw never replaces what a later one did.
  let turn: Promise<unknown> = Promise.resolve();
  function lookAgain(
    judge: (seen: VaultView) => VaultView,
    executor: Executor = options.database.orm,
  ): Promise<VaultView> {
    const looked = turn.then(async () => {
      const seen = await look(options, executor);
      const before = view.state;
      view = judge(seen);
      if (before !== "ready" && view.state === "ready") {
        toSeal.tell();
        becameReady.tell();
      }
      return seen;
    });
    turn = looked.catch(() => undefined);
    return looked;
  }
  /** An open vault stays open in memory, whatever became of the place of its key. */
  const unlessOpen = (seen: VaultView) => (view.state === "ready" && seen.state !== "ready" ? view : seen);
  async function reload(): Promise<void> {
    await lookAgain((seen) => seen);
  }
  function keys(): Keys {
    if (view.keys) return view.keys;
    throw lockedRefusal(view);
  }
  function known(keyId: string): MasterKey | null {
    const { master, retired } = keys();
    return [master, expected].find((key) => key?.id === keyId) ?? retired.get(keyId) ?? null;
  }
  async function hold(tx: Executor): Promise<MasterKey> {
    keys();
    const keyId = await holdMasterKey(tx);
    // In the caller's transaction: it has a connection already, and many who wait for another would wait for each other.
    const seen = keyId === null || known(keyId) ? view : await lookAgain(unlessOpen, tx);
    const master = keyId === null ? null : known(keyId);
    if (master === null) throw lockedRefusal(seen);
    return master;
  }

  return {
    state: () => view.state,
    keyId: () => view.keys?.master.id ?? null,
    reload,
    makeReady: async () => {
      if (view.state !== "ready") await reload();
      if (view.state === "uninitialized") {
        await makeFirstKey(options);
        await reload();
      }
      keys();
    },
    keys,
    view: () => view,
    expectKey: (key) => void (expected = key),
    hold,
    seal: async (tx, address, value) => sealValue(await hold(tx), address, value),
    open: async (address, material) => {
      if (known(material.keyId) === null) await lookAgain(unlessOpen);
      const master = known(material.keyId);
      if (master === null) throw new Error(`the master key ${material.keyId} is not known`);
      return openValue(master, address, material);
    },
    fingerprint: (companyId, value) =>
      createHmac("sha256", keys().fingerprint)
        .update(JSON.stringify([companyId, value]))
        .digest("hex"),
    auditKey: () => keys().audit,
    toSeal,
    becameReady,
    health: async (how) => {
      const seen = how === "quick" && options.place.custody === "keychain" ? view : await lookAgain(unlessOpen);
      const keptInMemory = view.state === "ready" && seen.state !== "ready";
      const counts = await countSecrets(options.database.orm);
      const findings = [
        ...seen.findings,
        ...(keptInMemory ? [KEPT_IN_MEMORY] : []),
        ...recoveryFinding(seen, counts.versions),
      ];
      return {
        state: view.state,
        keyId: view.keys?.master.id ?? null,
        expectedKeyId: seen.expectedKeyId,
        custody: seen.custody,
        level: (["error", "warn"] as const).find((level) => findings.some((one) => one.level === level)) ?? "ok",
        whoCanRead: seen.whoCanRead,
        findings,
        counts,
      };
    },
  };
}

const KEPT_IN_MEMORY: Finding = {
  level: "error",
  message: "The vault is still open, because this program has the key in memory. After a restart it will be locked.",
  next: "Bring the key back before this program ends.",
};

/** One look. Finishes what a rotation that was cut off has left to do in the place of the key. */
async function look(options: VaultOptions, executor: Executor): Promise<VaultView> {
  const rows = await readKeyRows(executor);
  const view = await lookAt(options, executor, rows);
  if (view.state !== "locked") return view;
  // Between the rows and the key another process may have rotated it.
  const after = await readKeyRows(executor);
  return after.expectedKeyId === rows.expectedKeyId ? view : lookAt(options, executor, after);
}

/** The key that is in use by these rows, or what stands for it. The environment wins. */
async function lookAt(options: VaultOptions, executor: Executor, rows: KeyRows): Promise<VaultView> {
  const { environmentKey, place } = options;
  const inPlace = async () => judgeVault(rows, await readPlace({ ...options, executor }, rows), place);
  if (!environmentKey) return inPlace();
  const view = judgeVault(rows, readEnvironmentKey(environmentKey), place);
  // A wrong variable often hides the right key.
  if (view.state !== "locked" || (await inPlace()).state !== "ready") return view;
  const wrong = view.findings.find((finding) => finding.level === "error")?.message ?? "";
  const next = `Unset PAPERCLIP_SECRETS_MASTER_KEY: the ${place.noun} holds the right key.`;
  return { ...view, findings: [{ level: "error", message: wrong, next }] };
}

/**
 * Makes the first key of a database. The key comes first and the rows after it: killed between the two, the next start
 * finds a key without rows and takes it. A key that is there is used, never replaced.
 */
async function makeFirstKey(options: VaultOptions): Promise<void> {
  await options.database.orm.transaction(async (tx) => {
    await lockFirstKey(tx);
    if ((await readKeyRows(tx)).everHadKey) return;
    const { environmentKey, place } = options;
    const source = environmentKey ? readEnvironmentKey(environmentKey) : await place.read();
    if (source.key === null && !source.absent) return;
    const key = source.key && source.custody === "environment" ? source.key : await place.create();
    await insertFirstKeys(tx, key, options.clock.now());
    await announce(tx, { topic: "status", companyId: null, id: null });
  });
}
