import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keyText, masterKey } from "../../../main/secrets/master-key.ts";
import { readCode } from "../../../main/secrets/recovery-code.ts";
import { makeCode, openCopy, recipientOf, sealForRecovery } from "../../../main/secrets/recovery-copy.ts";

const CODE = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

describe("a recovery code", () => {
  test("is read however it was written down", () => {
    const blank = fc.constantFrom("", " ", "\n", "\r\n", "\t", "  ");
    const written = fc.array(fc.tuple(fc.boolean(), blank), { minLength: CODE.length, maxLength: CODE.length });
    fc.assert(
      fc.property(written, (forms) => {
        const text = forms.map(([lower, after], index) => {
          const letter = CODE.charAt(index);
          return `${lower ? letter.toLowerCase() : letter}${after}`;
        });
        expect(readCode(text.join(""))).toBe(CODE);
      }),
    );
  });

  test("is read from the file of the stock tool, with its comments", () => {
    const file = `# created: 2026-11-21T10:00:00Z\n# public key: age1abc\n${CODE}\n`;
    expect(readCode(file)).toBe(CODE);
  });

  test("is nothing else, and nothing throws", () => {
    for (const text of ["", "#", "AGE-SECRET-KEY-1", CODE.slice(1), `${CODE}A`, CODE.replace("GF", "BI")]) {
      expect(readCode(text)).toBeNull();
    }
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => readCode(text) === null));
  });
});

describe("a copy of the master key", () => {
  test("opens with its code alone, and holds the text of the key's file", async () => {
    const key = masterKey(randomBytes(32));
    const { code, recipient } = await makeCode();
    expect(readCode(code)).toBe(code);
    expect(await recipientOf(code)).toBe(recipient);
    expect(await identityToRecipient(code)).toBe(recipient);
    const copy = await sealForRecovery(recipient, key);
    expect(copy).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----/);
    expect(copy).not.toContain(keyText(key).trim());
    expect((await openCopy(code, copy))?.id).toBe(key.id);
    expect(await openCopy(await generateX25519Identity(), copy)).toBeNull();
    expect(await openCopy(code, copy.slice(0, 200))).toBeNull();
    expect(await openCopy(code, "")).toBeNull();
  });

  test("has a code whose one wrong letter is found", async () => {
    const { code } = await makeCode();
    for (let index = "AGE-SECRET-KEY-1".length; index < code.length; index += 7) {
      const wrong = `${code.slice(0, index)}${code.charAt(index) === "Q" ? "P" : "Q"}${code.slice(index + 1)}`;
      expect(await recipientOf(wrong)).toBeNull();
    }
  });
});
