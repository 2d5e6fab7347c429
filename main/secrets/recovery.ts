import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import type { Actor } from "../../preload/contract/common.ts";
import type { CreatedRecovery, OpenedVault, RecoveryEntry } from "../../preload/contract/vault-keys.ts";
import { Refusal, asRefusal } from "../contract/refusal.ts";
import { announce } from "../database/changes.ts";
import type { Database, Executor } from "../database/database.ts";
import { vaultRecoveries } from "../database/schema/secrets.ts";
import type { Clock } from "../instance/clock.ts";
import type { KeyPlace } from "./key-place.ts";
import { type KeyRows, type Recovery, readKeyRows, unlessRotating } from "./key-rows.ts";
import { type MasterKey, isKeyOf } from "./master-key.ts";
import { readCode } from "./recovery-code.ts";
import { makeCode, openCopy, recipientOf, sealForRecovery } from "./recovery-copy.ts";
import { recordVaultActivity } from "./vault-activity.ts";
import { type VaultView, judgeVault, lockedRefusal } from "./vault-view.ts";
import type { Vault } from "./vault.ts";

export interface RecoveryServices {
  readonly database: Database;
  readonly vault: Vault;
  readonly place: KeyPlace;
  /** Keeps a key elsewhere from now on, and answers as `put` does: for a place that cannot be reached. */
  readonly keepElsewhere?: (key: MasterKey, now: Date) => Promise<string | null>;
  readonly clock: Clock;
  readonly actor: Actor;
}

/**
 * Makes a recovery code and answers with it, once: only its public half is kept, and the master key encrypted to it. A code
 * that was in force opens nothing from then on. Refuses with `vault_locked`, `vault_uninitialized` or
 * `key_rotating`.
 */
export async function createRecovery({ database, vault, clock, actor }: RecoveryServices): Promise<CreatedRecovery> {
  if (vault.state() !== "ready") await vault.reload();
  if (vault.state() === "uninitialized") throw nothingToRecover("No recovery code was made");
  const { code, recipient } = await makeCode();
  const now = clock.now();
  const created = await unlessRotating(database.orm, async (tx) => {
    const key = await vault.hold(tx);
    const [replaced] = await tx
      .update(vaultRecoveries)
      .set({ state: "replaced", sealedKey: null, replacedAt: now })
      .where(eq(vaultRecoveries.state, "active"))
      .returning({ createdAt: vaultRecoveries.createdAt });
    const sealedKey = await sealForRecovery(recipient, key);
    await tx.insert(vaultRecoveries).values({ id: randomUUID(), recipient, keyId: key.id, sealedKey, createdAt: now });
    await note(tx, actor, "recovery.created", { recipient, keyId: key.id });
    return {
      ...recoveryEntry({ recipient, keyId: key.id, createdAt: now, testedAt: null }),
      code,
      replaced: replaced?.createdAt.toISOString() ?? null,
    };
  });
  if (created === null) throw underWay("No recovery code was made");
  return created;
}

/**
 * The drill: proves that a code opens exactly the master key in use, and notes when. Refuses with `recovery_missing`,
 * `recovery_code_invalid`, `recovery_code_wrong`, `key_invalid` or `vault_locked`.
 */
export async function testRecovery(services: RecoveryServices, text: string): Promise<RecoveryEntry> {
  const { database, vault, clock, actor } = services;
  if (vault.state() !== "ready") await vault.reload();
  const key = await openRecovery(database.orm, text, "The code was not tested");
  if (key.id !== vault.keys().master.id || key.checkValue !== vault.keys().master.checkValue) {
    throw otherKey(key, vault.keys().master.id);
  }
  const testedAt = clock.now();
  return database.orm.transaction(async (tx) => {
    const [row] = await tx
      .update(vaultRecoveries)
      .set({ testedAt })
      .where(eq(vaultRecoveries.state, "active"))
      .returning();
    if (!row) throw noRecovery("The code was not tested");
    await note(tx, actor, "recovery.tested", { recipient: row.recipient, keyId: row.keyId });
    return recoveryEntry(row);
  });
}

/**
 * Opens a locked vault: takes the master key out of the database with the code, makes sure that it opens everything, and
 * puts it back in its place; what stood there is kept beside it. The vault is ready then. Changes nothing where it
 * refuses: with `vault_open`, `vault_uninitialized`, `key_fixed`, `key_rotating`, `vault_locked` or as `testRecovery` does.
 */
export async function openWithRecovery(services: RecoveryServices, text: string): Promise<OpenedVault> {
  const opened = await unlessRotating(services.database.orm, (tx) => putBack(tx, services, text));
  if (opened === null) throw underWay("Nothing was changed");
  return opened;
}

async function putBack(tx: Executor, services: RecoveryServices, text: string) {
  const { vault, place, clock, actor } = services;
  await vault.reload();
  refuseUnlessLocked(vault.view());
  const rows = await readKeyRows(tx);
  const key = await openRecovery(tx, text, "Nothing was changed");
  refuseUnlessOpening(key, rows, place);
  const now = clock.now();
  const keptAside = await putSomewhere(services, key, now);
  await vault.reload();
  if (vault.state() !== "ready") throw lockedRefusal(vault.view());
  await tx.update(vaultRecoveries).set({ testedAt: now }).where(eq(vaultRecoveries.state, "active"));
  await note(tx, actor, "recovery.used", { keyId: key.id });
  return { state: vault.state(), keyId: key.id, keptAside };
}

function refuseUnlessLocked({ state, custody }: VaultView): void {
  if (state === "ready") {
    throw new Refusal("vault_open", "Nothing was changed: the vault is open, and its key is in place.", {
      next: "To prove that the code is the right one: `paperclip-desktop secrets key recovery test`",
    });
  }
  if (state === "uninitialized") throw nothingToRecover("Nothing was changed");
  if (custody !== "environment") return;
  throw new Refusal(
    "key_fixed",
    "Nothing was changed: the key comes from PAPERCLIP_SECRETS_MASTER_KEY, which wins over any other.",
    { next: "Unset that variable or set it to the right key, and start again; then the code can be used." },
  );
}

/** The recovery in force as it is told. */
export function recoveryEntry({ recipient, keyId, createdAt, testedAt }: Recovery): RecoveryEntry {
  return { recipient, keyId, createdAt: createdAt.toISOString(), testedAt: testedAt?.toISOString() ?? null };
}

/** The key that the code opens. `what` says what did not happen, without a full stop. Never repeats the code. */
async function openRecovery(executor: Executor, text: string, what: string): Promise<MasterKey> {
  const code = readCode(text);
  const recipient = code === null ? null : await recipientOf(code);
  if (code === null || recipient === null) {
    const why =
      code === null ? "is not one: it starts with AGE-SECRET-KEY-1 and has 74 characters" : "has a mistake in it";
    throw new Refusal("recovery_code_invalid", `${what}: the recovery code ${why}.`, {
      next: "Compare it with what was written down. Upper or lower case, blanks and line ends do not matter.",
      fields: { code: code === null ? "is not a recovery code" : "has a mistake in it" },
    });
  }
  const rows = await executor.select().from(vaultRecoveries);
  const active = rows.find((row) => row.state === "active");
  if (!active) throw noRecovery(what);
  if (active.recipient !== recipient) {
    const before = rows.find((row) => row.recipient === recipient);
    const why = before?.replacedAt
      ? `was replaced by a newer one on ${before.replacedAt.toISOString().slice(0, 10)}`
      : "belongs to another instance, or to an older copy of this one";
    throw new Refusal("recovery_code_wrong", `${what}: this recovery code ${why}.`, {
      next: `Give the code that was made on ${active.createdAt.toISOString().slice(0, 10)}; its public half is ${active.recipient}.`,
      fields: { code: "is not the one in force" },
    });
  }
  const key = await openCopy(code, active.sealedKey ?? "");
  if (key !== null && key.id === active.keyId) return key;
  throw new Refusal(
    "key_invalid",
    `${what}: the code is the right one, and the copy of the key in the database is damaged.`,
    {
      next: "Put the key back from a copy, or restore the database from a backup and give the code again.",
    },
  );
}

/** A keychain that is away may be away for good, as on a new machine; the code opens the vault there too. */
async function putSomewhere(
  { place, keepElsewhere }: RecoveryServices,
  key: MasterKey,
  now: Date,
): Promise<string | null> {
  try {
    return await place.put(key, now);
  } catch (error) {
    if (!keepElsewhere || asRefusal(error)?.code !== "keychain_unavailable") throw error;
    return keepElsewhere(key, now);
  }
}

/** The key is judged as if it were in place already, so that none is put there that opens nothing. */
function refuseUnlessOpening(key: MasterKey, rows: KeyRows, place: KeyPlace): void {
  if (rows.master && !isKeyOf(key, rows.master)) throw otherKey(key, rows.master.keyId);
  const source = { custody: "file", key, absent: false, findings: [], whoCanRead: "" } as const;
  const view = judgeVault(rows, source, place);
  if (view.state !== "ready") throw lockedRefusal(view);
}

function otherKey(key: MasterKey, expected: string): Refusal {
  return new Refusal(
    "key_invalid",
    `Nothing was changed: the code opens the key ${key.id}, and the database expects the key ${expected}.`,
    { next: "Put the expected key back from a copy, or restore the database from a backup." },
  );
}

function noRecovery(what: string): Refusal {
  return new Refusal("recovery_missing", `${what}: no recovery code was ever made for this instance.`, {
    next: "Put the key back from a copy. Once the vault is open: `paperclip-desktop secrets key recovery create`",
  });
}

function underWay(what: string): Refusal {
  return new Refusal("key_rotating", `${what}: a rotation or a recovery of the master key is under way.`, {
    next: "See in a moment what came of it: `paperclip-desktop secrets key show`",
  });
}

function nothingToRecover(what: string): Refusal {
  return new Refusal("vault_uninitialized", `${what}: there is no master key yet.`, {
    next: "The first secret makes one.",
  });
}

async function note(
  tx: Executor,
  actor: Actor,
  action: `recovery.${string}`,
  details: { recipient?: string; keyId: string },
): Promise<void> {
  await recordVaultActivity(tx, actor, action, details.keyId, details);
  await announce(tx, { topic: "status", companyId: null, id: null });
}
