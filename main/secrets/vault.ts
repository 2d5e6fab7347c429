import { createHmac } from "node:crypto";
import type { VaultHealth, VaultState } from "../../preload/contract/secrets.ts";
import { announce } from "../database/changes.ts";
import type { Database } from "../database/database.ts";
import type { Clock } from "../instance/clock.ts";
import { type Listeners, createListeners } from "../instance/listeners.ts";
import type { Finding } from "./key-file.ts";
import type { KeyPlace } from "./key-place.ts";
import { countSecrets, insertFirstKeys, lockFirstKey, readKeyRows } from "./key-rows.ts";
import { type KeySource, readEnvironmentKey } from "./key-source.ts";
import { type MaterialAddress, type VersionMaterial, openValue, sealValue } from "./sealing.ts";
import { type Keys, type VaultView, judgeVault, lockedRefusal } from "./vault-view.ts";

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
  /** Looks at the key and the database anew and says how things are. A locked vault may be ready after it. */
  health(): Promise<VaultHealth>;
  /** Looks again where the vault is not ready, and makes the first key where there has never been one, or refuses with `vault_locked`. */
  makeReady(): Promise<void>;
  /** Reads key and key rows anew and goes by what they say now. */
  reload(): Promise<void>;
  /** Encrypts a value for one address. Refuses with `vault_locked`. */
  seal(address: MaterialAddress, value: string): VersionMaterial;
  /** Decrypts at the address it was sealed for. Throws where key, address or any bit is another. */
  open(address: MaterialAddress, material: VersionMaterial): string;
  /** 64 hex digits: equal for equal values of one company, and of no use without the key. */
  fingerprint(companyId: string, value: string): string;
  /** The key of the seals of access events; it stays when the master key changes. Refuses with `vault_locked`. */
  auditKey(): Buffer;
  /** Tells that there may be access events to seal: some were written, or the vault has become ready. */
  readonly toSeal: Listeners;
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
  let view = await look(options);
  const toSeal = createListeners();
  // One look at a time, so that what an earlier one saw never replaces what a later one did.
  let turn: Promise<unknown> = Promise.resolve();
  function lookAgain(judge: (seen: VaultView) => VaultView): Promise<VaultView> {
    const looked = turn.then(async () => {
      const seen = await look(options);
      const before = view.state;
      view = judge(seen);
      if (before !== "ready" && view.state === "ready") toSeal.tell();
      return seen;
    });
    turn = looked.catch(() => undefined);
    return looked;
  }
  async function reload(): Promise<void> {
    await lookAgain((seen) => seen);
  }
  function keys(): Keys {
    if (view.keys) return view.keys;
    throw lockedRefusal(view);
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
    seal: (address, value) => sealValue(keys().master, address, value),
    open: (address, material) => openValue(keys().master, address, material),
    fingerprint: (companyId, value) =>
      createHmac("sha256", keys().fingerprint)
        .update(JSON.stringify([companyId, value]))
        .digest("hex"),
    auditKey: () => keys().audit,
    toSeal,
    health: async () => {
      const seen = await lookAgain((now) => (view.state === "ready" && now.state !== "ready" ? view : now));
      const keptInMemory = view.state === "ready" && seen.state !== "ready";
      const findings = [...seen.findings, ...(keptInMemory ? [KEPT_IN_MEMORY] : [])];
      return {
        state: view.state,
        keyId: view.keys?.master.id ?? null,
        expectedKeyId: seen.expectedKeyId,
        custody: seen.custody,
        level: (["error", "warn"] as const).find((level) => findings.some((one) => one.level === level)) ?? "ok",
        whoCanRead: seen.whoCanRead,
        findings,
        counts: await countSecrets(options.database.orm),
      };
    },
  };
}

const KEPT_IN_MEMORY: Finding = {
  level: "error",
  message: "The vault is still open, because this program has the key in memory. After a restart it will be locked.",
  next: "Bring the key back before this program ends.",
};

async function look(options: VaultOptions): Promise<VaultView> {
  const { place } = options;
  const rows = await readKeyRows(options.database.orm);
  const source = await readSource(options);
  const view = judgeVault(rows, source, place);
  if (view.state !== "locked" || source.custody !== "environment") return view;
  // A wrong variable often hides the right key.
  const behind = judgeVault(rows, await place.read(), place);
  if (behind.state !== "ready") return view;
  const wrong = view.findings.find((finding) => finding.level === "error")?.message ?? "";
  const next = `Unset PAPERCLIP_SECRETS_MASTER_KEY: the ${place.noun} holds the right key.`;
  return { ...view, findings: [{ level: "error", message: wrong, next }] };
}

/** The key in use, or what stands for it. The environment wins. */
async function readSource({ environmentKey, place }: VaultOptions): Promise<KeySource> {
  return environmentKey ? readEnvironmentKey(environmentKey) : place.read();
}

/**
 * Makes the first key of a database. The key comes first and the rows after it: killed between the two, the next start
 * finds a key without rows and takes it. A key that is there is used, never replaced.
 */
async function makeFirstKey(options: VaultOptions): Promise<void> {
  await options.database.orm.transaction(async (tx) => {
    await lockFirstKey(tx);
    if ((await readKeyRows(tx)).everHadKey) return;
    const source = await readSource(options);
    if (source.key === null && !source.absent) return;
    const key = source.key && source.custody === "environment" ? source.key : await options.place.create();
    await insertFirstKeys(tx, key, options.clock.now());
    await announce(tx, { topic: "status", companyId: null, id: null });
  });
}
