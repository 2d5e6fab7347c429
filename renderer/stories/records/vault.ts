import type { KeySourceEntry, VaultHealth } from "../../../preload/contract/secrets.ts";
import type { RecoveryEntry, VaultKeys } from "../../../preload/contract/vault-keys.ts";
import { daysAgo } from "../clock.ts";

/** The sources of a key that is in its file, with what differs by source. */
export function someKeySources(
  different: Partial<Record<KeySourceEntry["source"], Partial<KeySourceEntry>>> = {},
): KeySourceEntry[] {
  const sources: KeySourceEntry[] = [
    {
      source: "environment",
      state: "absent",
      message: "PAPERCLIP_SECRETS_MASTER_KEY is not set.",
      worth: "The user ada and root can read it in /proc for as long as this program runs.",
      next: null,
    },
    {
      source: "file",
      state: "in_use",
      message: "The file /home/ada/.paperclip/secrets/master.key holds the key in use, and it is read from there.",
      worth: "The user ada and root can read it, as its mode is 0600. It is not encrypted.",
      next: null,
    },
    {
      source: "keychain",
      state: "absent",
      message: 'There is no entry "master key of /home/ada/.paperclip" in the Secret Service keyring.',
      worth: "Every program of the user ada in the same session, while the keyring is unlocked.",
      next: null,
    },
    {
      source: "recovery",
      state: "made",
      message: "It was made on 2026-05-01, and never tested.",
      worth: "Whoever has the code and a copy of the database has the key.",
      next: "Prove that it is at hand: `paperclip-desktop secrets key recovery test`",
    },
  ];
  return sources.map((source) => Object.assign(source, different[source.source]));
}

export function aVaultHealth(different: Partial<VaultHealth> = {}): VaultHealth {
  return {
    state: "ready",
    keyId: "9f2ab31c",
    expectedKeyId: "9f2ab31c",
    custody: "file",
    level: "ok",
    whoCanRead: "Every program of this account on this machine.",
    findings: [],
    counts: { secrets: 3, versions: 9 },
    sources: someKeySources(),
    ...different,
  };
}

/** The recovery code in force, proven a month ago. */
export function aRecovery(different: Partial<RecoveryEntry> = {}): RecoveryEntry {
  return {
    recipient: "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq",
    keyId: "9f2ab31c64e08d57",
    createdAt: daysAgo(39),
    testedAt: daysAgo(31),
    ...different,
  };
}

/** A vault that is open, with a recovery code. */
export function aVaultKeys(different: Partial<VaultKeys> = {}): VaultKeys {
  return {
    state: "ready",
    keyId: "9f2ab31c64e08d57",
    expectedKeyId: "9f2ab31c64e08d57",
    createdAt: daysAgo(39),
    custody: "file",
    retired: [],
    recovery: aRecovery(),
    rotation: { running: false, done: 0, left: 0, possible: true, why: null, next: null },
    ...different,
  };
}

/** The keys of a vault whose master key is not there. */
export function aLockedVaultKeys(different: Partial<VaultKeys> = {}): VaultKeys {
  const why = "The vault is locked: it needs the master key 9f2ab31c64e08d57, which is missing.";
  return aVaultKeys({
    state: "locked",
    keyId: null,
    rotation: { running: false, done: 0, left: 0, possible: false, why, next: "Put the key back from a copy." },
    ...different,
  });
}
