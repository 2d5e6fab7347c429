import type { VaultHealth, VaultState } from "../../preload/contract/secrets.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Finding } from "./key-file.ts";
import type { KeyPlace } from "./key-place.ts";
import type { KeyRows, WrappedKey } from "./key-rows.ts";
import type { KeySource } from "./key-source.ts";
import { type MasterKey, isKeyOf } from "./master-key.ts";
import { unwrapKey } from "./sealing.ts";

/** The keys of an open vault. They never leave this room. */
export interface Keys {
  readonly master: MasterKey;
  /** Makes the fingerprints of values. */
  readonly fingerprint: Buffer;
  /** Seals access events. */
  readonly audit: Buffer;
}

/** One look at the key and at the database, judged. `keys` is there exactly when the state is `ready`. */
export interface VaultView {
  readonly state: VaultState;
  readonly keys: Keys | null;
  readonly expectedKeyId: string | null;
  readonly custody: VaultHealth["custody"];
  readonly whoCanRead: string;
  readonly findings: readonly Finding[];
}

/**
 * Holds what was found against what the database expects. The vault is ready only where both agree; it is uninitialized
 * only where the database has never had a key and nothing wrong stands where the key should be; all else is locked. `place` is
 * where the key is kept.
 */
export function judgeVault(rows: KeyRows, source: KeySource, place: Pick<KeyPlace, "noun" | "back">): VaultView {
  const view = (state: VaultState, keys: Keys | null, finding: Finding | null): VaultView => ({
    state,
    keys,
    expectedKeyId: rows.expectedKeyId,
    custody: source.custody,
    whoCanRead: source.whoCanRead,
    findings: finding ? [...source.findings, finding] : source.findings,
  });
  const locked = (message: string, next: string) => view("locked", null, { level: "error", message, next });
  const expected = rows.expectedKeyId ?? "unknown";

  if (source.key === null && !source.absent) return view("locked", null, null);
  if (!rows.everHadKey) {
    return view("uninitialized", null, {
      level: "ok",
      message: source.key
        ? `The key ${source.key.id} is there and not in use yet; the first secret takes it.`
        : "There is no master key yet; the first secret makes one.",
      next: null,
    });
  }
  if (source.key === null) {
    return locked(`The master key ${expected} is missing: there is no ${place.noun}.`, place.back);
  }
  if (rows.master === null) {
    return locked(
      `The database holds secrets under the key ${expected} and has lost its key rows.`,
      "Restore the database from a backup that has them.",
    );
  }
  if (!isKeyOf(source.key, rows.master)) {
    const where = source.custody === "environment" ? "PAPERCLIP_SECRETS_MASTER_KEY" : `The ${place.noun}`;
    return locked(
      `${where} holds the key ${source.key.id}, and the database expects the key ${expected}.`,
      `Put the key ${expected} in its place, or open the database that belongs to the key ${source.key.id}.`,
    );
  }
  const fingerprint = unwrapped(source.key, "fingerprint", rows.fingerprint);
  const audit = unwrapped(source.key, "audit", rows.audit);
  if (fingerprint === null || audit === null) {
    const damaged = fingerprint === null ? "fingerprint" : "audit";
    return locked(
      `The master key ${expected} is the right one, and the ${damaged} key in the database is missing or damaged.`,
      "Restore the database from a backup.",
    );
  }
  return view(
    "ready",
    { master: source.key, fingerprint, audit },
    {
      level: "ok",
      message: `The key ${source.key.id} opens the vault. Without it, no secret in any copy of the database can be read.`,
      next: "Keep a copy of the key apart from the copies of the database.",
    },
  );
}

/** The refusal of whatever needs the key, with the key that is expected and the ways back. */
export function lockedRefusal(view: VaultView): Refusal {
  const cause = view.findings.findLast((finding) => finding.level === "error");
  const why = cause?.message ?? "Its key is not loaded.";
  const { expectedKeyId } = view;
  const expects = expectedKeyId === null || why.includes(expectedKeyId) ? "" : ` It expects the key ${expectedKeyId}.`;
  return new Refusal("vault_locked", `The vault is locked. ${why}${expects}`, {
    next: cause?.next ?? "Run `paperclip-desktop secrets health`; it says what is missing.",
    details: { expectedKeyId },
  });
}

function unwrapped(master: MasterKey, purpose: "fingerprint" | "audit", wrapped: WrappedKey | null): Buffer | null {
  if (wrapped === null) return null;
  try {
    return unwrapKey(master, { purpose, ...wrapped });
  } catch {
    return null;
  }
}
