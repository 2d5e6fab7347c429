import { expect, test } from "vitest";
import { configFields, fieldText, readField } from "../../../../renderer/features/work/config-schema.ts";

const schema = {
  type: "object",
  required: ["command"],
  properties: {
    command: { type: "array", items: { type: "string" }, description: "What is started" },
    mode: { type: "string", enum: ["stdin", "file"], default: "stdin" },
    maxTurns: { type: "integer", title: "Turns" },
    headers: { type: "object" },
  },
};

test("a schema is a list of fields", () => {
  expect(configFields(schema)).toMatchObject([
    { name: "command", kind: "arguments", label: "Command", required: true, help: "What is started" },
    { name: "mode", kind: "choice", options: ["stdin", "file"], preset: "stdin", required: false },
    { name: "maxTurns", kind: "integer", label: "Turns" },
    { name: "headers", kind: "json" },
  ]);
});

test.each([null, "text", [], { properties: null }])("%j is no schema and has no fields", (none) => {
  expect(configFields(none)).toEqual([]);
});

test.each([
  ["command", ["a", "b c"], "a 'b c'"],
  ["mode", "file", "file"],
  ["maxTurns", 3, "3"],
  ["headers", { a: [1] }, '{"a":[1]}'],
])("a value of %s goes into its field and back", (name, value, text) => {
  const field = configFields(schema).find((each) => each.name === name) ?? never();
  expect(fieldText(field, value)).toBe(text);
  expect(readField(field, text)).toEqual({ ok: true, value });
});

test("JSON that cannot be read is said", () => {
  const field = configFields(schema).find(({ name }) => name === "headers") ?? never();
  expect(readField(field, "{")).toEqual({ ok: false, message: "This is not valid JSON." });
});

function never(): never {
  throw new Error("there is no such field");
}
