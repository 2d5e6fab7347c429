import fc from "fast-check";
import { expect, test } from "vitest";
import { readPayload, variablesOf, withoutTexts } from "../../../../main/routines/webhooks/payload.ts";
import type { Json } from "../../../../main/database/schema/work.ts";
import type { Variable } from "../../../../preload/contract/routines.ts";

const json = fc.jsonValue({ maxDepth: 5 }) as fc.Arbitrary<Json>;

test("any JSON arrives as it was sent, and no body is no payload", () => {
  fc.assert(
    fc.property(json, (value) => {
      const read = readPayload("application/json; charset=utf-8", JSON.stringify(value));
      expect(read).toEqual({ ok: true, payload: JSON.parse(JSON.stringify(value)) });
    }),
  );
  expect(readPayload(undefined, "")).toEqual({ ok: true, payload: null });
});

test("any form arrives with its fields, several values of a name as a list", () => {
  const fields = fc.array(fc.tuple(fc.stringMatching(/^[a-z]{1,3}$/), fc.string()), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fields, (pairs) => {
      const body = new URLSearchParams(pairs).toString();
      const read = readPayload("application/x-www-form-urlencoded", body);
      const payload = read.ok ? (read.payload as { [name: string]: string | string[] }) : {};
      for (const [name] of pairs) {
        const values = pairs.filter(([other]) => other === name).map(([, value]) => value);
        expect([payload[name]].flat()).toEqual(new URLSearchParams(pairs).getAll(name));
        expect(values).toHaveLength([payload[name]].flat().length);
      }
    }),
  );
});

test("64 levels are taken and no more, however many there are", () => {
  const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
  expect(readPayload(undefined, nested(65)).ok).toBe(true);
  for (const levels of [66, 1_000, 100_000])
    expect(readPayload(undefined, nested(levels))).toMatchObject({ status: 400 });
});

const text = (name: string): Variable => ({ name, type: "text", required: false });

test("only texts, numbers and booleans fill variables, and only those that the routine has", () => {
  const scalar = fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean());
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom("a", "b", "c", "variables"), fc.oneof(json, scalar)), (payload) => {
      const found = variablesOf([text("a"), text("b")], payload as Json);
      for (const [name, value] of Object.entries(found)) {
        expect(["a", "b"]).toContain(name);
        expect(["string", "number", "boolean"]).toContain(typeof value);
      }
    }),
  );
  expect(variablesOf([text("toString"), text("__proto__")], {})).toEqual({});
});

test("a text that shall not be stored is nowhere in what is", () => {
  fc.assert(
    fc.property(json, fc.stringMatching(/^[0-9a-f]{8}$/), (value, secret) => {
      const planted = { before: value, [`x${secret}`]: [`${secret}y`, value] };
      expect(JSON.stringify(withoutTexts(planted, [secret]))).not.toContain(secret);
    }),
  );
});
