import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asRefusal } from "../../../main/contract/refusal.ts";
import {
  builtInValues,
  deriveVariables,
  interpolate,
  placeholderNames,
  resolveValues,
} from "../../../main/routines/variables.ts";
import type { Variable } from "../../../preload/contract/routines.ts";

const variable = (name: string, rest: Partial<Variable> = {}): Variable => ({
  name,
  type: "text",
  required: true,
  ...rest,
});

/** The code and the fields of the refusal that the work ends with. */
function refused(work: () => unknown): { code: string; fields: string[]; message: string } {
  try {
    work();
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal)
      return { code: refusal.code, fields: Object.keys(refusal.data.fields ?? {}), message: refusal.message };
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("placeholders", () => {
  test("are found once each, in order, with blanks inside the braces", () => {
    expect(placeholderNames("{{b}} {{ a }}", "{{b}}{{c_1}} {{{d}}}")).toEqual(["b", "a", "c_1", "d"]);
  });

  test("are letters, digits and _ only, at most 60", () => {
    expect(placeholderNames("{{1a}} {{a-b}} {{}} {a} {{a.b}} {{ä}}", `{{${"x".repeat(61)}}}`)).toEqual([]);
    expect(placeholderNames(`{{${"x".repeat(60)}}}`)).toHaveLength(1);
  });
});

describe("definitions", () => {
  test("stay in their order; a placeholder without one becomes a required text; one without a placeholder goes", () => {
    const b = variable("b", { type: "number", default: 3 });
    expect(
      deriveVariables("{{c}} {{a}}", "{{b}} {{date}} {{timestamp}}", [b, variable("gone"), variable("a")]),
    ).toEqual([b, variable("a"), variable("c")]);
  });

  test("take their default in their type", () => {
    const derived = deriveVariables("{{n}}{{b}}{{t}}{{e}}", "", [
      variable("n", { type: "number", default: "3" }),
      variable("b", { type: "boolean", default: "false" }),
      variable("t", { default: 7 }),
      variable("e", { type: "number", default: "" }),
    ]);
    expect(derived.map((definition) => definition.default)).toEqual([3, false, "7", undefined]);
  });

  test.each([
    ["a select without options", variable("a", { type: "select" })],
    ["a select with an empty list", variable("a", { type: "select", options: [] })],
    ["a default that is no option", variable("a", { type: "select", options: ["x"], default: "y" })],
    ["an option twice", variable("a", { type: "select", options: ["x", "x"] })],
    ["options of a text", variable("a", { options: ["x"] })],
    ["a default that is no number", variable("a", { type: "number", default: "ten" })],
    ["a default that is no boolean", variable("a", { type: "boolean", default: 1 })],
  ])("refuse %s", (_, definition) => {
    expect(refused(() => deriveVariables("{{a}}", "", [definition]))).toMatchObject({
      code: "variable_invalid",
      fields: ["variables.a"],
    });
  });

  test("refuse a name twice and a built-in name", () => {
    expect(refused(() => deriveVariables("{{a}}", "", [variable("a"), variable("a")])).code).toBe("variable_invalid");
    expect(refused(() => deriveVariables("{{date}}", "", [variable("date")])).code).toBe("variable_invalid");
  });

  test("derived again from themselves do not change", () => {
    const name = fc.constantFrom("a", "b", "c", "d");
    const definition = fc
      .record({ name, required: fc.boolean() })
      .map(({ name, required }) => variable(name, { required }));
    const texts = fc.array(name).map((names) => names.map((each) => `{{${each}}}`).join(" "));
    fc.assert(
      fc.property(texts, texts, fc.uniqueArray(definition, { selector: (each) => each.name }), (title, body, given) => {
        const once = deriveVariables(title, body, given);
        expect(deriveVariables(title, body, once)).toEqual(once);
        expect(once.map((each) => each.name).toSorted()).toEqual(placeholderNames(title, body).toSorted());
      }),
    );
  });
});

describe("values", () => {
  test("are what was provided, else the default, in their type", () => {
    const definitions = [
      variable("t"),
      variable("n", { type: "number" }),
      variable("b", { type: "boolean" }),
      variable("s", { type: "select", options: ["x", "y"], default: "y" }),
      variable("o", { required: false }),
      variable("d", { type: "number", default: 0 }),
    ];
    expect(resolveValues(definitions, { t: " kept ", n: "3", b: "true" })).toEqual({
      t: " kept ",
      n: 3,
      b: true,
      s: "y",
      d: 0,
    });
    expect(resolveValues(definitions, { t: 5, n: -1.5, b: false, s: "x", o: "" })).toEqual({
      t: "5",
      n: -1.5,
      b: false,
      s: "x",
      o: "",
      d: 0,
    });
  });

  test("that are required and not there are all named, blank ones too", () => {
    const definitions = [variable("a"), variable("b", { type: "number" }), variable("c", { default: "here" })];
    expect(refused(() => resolveValues(definitions, { b: " ", c: "" }))).toEqual({
      code: "variable_missing",
      fields: ["variables.a", "variables.b", "variables.c"],
      message: "The variables a, b, c are required and have no value.",
    });
  });

  test.each<[string, Variable["type"], string | number | boolean]>([
    ["a word", "number", "three"],
    ["hexadecimal", "number", "0x10"],
    ["Infinity", "number", "Infinity"],
    ["a number beyond all numbers", "number", "1e999"],
    ["a boolean", "number", true],
    ["yes", "boolean", "yes"],
    ["1", "boolean", 1],
    ["another option", "select", "z"],
  ])("refuse %s for a %s", (_, type, value) => {
    const definition = variable("a", type === "select" ? { type, options: ["x"] } : { type });
    expect(refused(() => resolveValues([definition], { a: value })).code).toBe("variable_invalid");
  });

  test("of unknown names, built-in ones and prototype members are refused", () => {
    for (const name of ["b", "date", "timestamp", "constructor"]) {
      expect(refused(() => resolveValues([variable("a", { required: false })], { [name]: "x" }))).toMatchObject({
        code: "variable_invalid",
        fields: [`variables.${name}`],
      });
    }
    expect(refused(() => resolveValues([variable("constructor")], {})).code).toBe("variable_missing");
  });

  test("never hold a value that the refusal repeats", () => {
    const refusal = refused(() => resolveValues([variable("a", { type: "number" })], { a: "canary-5ac1" }));
    expect(JSON.stringify(refusal)).not.toContain("canary");
  });
});

describe("interpolation", () => {
  test("puts values in, once: a value that looks like a placeholder stays", () => {
    expect(interpolate("{{a}}-{{ b }}-{{c}}{{constructor}}", { a: "{{b}}", b: "$& {{a}}" })).toBe("{{b}}-$& {{a}}-");
  });

  test("ends before a text that fits no memory", () => {
    const text = "{{a}}".repeat(40_000);
    expect(refused(() => interpolate(text, { a: "x".repeat(20_000) })).code).toBe("variable_invalid");
    expect(interpolate(text, { a: "x" })).toHaveLength(40_000);
  });

  test("leaves text without placeholders as it is", () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => placeholderNames(text).length === 0),
        (text) => {
          expect(interpolate(text, { a: "x" })).toBe(text);
        },
      ),
    );
  });

  test("has the day and the minute in the zone asked for", () => {
    const now = new Date("2026-03-08T23:30:59Z");
    expect(builtInValues(now, "UTC")).toEqual({ date: "2026-03-08", timestamp: "2026-03-08 23:30 UTC" });
    expect(builtInValues(now, "Asia/Kolkata")).toEqual({
      date: "2026-03-09",
      timestamp: "2026-03-09 05:00 Asia/Kolkata",
    });
    expect(builtInValues(new Date("2026-01-01T00:05:00Z"), "UTC")["timestamp"]).toBe("2026-01-01 00:05 UTC");
  });
});
