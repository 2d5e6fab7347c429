import { realpath } from "node:fs/promises";
import path from "node:path";
import type { Actor } from "../../preload/contract/common.ts";
import type { CustodyChange } from "../../preload/contract/vault-keys.ts";
import { Refusal } from "../contract/refusal.ts";
import { announce } from "../database/changes.ts";
import type { Database, Executor } from "../database/database.ts";
import type { Clock } from "../instance/clock.ts";
import type { Config } from "../instance/config.ts";
import type { InstancePaths } from "../instance/paths.ts";
import { type MoveServices, moveKey, settleMove } from "./custody-move.ts";
import { type Custody, type CustodyPlace, type KeyPlaces, custodyPlace } from "./custody-place.ts";
import { fileKeyPlace } from "./file-key-place.ts";
import { type KeyRows, lockFirstKey, readKeyRows, unlessRotating } from "./key-rows.ts";
import { keychainKeyPlace } from "./keychain-key-place.ts";
import type { Keychain } from "./keychain.ts";
import { type MasterKey, isKeyOf } from "./master-key.ts";
import { recordVaultActivity } from "./vault-activity.ts";
import { lockedRefusal } from "./vault-view.ts";
import type { Vault } from "./vault.ts";

/** Where an instance keeps its master key, and all that it takes to keep it elsewhere. */
export interface OpenCustody extends MoveServices {
  /** The place of the key in use; it follows the key. */
  readonly place: CustodyPlace;
}

export interface CustodyOptions {
  readonly paths: InstancePaths;
  readonly config: Config["secrets"];
  /** The path in PAPERCLIP_SECRETS_MASTER_KEY_FILE, which counts more than the settings. */
  readonly masterKeyFile: string | undefined;
  readonly keychain: Keychain;
  /** Writes the custody into the settings. Durable when it returns. */
  readonly save: (custody: Custody) => Promise<void>;
}

/**
 * The place of the key by the settings; a move that was cut off is brought to an end first. What cannot be reached for
 * that does not stop it: it is told at each look at the key, and tried again at the next move and the next start.
 */
export async function openCustody(options: CustodyOptions): Promise<OpenCustody> {
  const { paths, config, masterKeyFile, keychain } = options;
  const keyFile = masterKeyFile ?? config.keyFilePath ?? paths.masterKey;
  const keyFileIsDefault = masterKeyFile === undefined && config.keyFilePath === undefined;
  const places: KeyPlaces = {
    file: fileKeyPlace({ secretsDirectory: paths.secrets, keyFile, keyFileIsDefault }),
    keychain: keychainKeyPlace({ keychain, root: await realpath(paths.root), keyFile }),
  };
  const place = custodyPlace(places, config.custody);
  const custody: OpenCustody = {
    places,
    place,
    intentFile: path.join(paths.secrets, "custody-move.json"),
    // The key is looked for there from the moment the move counts, before it is taken away from where it was.
    save: async (to) => {
      await options.save(to);
      place.switchTo(to);
    },
  };
  place.tellOfMove((await settleMove(custody, config.custody)).finding);
  return custody;
}

/** Puts a key into the file and keeps it there from now on, where the keychain cannot be reached. Answers as `put` does. */
export async function keepInFile({ places, save }: OpenCustody, key: MasterKey, now: Date): Promise<string | null> {
  const aside = await places.file.put(key, now);
  await save("file");
  return aside;
}

export interface SetCustodyServices {
  readonly database: Database;
  readonly vault: Vault;
  readonly custody: OpenCustody;
  readonly clock: Clock;
  readonly actor: Actor;
}

/**
 * Keeps the master key in the place of a custody from now on: moves it there, or takes it from there where it is there
 * already. Refuses with `key_fixed` where the key comes from the environment, and with `vault_locked`, `key_rotating` or
 * `keychain_unavailable`; then nothing has changed. No rotation and no other move is under way meanwhile.
 */
export async function setCustody(services: SetCustodyServices, to: Custody): Promise<CustodyChange> {
  const { database, vault } = services;
  // It finishes what a rotation has left, and sees what became of the key.
  await vault.health();
  if (vault.view().custody === "environment") {
    throw new Refusal(
      "key_fixed",
      "The master key was not moved: it comes from PAPERCLIP_SECRETS_MASTER_KEY, which this program cannot change.",
      { next: "Unset the variable and start again, with the key in its file; then move it." },
    );
  }
  const change = await unlessRotating(database.orm, (tx) => changePlace(tx, services, to));
  if (change === null) throw notNow();
  await vault.health();
  return change;
}

async function changePlace(
  tx: Executor,
  { vault, custody, clock, actor }: SetCustodyServices,
  to: Custody,
): Promise<CustodyChange> {
  const { place, places } = custody;
  // Nobody makes a first key meanwhile, in a place that is then not looked at any more.
  await lockFirstKey(tx);
  await settle(custody);
  const rows = await readKeyRows(tx);
  const from = place.custody;
  if (from === to) return { custody: to, moved: false, keyId: rows.expectedKeyId, notes: [] };
  const { noun } = place;
  const source = await place.read();
  const next = await place.readNext();

  if (!rows.everHadKey && source.absent) {
    await places[to].reach("The custody was not changed");
    await custody.save(to);
    const note = `There is no master key yet; the first secret makes one and keeps it in the ${place.noun}.`;
    return changed(tx, actor, from, { custody: to, moved: false, keyId: null, notes: [note] });
  }
  if (source.key !== null && (opens(source.key, rows) || !rows.everHadKey)) {
    // No row names it, so it was never in use: what is left of a rotation that did not come about.
    if (next !== null) await place.discardNext();
    const { keyId, remains, aside } = await moveKey(custody, to, clock.now());
    const notes = [remains, aside === null ? null : `What stood in its place is kept: ${aside}.`];
    return changed(tx, actor, from, {
      custody: to,
      moved: true,
      keyId,
      notes: notes.filter((note) => note !== null),
    });
  }
  if (next !== null && opens(next, rows)) throw notNow();
  const there = (await places[to].read()).key;
  if (there === null || !opens(there, rows)) {
    if (vault.state() === "locked") throw lockedRefusal(vault.view());
    throw new Refusal("key_missing", `The master key was not moved: the ${noun} does not hold the key in use.`, {
      next: "Run `paperclip-desktop secrets health`; it says what to mend.",
    });
  }
  await custody.save(to);
  const note = `The key was there already, and is used from there; the ${noun} is not looked at any more.`;
  return changed(tx, actor, from, { custody: to, moved: false, keyId: there.id, notes: [note] });
}

function opens(key: MasterKey, { master }: KeyRows): boolean {
  return master !== null && isKeyOf(key, master);
}

/** Brings a move that was cut off to an end, or refuses. */
async function settle(custody: OpenCustody): Promise<void> {
  const { finding } = await settleMove(custody, custody.place.custody);
  custody.place.tellOfMove(finding);
  if (finding === null) return;
  const { message, next } = finding;
  throw new Refusal("keychain_unavailable", message, next === null ? {} : { next });
}

async function changed(tx: Executor, actor: Actor, from: Custody, change: CustodyChange): Promise<CustodyChange> {
  await recordVaultActivity(tx, actor, "key.moved", change.keyId ?? "none", { from, to: change.custody });
  await announce(tx, { topic: "status", companyId: null, id: null });
  return change;
}

function notNow(): Refusal {
  return new Refusal("key_rotating", "The master key was not moved: a rotation or another move of it is under way.", {
    next: "Wait for its end, which `paperclip-desktop secrets key show` tells, then try again.",
  });
}
