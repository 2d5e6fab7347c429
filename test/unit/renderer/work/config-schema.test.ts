import fc from "fast-check";
import { expect, test } from "vitest";
import { configFields, fieldText, readField } from "../../../../renderer/features/work/config-schema.ts";
import { pairsIn, pairsText, readPairs } from "../../../../renderer/features/work/pairs.ts";

const schema = {
  type: "object",
  required: ["command"],
  properties: {
    command: { type: "array", items: { type: "string" }, description: "What is started" },
    mode: { type: "string", enum: ["stdin", "file"], default: "stdin" },
    maxTurns: { type: "integer", title: "Turns" },
    anything: { type: "object" },
    headers: { type: "object", additionalProperties: { type: "string" } },
    body: { type: "string", contentMediaType: "text/plain" },
  },
};

test("a schema is a list of fields", () => {
  expect(configFields(schema)).toMatchObject([
    { name: "command", kind: "arguments", label: "Command", required: true, help: "What is started" },
    { name: "mode", kind: "choice", options: ["stdin", "file"], preset: "stdin", required: false },
    { name: "maxTurns", kind: "integer", label: "Turns" },
    { name: "anything", kind: "json" },
    { name: "headers", kind: "pairs" },
    { name: "body", kind: "lines" },
  ]);
});

test.each([null, "text", [], { properties: null }])("%j is no schema and has no fields", (none) => {
  expect(configFields(none)).toEqual([]);
});

test.each([
  ["command", ["a", "b c"], "a 'b c'"],
  ["mode", "file", "file"],
  ["maxTurns", 3, "3"],
  ["anything", { a: [1] }, '{"a":[1]}'],
  ["headers", { "x-a": "1: 2", accept: " b" }, "x-a: 1: 2\naccept:  b"],
  ["body", '{"a":\n1}', '{"a":\n1}'],
])("a value of %s goes into its field and back", (name, value, text) => {
  const field = configFields(schema).find((each) => each.name === name) ?? never();
  expect(fieldText(field, value)).toBe(text);
  expect(readField(field, text)).toEqual({ ok: true, value });
});

test("JSON that cannot be read is said", () => {
  const field = configFields(schema).find(({ name }) => name === "anything") ?? never();
  expect(readField(field, "{")).toEqual({ ok: false, message: "This is not valid JSON." });
});

test("lines that are half typed are kept, and judged when they are read", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.string())), (typed) => {
      const pairs = typed.map(([name, value]) => [name.replaceAll(/[:\n]/g, ""), value.replaceAll("\n", "")] as const);
      expect(pairsIn(pairsText(pairs))).toEqual(pairs);
    }),
  );
  expect(readPairs(": \n: ")).toEqual({ ok: true, value: undefined });
  expect(readPairs(": value")).toMatchObject({ ok: false, message: expect.stringContaining("no name") });
  expect(readPairs("a: 1\nA: 2")).toMatchObject({ ok: false, message: "A stands there twice." });
  expect(readPairs(" a : 1")).toEqual({ ok: true, value: { a: "1" } });
});

function never(): never {
  throw new Error("there is no such field");
}
