import { oc } from "@orpc/contract";
import { z } from "zod";
import { instant, secretValue } from "./common.ts";
import { errorMap } from "./errors.ts";
import { vaultHealth, vaultState } from "./secrets.ts";

const area = oc.errors(errorMap);

/** 16 hex digits that name a master key and say nothing about it. */
const keyId = z.string().regex(/^[0-9a-f]{16}$/, "must be 16 hex digits, as `secrets key show` prints them");

/** A master key of before. It is kept, wrapped by the one in use, until it is forgotten. */
const retiredKey = z.object({
  keyId,
  createdAt: instant,
  retiredAt: instant.nullable(),
  /** Versions that it still wraps. */
  versions: z.int(),
});
export type RetiredKeyEntry = z.infer<typeof retiredKey>;

/** The recovery code in force. The code itself is kept nowhere. */
const recovery = z.object({
  /** The public half of the code. */
  recipient: z.string(),
  /** The master key that the code opens. */
  keyId: z.string(),
  createdAt: instant,
  /** When the code was last shown to open the key; null: never. */
  testedAt: instant.nullable(),
});
export type RecoveryEntry = z.infer<typeof recovery>;

const vaultKeys = z.object({
  state: vaultState,
  /** The key in use, or null while the vault is not ready. */
  keyId: z.string().nullable(),
  expectedKeyId: z.string().nullable(),
  createdAt: instant.nullable(),
  custody: vaultHealth.shape.custody,
  /** The newest first. */
  retired: z.array(retiredKey),
  recovery: recovery.nullable(),
  rotation: z.object({
    /** Whether versions are being wrapped anew right now. */
    running: z.boolean(),
    /** Versions that the work under way has wrapped anew. */
    done: z.int(),
    /** Versions that retired keys still wrap. */
    left: z.int(),
    possible: z.boolean(),
    /** Why no rotation is possible, and what to do; null where one is. */
    why: z.string().nullable(),
    next: z.string().nullable(),
  }),
});
export type VaultKeys = z.infer<typeof vaultKeys>;

const rotatedKey = z.object({
  keyId,
  retiredKeyId: keyId,
  /** Versions that were wrapped anew. */
  done: z.int(),
  /** Versions that could not be: their material is damaged, or the owner is about to stop and the next start goes on. */
  left: z.int(),
});
export type RotatedKey = z.infer<typeof rotatedKey>;

const forgottenKeys = z.object({ forgotten: z.array(keyId), kept: z.array(retiredKey) });

const createdRecovery = recovery.extend({
  /** The recovery code: the text of an age X25519 identity. It is in this answer and nowhere else. */
  code: z.string(),
  /** When the code was made that opens nothing from now on; null where there was none. */
  replaced: instant.nullable(),
});
export type CreatedRecovery = z.infer<typeof createdRecovery>;

const openedVault = z.object({
  state: vaultState,
  keyId,
  /** Under which name what stood in the place of the key is kept; null where nothing was there. */
  keptAside: z.string().nullable(),
});
export type OpenedVault = z.infer<typeof openedVault>;

const custody = z.enum(["file", "keychain"], "must be file or keychain");

const custodyChange = z.object({
  custody,
  /** False where the key is kept there already, or there is none yet. */
  moved: z.boolean(),
  keyId: keyId.nullable(),
  /** What else there is to know: where the key also remains, what was put aside. */
  notes: z.array(z.string()),
});
export type CustodyChange = z.infer<typeof custodyChange>;

const code = z.object({ code: secretValue });

/** The master key of the instance: its place, its rotation and its recovery. Never the key. */
export const keys = {
  show: area
    .route({ summary: "The master keys by id, the recovery code by its public half, and rotation" })
    .output(vaultKeys),
  rotate: area
    .route({ summary: "Make a new master key and wrap everything by it; the old one is kept under it" })
    .output(rotatedKey),
  forget: area
    .route({ summary: "Remove retired master keys that no version names; older backups may need them" })
    .input(z.object({ keyId: keyId.optional() }))
    .output(forgottenKeys),
  setCustody: area
    .route({ summary: "Keep the master key in a file or in the keychain of the system; it is moved and verified" })
    .input(z.object({ custody }))
    .output(custodyChange),
  createRecovery: area
    .route({ summary: "Make a recovery code, answered once; one that was there opens nothing from then on" })
    .output(createdRecovery),
  testRecovery: area
    .route({ summary: "Prove that a recovery code opens the master key in use" })
    .input(code)
    .output(recovery),
  openWithRecovery: area
    .route({ summary: "Open a locked vault with the recovery code and put its key back in place" })
    .input(code)
    .output(openedVault),
};
