import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isKeyOf, masterKey, parseMasterKey } from "../../../main/secrets/master-key.ts";

const keyBytes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));

describe("a master key", () => {
  test("is read from hex, base64 and base64url, with white space around it", () => {
    fc.assert(
      fc.property(keyBytes, (bytes) => {
        for (const text of [
          bytes.toString("hex"),
          bytes.toString("hex").toUpperCase(),
          bytes.toString("base64"),
          bytes.toString("base64url"),
          ` ${bytes.toString("base64")}\n`,
          `${bytes.toString("hex")}\r\n`,
        ]) {
          expect(parseMasterKey(text)?.bytes).toEqual(bytes);
        }
      }),
    );
  });

  test("is read from 32 characters that are the key themselves", () => {
    for (const text of ["0123456789abcdef0123456789abcdef", "correct horse battery staple, 32", "ü".repeat(16)]) {
      expect(parseMasterKey(text)?.bytes).toEqual(Buffer.from(text));
      expect(parseMasterKey(`${text}\n`)?.bytes).toEqual(Buffer.from(text));
    }
  });

  test("is nothing else", () => {
    const key = randomBytes(32);
    const texts = [
      "",
      "\n",
      "hunter2",
      key.toString("hex").slice(0, 63),
      `${key.toString("hex")}0`,
      key.toString("base64").slice(0, 40),
      randomBytes(31).toString("base64"),
      randomBytes(33).toString("base64"),
      "x".repeat(31),
      "x".repeat(33),
      "ü".repeat(32),
      `${"x".repeat(31)}\0`,
      `${"x".repeat(31)}\n\n`,
      `${"x".repeat(29)}\uFFFD`,
    ];
    expect(texts.filter((text) => parseMasterKey(text) !== null)).toEqual([]);
  });

  test("is named by an id and a check value that differ by key and hold nothing of it", () => {
    fc.assert(
      fc.property(keyBytes, keyBytes, (one, other) => {
        const [a, b] = [masterKey(one), masterKey(other)];
        expect(a.id).toMatch(/^[0-9a-f]{16}$/);
        expect(a.checkValue).toMatch(/^[0-9a-f]{64}$/);
        expect(a.checkValue.startsWith(a.id)).toBe(false);
        expect(one.toString("hex")).not.toContain(a.id);
        expect(a.id === b.id).toBe(one.equals(other));
        expect(isKeyOf(a, { keyId: b.id, checkValue: b.checkValue })).toBe(one.equals(other));
      }),
    );
  });

  test("is known again only by both, id and check value", () => {
    const key = masterKey(randomBytes(32));
    const other = masterKey(randomBytes(32));
    expect(isKeyOf(key, { keyId: key.id, checkValue: key.checkValue })).toBe(true);
    expect(isKeyOf(key, { keyId: key.id, checkValue: other.checkValue })).toBe(false);
    expect(isKeyOf(key, { keyId: other.id, checkValue: key.checkValue })).toBe(false);
    expect(isKeyOf(key, { keyId: key.id, checkValue: null })).toBe(false);
    expect(isKeyOf(key, { keyId: key.id, checkValue: "" })).toBe(false);
  });
});
