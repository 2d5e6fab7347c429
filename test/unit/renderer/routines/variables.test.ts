import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Variable } from "../../../../preload/contract/routines.ts";
import { deriveVariables } from "../../../../main/routines/variables.ts";
import {
  placeholderNames,
  problemOfDefinition,
  valuesOf,
  variablesInUse,
} from "../../../../renderer/features/routines/variables.ts";

const texts = fc
  .array(fc.constantFrom("{{what}}", "{{ day }}", "{{date}}", "{{1no}}", "{{a_b}}", "{", "}}", "{{", " ", "x"), {
    maxLength: 8,
  })
  .map((parts) => parts.join(""));
const definitions = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom("what", "day", "a_b", "other"),
    type: fc.constant("text" as const),
    required: fc.boolean(),
  }),
  { selector: ({ name }) => name },
);

describe("the variables of a form", () => {
  test("are those that the control plane keeps", () => {
    fc.assert(
      fc.property(texts, texts, definitions, (title, instructions, given) => {
        expect(variablesInUse(title, instructions, given)).toEqual(deriveVariables(title, instructions, given));
      }),
    );
  });

  test("leave out what is filled in by itself", () => {
    expect(placeholderNames("{{date}} {{what}}", "{{timestamp}} {{what}} {{x}}")).toEqual(["what", "x"]);
  });

  test.each<[Omit<Variable, "name" | "required">, RegExp | null]>([
    [{ type: "select" }, /at least one option/],
    [{ type: "select", options: ["a", "a"] }, /twice/],
    [{ type: "select", options: ["a"], default: "b" }, /not one of/],
    [{ type: "select", options: ["a"], default: "a" }, null],
    [{ type: "number", default: "three" }, /not a number/],
    [{ type: "number", default: 3 }, null],
    [{ type: "number", default: " 1.5 " }, null],
    [{ type: "text", default: "" }, null],
  ])("%j: %s", (definition, problem) => {
    expect(problemOfDefinition({ name: "x", required: true, ...definition }) ?? "none").toMatch(problem ?? /^none$/);
  });

  test("are sent where something is given or a default is emptied", () => {
    const variable = (name: string, preset?: string): Variable => ({
      name,
      type: "text",
      required: false,
      ...(preset === undefined ? {} : { default: preset }),
    });
    const variables = [variable("given"), variable("blank"), variable("emptied", "x")];
    expect(valuesOf(variables, { given: "1", blank: "", emptied: "" })).toEqual({ given: "1", emptied: "" });
  });
});
