import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { z } from "zod";
import { KEY_BYTES, type MasterKey } from "./master-key.ts";

const SCHEME = "local_encrypted_v2";
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** The output of one AES-256-GCM encryption; all parts are base64. */
export const sealedBox = z.object({ iv: z.string(), tag: z.string(), ciphertext: z.string() });
export type SealedBox = z.infer<typeof sealedBox>;

/** What a version holds: its own data key wrapped by the master key `keyId`, and the value under that data key. */
export const versionMaterial = sealedBox.extend({
  scheme: z.literal(SCHEME),
  keyId: z.string(),
  wrappedKey: sealedBox,
});
export type VersionMaterial = z.infer<typeof versionMaterial>;

/** Where material belongs. It opens there and nowhere else. */
export interface MaterialAddress {
  readonly companyId: string;
  readonly secretId: string;
  readonly version: number;
}

/** Encrypts a value for one version of one secret of one company, under a data key that is made for it alone. */
export function sealValue(master: MasterKey, address: MaterialAddress, value: string): VersionMaterial {
  const dataKey = randomBytes(KEY_BYTES);
  return {
    scheme: SCHEME,
    keyId: master.id,
    wrappedKey: encrypt(master.bytes, dataKey, keyBinding(master.id, address)),
    ...encrypt(dataKey, Buffer.from(value, "utf8"), valueBinding(address)),
  };
}

/** The value in this material. Throws where key, address or any bit is not the one that it was sealed with. */
export function openValue(master: MasterKey, address: MaterialAddress, material: VersionMaterial): string {
  if (material.keyId !== master.id) throw new Error(`the material is wrapped by key ${material.keyId}`);
  const dataKey = decrypt(master.bytes, material.wrappedKey, keyBinding(material.keyId, address));
  return decrypt(dataKey, material, valueBinding(address)).toString("utf8");
}

/**
 * The data key of a version, wrapped by another master key. The value's ciphertext is not touched. Throws where the key,
 * the address or any bit is not the one that it was wrapped with.
 */
export function rewrapDataKey(from: MasterKey, to: MasterKey, address: MaterialAddress, wrapped: SealedBox): SealedBox {
  const dataKey = decrypt(from.bytes, wrapped, keyBinding(from.id, address));
  return encrypt(to.bytes, dataKey, keyBinding(to.id, address));
}

/** Wraps a key of the vault itself, such as the fingerprint key. Both key ids and the purpose are bound to it. */
export function wrapKey(master: MasterKey, key: { purpose: string; keyId: string; bytes: Buffer }): SealedBox {
  return encrypt(master.bytes, key.bytes, vaultKeyBinding(master.id, key));
}

/** The key in such a box. Throws where master key, purpose, id or any bit is another. */
export function unwrapKey(master: MasterKey, key: { purpose: string; keyId: string; box: SealedBox }): Buffer {
  return decrypt(master.bytes, key.box, vaultKeyBinding(master.id, key));
}

function encrypt(key: Buffer, plain: Buffer, binding: Buffer): SealedBox {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(binding);
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  return {
    iv: iv.toString("base64"),
    tag: cipher.getAuthTag().toString("base64"),
    ciphertext: ciphertext.toString("base64"),
  };
}

function decrypt(key: Buffer, box: SealedBox, binding: Buffer): Buffer {
  // authTagLength makes Node refuse a shortened tag, which would be easier to guess.
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(box.iv, "base64"), { authTagLength: TAG_BYTES });
  decipher.setAAD(binding);
  decipher.setAuthTag(Buffer.from(box.tag, "base64"));
  return Buffer.concat([decipher.update(Buffer.from(box.ciphertext, "base64")), decipher.final()]);
}

// Associated data. JSON keeps the parts apart: no two lists have the same text.

function valueBinding({ companyId, secretId, version }: MaterialAddress): Buffer {
  return Buffer.from(JSON.stringify([SCHEME, "value", companyId, secretId, version]));
}

function keyBinding(keyId: string, { companyId, secretId, version }: MaterialAddress): Buffer {
  return Buffer.from(JSON.stringify([SCHEME, "data key", keyId, companyId, secretId, version]));
}

function vaultKeyBinding(masterId: string, { purpose, keyId }: { purpose: string; keyId: string }): Buffer {
  return Buffer.from(JSON.stringify(["vault_key_v1", purpose, keyId, masterId]));
}
