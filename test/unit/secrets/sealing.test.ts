import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type MasterKey, masterKey } from "../../../main/secrets/master-key.ts";
import {
  type MaterialAddress,
  type SealedBox,
  type VersionMaterial,
  openValue,
  sealValue,
  unwrapKey,
  versionMaterial,
  wrapKey,
} from "../../../main/secrets/sealing.ts";

const master = masterKey(randomBytes(32));
const address = fc.record({
  companyId: fc.uuid(),
  secretId: fc.uuid(),
  version: fc.integer({ min: 1, max: 1_000_000 }),
});
const value = fc.string({ unit: "binary", maxLength: 300 });
const here: MaterialAddress = {
  companyId: "6f1f5d0e-6d0f-4b6e-9a8e-3d1a51a5e001",
  secretId: "6f1f5d0e-6d0f-4b6e-9a8e-3d1a51a5e002",
  version: 1,
};

/** Strings of a box with the place of each, so that every one can be spoiled. */
const PARTS = ["iv", "tag", "ciphertext"] as const satisfies readonly (keyof SealedBox)[];

function attempt(open: () => unknown): boolean {
  try {
    open();
    return true;
  } catch {
    return false;
  }
}

const opens = (key: MasterKey, where: MaterialAddress, material: VersionMaterial) =>
  attempt(() => openValue(key, where, material));

function flipBit(base64: string, bit: number): string {
  const bytes = Buffer.from(base64, "base64");
  const index = bit % (bytes.length * 8);
  bytes.writeUInt8(bytes.readUInt8(index >> 3) ^ (1 << (index & 7)), index >> 3);
  return bytes.toString("base64");
}

describe("sealed material", () => {
  test("opens to the same text at its address, through JSON too", () => {
    fc.assert(
      fc.property(address, value, (where, text) => {
        const stored: unknown = JSON.parse(JSON.stringify(sealValue(master, where, text)));
        expect(openValue(master, where, versionMaterial.parse(stored))).toBe(text);
      }),
    );
  });

  test("opens at no other address", () => {
    fc.assert(
      fc.property(address, address, (from, to) => {
        fc.pre(JSON.stringify(from) !== JSON.stringify(to));
        const material = sealValue(master, from, "a value");
        expect(opens(master, to, material)).toBe(false);
        for (const part of ["companyId", "secretId", "version"] as const) {
          expect(opens(master, { ...from, [part]: to[part] }, material)).toBe(from[part] === to[part]);
        }
      }),
    );
  });

  test("opens with no bit changed, none cut off, and no part of another version's", () => {
    fc.assert(
      fc.property(
        value.filter((text) => text !== ""),
        fc.nat(),
        fc.constantFrom(...PARTS),
        (text, bit, part) => {
          const material = sealValue(master, here, text);
          const other = sealValue(master, { ...here, version: 2 }, text);
          const spoiled = [
            { ...material, [part]: flipBit(material[part], bit) },
            { ...material, [part]: other[part] },
            { ...material, [part]: Buffer.from(material[part], "base64").subarray(1).toString("base64") },
            { ...material, wrappedKey: { ...material.wrappedKey, [part]: flipBit(material.wrappedKey[part], bit) } },
            { ...material, wrappedKey: { ...material.wrappedKey, [part]: other.wrappedKey[part] } },
            { ...material, wrappedKey: other.wrappedKey },
          ];
          for (const one of spoiled) expect(opens(master, here, one)).toBe(false);
        },
      ),
    );
  });

  test("does not open with a tag that was shortened", () => {
    const material = sealValue(master, here, "a value");
    const tag = Buffer.from(material.tag, "base64").subarray(0, 4).toString("base64");
    expect(opens(master, here, { ...material, tag })).toBe(false);
  });

  test("opens under its own master key alone, whatever key it claims", () => {
    const other = masterKey(randomBytes(32));
    const material = sealValue(master, here, "a value");
    expect(material.keyId).toBe(master.id);
    expect(opens(other, here, material)).toBe(false);
    expect(opens(other, here, { ...material, keyId: other.id })).toBe(false);
    expect(opens(master, here, { ...material, keyId: other.id })).toBe(false);
  });

  test("never repeats: equal values give different keys, ivs and ciphertexts", () => {
    const all = Array.from({ length: 100 }, () => sealValue(master, here, "the same value"));
    for (const pick of [
      (one: (typeof all)[number]) => one.iv,
      (one: (typeof all)[number]) => one.ciphertext,
      (one: (typeof all)[number]) => one.wrappedKey.iv,
      (one: (typeof all)[number]) => one.wrappedKey.ciphertext,
    ]) {
      expect(new Set(all.map(pick)).size).toBe(all.length);
    }
  });

  test("does not hold the value", () => {
    const text = "canary-value-that-is-nowhere";
    const stored = JSON.stringify(sealValue(master, here, text));
    expect(stored).not.toContain(text);
    expect(stored).not.toContain(Buffer.from(text).toString("base64").slice(0, 20));
  });
});

describe("a wrapped key of the vault", () => {
  test("opens for its purpose, its id and its master key alone", () => {
    const key = { purpose: "fingerprint", keyId: "0011223344556677", bytes: randomBytes(32) };
    const box = wrapKey(master, key);
    expect(unwrapKey(master, { ...key, box })).toEqual(key.bytes);
    expect(attempt(() => unwrapKey(master, { ...key, purpose: "audit", box }))).toBe(false);
    expect(attempt(() => unwrapKey(master, { ...key, keyId: "7766554433221100", box }))).toBe(false);
    expect(attempt(() => unwrapKey(masterKey(randomBytes(32)), { ...key, box }))).toBe(false);
  });
});
