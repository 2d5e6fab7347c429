import type { VaultHealth, VaultState } from "../../preload/contract/secrets.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Finding } from "./key-file.ts";
import type { KeyPlace } from "./key-place.ts";
import type { KeyRows, Recovery, RetiredKey, WrappedKey } from "./key-rows.ts";
import type { KeySource } from "./key-source.ts";
import { type MasterKey, isKeyOf, masterKey } from "./master-key.ts";
import { unwrapKey } from "./sealing.ts";

/** The keys of an open vault. They never leave this room. */
export interface Keys {
  readonly master: MasterKey;
  /** Master keys of before, by id: what they wrapped opens until it is wrapped by the one in use. */
  readonly retired: ReadonlyMap<string, MasterKey>;
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
  /** The recovery code that is in force, or null. */
  readonly recovery: Recovery | null;
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
    recovery: rows.recovery,
    findings: finding ? [...source.findings, finding] : source.findings,
  });
  const locked = (message: string, next: string | null) => view("locked", null, { level: "error", message, next });
  const expected = rows.expectedKeyId ?? "unknown";
  const orByCode = (next: string | null) => (opensByCode(rows, source) ? `${next ?? ""} ${OPEN_BY_CODE}`.trim() : next);

  if (source.key === null && !source.absent) {
    const findings = source.findings.map((finding) =>
      finding.level === "error" ? { ...finding, next: orByCode(finding.next) } : finding,
    );
    return { ...view("locked", null, null), findings };
  }
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
    return locked(`The master key ${expected} is missing: there is no ${place.noun}.`, orByCode(place.back));
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
      orByCode(`Put the key ${expected} in its place, or open the database that belongs to the key ${source.key.id}.`),
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
  const master = source.key;
  const retired = rows.retired.map((row) => ({ keyId: row.keyId, key: retiredKey(master, row) }));
  const lost = retired.filter(({ key }) => key === null);
  const ready = view(
    "ready",
    {
      master,
      retired: new Map(retired.flatMap(({ keyId, key }) => (key ? [[keyId, key]] : []))),
      fingerprint,
      audit,
    },
    {
      level: "ok",
      message: `The key ${source.key.id} opens the vault. Without it, no secret in any copy of the database can be read.`,
      next: "Keep a copy of the key apart from the copies of the database.",
    },
  );
  const further = [...retiredFinding(rows.retired), ...lost.map(({ keyId }) => lostRetired(keyId))];
  return { ...ready, findings: [...ready.findings, ...further] };
}

function retiredFinding([newest, ...older]: readonly RetiredKey[]): Finding[] {
  if (!newest) return [];
  const count = older.length === 0 ? "1 retired master key is" : `${older.length + 1} retired master keys are`;
  const day = newest.retiredAt?.toISOString().slice(0, 10);
  const before = day === undefined ? "" : ` that were made before ${day}`;
  return [
    {
      level: "ok",
      message: `${count} kept, wrapped by the one in use, for copies of the database${before}.`,
      next: "Once no such copy is left: `paperclip-desktop secrets key forget`",
    },
  ];
}

function lostRetired(keyId: string): Finding {
  return {
    level: "warn",
    message: `The row of the retired key ${keyId} is damaged; a version that only this key opens cannot be read.`,
    next: "If a version still names it in `paperclip-desktop secrets key show`, restore the database from a backup.",
  };
}

/** The refusal of whatever needs the key, with the key that is expected and the ways back. */
export function lockedRefusal(view: VaultView): Refusal {
  const cause = view.findings.findLast((finding) => finding.level === "error");
  const why = cause?.message ?? "Its key is not loaded.";
  const { expectedKeyId } = view;
  const expects = expectedKeyId === null || why.includes(expectedKeyId) ? "" : ` It expects the key ${expectedKeyId}.`;
  const next = cause?.next ?? "Run `paperclip-desktop secrets health`; it says what is missing.";
  return new Refusal("vault_locked", `The vault is locked. ${why}${expects}`, {
    next,
    details: { expectedKeyId },
  });
}

/** What the recovery code is worth, said once there is something to recover. */
export function recoveryFinding({ recovery, expectedKeyId, state }: VaultView, versions: number): Finding[] {
  if (state === "uninitialized" || (recovery === null && versions === 0)) return [];
  if (recovery === null) {
    return [
      {
        level: "ok",
        message: "There is no recovery code: where the master key is lost, all secrets are lost.",
        next: state === "ready" ? "Make one: `paperclip-desktop secrets key recovery create`" : null,
      },
    ];
  }
  const day = (date: Date) => date.toISOString().slice(0, 10);
  if (recovery.keyId !== expectedKeyId) {
    return [
      {
        level: "warn",
        message: `The recovery code of ${day(recovery.createdAt)} opens the key ${recovery.keyId}, which is not in use.`,
        next: "Make a new one: `paperclip-desktop secrets key recovery create`",
      },
    ];
  }
  const tested = recovery.testedAt ? `tested on ${day(recovery.testedAt)}` : "never tested";
  return [
    {
      level: "ok",
      message: `The recovery code of ${day(recovery.createdAt)} opens the master key without its file or keychain; it was ${tested}.`,
      next: recovery.testedAt ? null : "Prove that it is at hand: `paperclip-desktop secrets key recovery test`",
    },
  ];
}

const OPEN_BY_CODE = "Or give the recovery code: `paperclip-desktop secrets key recovery open`";

/** The environment wins over whatever the code would put in place. */
function opensByCode({ recovery, expectedKeyId, master }: KeyRows, { custody }: KeySource): boolean {
  return custody !== "environment" && master !== null && recovery?.keyId === expectedKeyId;
}

function retiredKey(master: MasterKey, row: RetiredKey): MasterKey | null {
  if (row.box === null) return null;
  try {
    const key = masterKey(unwrapKey(master, { purpose: "master", keyId: row.keyId, box: row.box }));
    return key.id === row.keyId ? key : null;
  } catch {
    return null;
  }
}

function unwrapped(master: MasterKey, purpose: "fingerprint" | "audit", wrapped: WrappedKey | null): Buffer | null {
  if (wrapped === null) return null;
  try {
    return unwrapKey(master, { purpose, ...wrapped });
  } catch {
    return null;
  }
}
