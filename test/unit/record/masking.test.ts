import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maskStream, maskTable, type MaskTable } from "../../../main/record/masking.ts";
import { secretForms } from "../../../main/record/secret-forms.ts";

/** Masks whole text the obvious way: the union of all occurrences, overlapping ones as one. */
function maskWhole(values: readonly string[], data: Buffer): Buffer {
  const spans: [number, number][] = [];
  for (const value of values) {
    for (const form of secretForms(value)) {
      for (let at = data.indexOf(form); at >= 0; at = data.indexOf(form, at + 1)) spans.push([at, at + form.length]);
    }
  }
  spans.sort(([a], [b]) => a - b);
  const parts: Buffer[] = [];
  let until = 0;
  for (const [start, end] of spans) {
    if (start >= until) parts.push(data.subarray(until, start), Buffer.from("***"));
    until = Math.max(until, end);
  }
  return Buffer.concat([...parts, data.subarray(until)]);
}

function maskInPieces(values: readonly string[], pieces: readonly Buffer[]): Buffer {
  const masker = maskStream(maskTable(values));
  return Buffer.concat([...pieces.map((piece) => masker.push(piece)), masker.end()]);
}

function maskText(table: MaskTable, text: string): string {
  const masker = maskStream(table);
  return Buffer.concat([masker.push(Buffer.from(text)), masker.end()]).toString();
}

function cutAt(data: Buffer, cuts: readonly number[]): Buffer[] {
  const sorted = [0, ...[...cuts].map((cut) => cut % (data.length + 1)).toSorted((a, b) => a - b), data.length];
  return sorted.slice(1).map((cut, index) => data.subarray(sorted[index], cut));
}

const SECRET = `tök en/+"quo'te"\\back$x`;
const PEM = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nshort\n-----END KEY-----\n";

/** The same secret as different programs print it. */
const printed: Record<string, string> = {
  raw: SECRET,
  "base64 alone": Buffer.from(SECRET).toString("base64"),
  "base64url alone": Buffer.from(SECRET).toString("base64url"),
  "hex lower": Buffer.from(SECRET).toString("hex"),
  "hex upper": Buffer.from(SECRET).toString("hex").toUpperCase(),
  encodeURIComponent: encodeURIComponent(SECRET),
  "percent, lower case": encodeURIComponent(SECRET).replace(/%../g, (escape) => escape.toLowerCase()),
  "percent, RFC 3986": encodeURIComponent(SECRET).replaceAll("'", "%27"),
  "percent, slash kept": encodeURIComponent(SECRET).replaceAll("'", "%27").replaceAll("%2F", "/"),
  "form with plus": new URLSearchParams({ a: SECRET }).toString().slice(2),
  json: JSON.stringify(SECRET).slice(1, -1),
  "json, ASCII": JSON.stringify(SECRET).slice(1, -1).replaceAll("ö", "\\u00f6"),
  "json, slash escaped": JSON.stringify(SECRET).slice(1, -1).replaceAll("/", "\\/"),
  "single quotes": SECRET.replaceAll("'", `'\\''`),
  "single quotes by shlex": SECRET.replaceAll("'", `'"'"'`),
};

describe("masking", () => {
  it.each(Object.entries(printed))("masks the form %s at every cut", (_name, text) => {
    const data = Buffer.from(`before ${text} after\n`);
    for (let cut = 0; cut <= data.length; cut += 1) {
      const masked = maskInPieces([SECRET], [data.subarray(0, cut), data.subarray(cut)]);
      expect(masked.toString()).toBe("before *** after\n");
    }
  });

  it.each([0, 1, 2])("masks base64 of a text that holds the secret after %i bytes", (before) => {
    const inner = Buffer.concat([Buffer.from("xyz".slice(0, before)), Buffer.from(SECRET), Buffer.from("tail")]);
    for (const encoding of ["base64", "base64url"] as const) {
      const masked = maskInPieces([SECRET], [Buffer.from(inner.toString(encoding))]).toString();
      expect(masked).toContain("***");
      // At most the characters that also hold bits of the neighbours are left of it.
      const decoded = Buffer.from(masked.replace("***", ""), "base64").toString("latin1");
      expect(decoded.length).toBeLessThanOrEqual(before + "tail".length + 2);
    }
  });

  it.runIf(process.platform === "linux")(
    "masks what bash prints with printf %q, in a UTF-8 and in the C locale",
    () => {
      for (const value of [SECRET, PEM, "~tilde,comma;a=b:c", "#hash tab\there", "bell\x07esc\x1b\x01"]) {
        for (const locale of ["C.UTF-8", "C"]) {
          const env = { VALUE: value, LC_ALL: locale, PATH: process.env["PATH"] ?? "" };
          for (const script of [`printf '%q' "$VALUE"`, `printf '%s' "\${VALUE@Q}"`]) {
            const output = execFileSync("bash", ["--norc", "-c", script], {
              env,
              stdio: ["ignore", "pipe", "inherit"],
            });
            expect(maskInPieces([value], [output]).toString()).toMatch(/^(\$?')?\*\*\*'?$/);
          }
        }
      }
    },
  );

  it("masks a multi-line value as a whole, line by line, and with the newlines of a terminal", () => {
    expect(maskText(maskTable([PEM]), `a ${PEM}b`)).toBe("a ***b");
    expect(maskText(maskTable([PEM]), `a ${PEM.replaceAll("\n", "\r\n")}b`)).toBe("a ***b");
    expect(maskText(maskTable([PEM]), "1: MIIEvQIBADANBgkqhkiG9w0BAQEF\n2: short\n")).toBe("1: ***\n2: short\n");
  });

  it("masks a value without the newline at its end", () => {
    expect(maskText(maskTable(["token-1234\n"]), "[token-1234]")).toBe("[***]");
  });

  it("masks base64 that was broken into lines", () => {
    const value = "v".repeat(40) + "-" + "w".repeat(90);
    const output = Buffer.from(`${value}\n`).toString("base64").replace(/.{76}/g, "$&\n");
    expect(maskText(maskTable([value]), `${output}\n`)).toBe("***\n");
  });

  it("masks overlapping secrets as one stretch, adjacent ones each", () => {
    const table = maskTable(["abcdef", "defghi"]);
    expect(maskText(table, "<abcdefghi>")).toBe("<***>");
    const masker = maskStream(table);
    expect(masker.push(Buffer.from("abcdefabcdef ")).toString()).toBe("****** ");
    expect(masker.hits()).toBe(2);
  });

  it("counts by value what it found, once for a value of several lines, and wherever the cuts are", () => {
    const values = ["unseen-value", PEM, "token-of-two", "token-of-two", "of-two-words"];
    const text = `${PEM} token-of-two-words ${Buffer.from("token-of-two").toString("hex")} MIIEvQIBADANBgkqhkiG9w0BAQEF`;
    const whole = maskStream(maskTable(values));
    whole.push(Buffer.from(text));
    whole.end();
    expect(whole.hitsByValue()).toEqual([0, 2, 2, 2, 1]);
    for (let cut = 0; cut <= text.length; cut += 1) {
      const cutInTwo = maskStream(maskTable(values));
      cutInTwo.push(Buffer.from(text.slice(0, cut)));
      cutInTwo.push(Buffer.from(text.slice(cut)));
      cutInTwo.end();
      expect(cutInTwo.hitsByValue()).toEqual(whole.hitsByValue());
    }
  });

  it("withholds only what may still become a secret", () => {
    const masker = maskStream(maskTable(["secret-value"]));
    expect(masker.push(Buffer.from("ready\n")).toString()).toBe("ready\n");
    expect(masker.push(Buffer.from("secret-val")).toString()).toBe("");
    expect(masker.push(Buffer.from("id\n")).toString()).toBe("secret-valid\n");
    expect(masker.push(Buffer.from("secret")).toString()).toBe("");
    expect(masker.end().toString()).toBe("secret");
    expect(masker.hits()).toBe(0);
  });

  it("gives the longer of two secrets with a common beginning its chance", () => {
    const values = ["shared-prefix", "shared-prefix-and-more"];
    const masker = maskStream(maskTable(values));
    expect(masker.push(Buffer.from("shared-prefix")).toString()).toBe("");
    expect(masker.push(Buffer.from("-and-more!")).toString()).toBe("***!");
    expect(maskText(maskTable(values), "shared-prefix-and-less")).toBe("***-and-less");
  });

  it("masks the longest values there can be, whose forms have a long beginning in common", () => {
    const lines = Array.from({ length: 2_000 }, (_, line) => createHash("sha256").update(`${line}`).digest("hex"));
    const hex = lines.join("").slice(0, 64 * 1024);
    const repeated = "b".repeat(64 * 1024);
    const nested = Array.from({ length: 50 }, (_, count) => hex.slice(0, 8 * (count + 1)));
    const table = maskTable([hex, repeated, ...nested]);
    for (const text of [hex, Buffer.from(hex).toString("base64"), hex.slice(0, 400)]) {
      expect(maskText(table, `before ${text} after`)).toBe("before *** after");
    }
  });

  it("leaves text without values, and values too short to mask, as they are", () => {
    expect(maskText(maskTable([]), "anything")).toBe("anything");
    expect(maskText(maskTable(["", "abc"]), "abc")).toBe("abc");
  });

  it("equals masking the whole, in any pieces, with many secrets of one beginning", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "-", "\n", "é"), minLength: 4, maxLength: 14 });
    fc.assert(
      fc.property(
        fc.array(letters, { minLength: 1, maxLength: 12 }),
        fc.array(fc.oneof(fc.nat(11), letters), { maxLength: 30 }),
        fc.array(fc.nat(400), { maxLength: 12 }),
        (values, words, cuts) => {
          const text = words.map((word) => (typeof word === "number" ? (values[word] ?? "") : word)).join("");
          const data = Buffer.from(text);
          expect(maskInPieces(values, cutAt(data, cuts))).toEqual(maskWhole(values, data));
        },
      ),
      { numRuns: 400 },
    );
  });

  it("equals masking the whole in every form and at every cut", () => {
    const value = fc.string({ unit: "binary", minLength: 7, maxLength: 24 });
    fc.assert(
      fc.property(value, fc.nat(100), fc.string({ maxLength: 8 }), (secret, choice, around) => {
        const forms = secretForms(secret);
        const form = forms[choice % forms.length] ?? Buffer.alloc(0);
        const data = Buffer.concat([Buffer.from(around), form, Buffer.from(around)]);
        const whole = maskWhole([secret], data);
        for (let cut = 0; cut <= data.length; cut += 1) {
          const masked = maskInPieces([secret], [data.subarray(0, cut), data.subarray(cut)]);
          expect(masked).toEqual(whole);
          expect(masked.includes(form)).toBe(false);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("equals masking the whole with long values that repeat themselves, in any pieces", () => {
    const part = fc.string({ unit: fc.constantFrom("a", "b", "\n"), minLength: 1, maxLength: 9 });
    const repeated = fc
      .tuple(part, fc.integer({ min: 8, max: 40 }), fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 3 }))
      .map(([unit, count, ending]) => unit.repeat(count) + ending);
    fc.assert(
      fc.property(
        fc.array(repeated, { minLength: 1, maxLength: 3 }),
        fc.array(fc.oneof(fc.nat(2), repeated), { maxLength: 6 }),
        fc.array(fc.nat(2_000), { maxLength: 12 }),
        (values, words, cuts) => {
          const text = words.map((word) => (typeof word === "number" ? (values[word] ?? "") : word)).join("");
          const data = Buffer.from(text);
          expect(maskInPieces(values, cutAt(data, cuts))).toEqual(maskWhole(values, data));
        },
      ),
      { numRuns: 300 },
    );
  });

  // Comparing each form anew at each byte would take hours here.
  it("masks values of 64 KiB that repeat themselves, whole and cut small, and leaves what only begins like them", () => {
    const long = 64 * 1024;
    const output = Buffer.alloc(1_048_576, "b");
    const pieces = (size: number) =>
      Array.from({ length: output.length / size }, (_, index) => output.subarray(index * size, (index + 1) * size));
    const secret = "b".repeat(long);
    const pair = "ab".repeat(long / 2);
    for (const size of [output.length, 65_536, 256]) {
      expect(maskInPieces([secret], pieces(size)).toString()).toBe("***");
      // Parts from the output at its last byte only, wherever it would begin.
      const almost = maskInPieces([`${"b".repeat(long - 1)}c`, pair], pieces(size));
      expect(almost.equals(output)).toBe(true);
    }
    expect(maskText(maskTable([pair]), `<${"b".repeat(9)}${"ab".repeat(long)}>`)).toBe(`<${"b".repeat(9)}***>`);
  });

  it("masks any value in any form between any bytes, as a process prints that writes no text", () => {
    const value = fc.string({ unit: "grapheme", minLength: 4, maxLength: 24 });
    const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(value, fc.nat(100), bytes, bytes, fc.array(fc.nat(400)), (secret, choice, front, back, cuts) => {
        const forms = secretForms(secret);
        const data = Buffer.concat([front, forms[choice % forms.length] ?? Buffer.alloc(0), back]);
        expect(maskInPieces([secret], cutAt(data, cuts))).toEqual(maskWhole([secret], data));
      }),
    );
  });

  it("leaves no line of a value of several lines, however they are parted and wherever the cuts are", () => {
    const line = fc.stringMatching(/^[A-Za-z0-9+/=]{8,40}$/);
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 2, maxLength: 5 }),
        fc.constantFrom("\n", "\r\n", "\n    ", "\n2026-03-08 12:00 | "),
        fc.array(fc.nat(400)),
        (lines, between, cuts) => {
          const masked = maskInPieces([lines.join("\n")], cutAt(Buffer.from(`> ${lines.join(between)} <`), cuts));
          for (const one of lines) expect(masked.toString()).not.toContain(one);
        },
      ),
    );
  });

  it("passes any bytes without secrets through unchanged", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), (chunks) => {
        const pieces = chunks.map((chunk) => Buffer.from(chunk));
        const values = ["a secret that is not there", PEM];
        expect(maskInPieces(values, pieces)).toEqual(Buffer.concat(pieces));
      }),
    );
  });

  it("masks byte by byte", () => {
    const data = Buffer.from(`x${SECRET}y${Buffer.from(SECRET).toString("hex")}z`);
    const pieces = [...data].map((byte) => Buffer.from([byte]));
    expect(maskInPieces([SECRET], pieces).toString()).toBe("x***y***z");
  });
});
