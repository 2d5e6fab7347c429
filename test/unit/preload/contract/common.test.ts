import { describe, expect, test } from "vitest";
import { name } from "../../../../preload/contract/common.ts";
import { envInput } from "../../../../preload/contract/environment.ts";
import { routineInput, variableValues } from "../../../../preload/contract/routines.ts";

/** As it arrives: `JSON.parse` makes it a key like any other. */
const hostile = (text: string): unknown => JSON.parse(text);

describe("an object of named values", () => {
  test("refuses the name __proto__, which would otherwise vanish without a word", () => {
    const env = envInput.safeParse(hostile('{"A": "x", "__proto__": "y"}'));
    expect(env.error?.issues).toMatchObject([{ path: ["__proto__"], message: "cannot be used as a name" }]);
    const binding = envInput.safeParse(hostile('{"__proto__": {"type": "plain", "value": "y"}}'));
    expect(binding.success).toBe(false);
    expect(variableValues.safeParse(hostile('{"__proto__": 1}')).success).toBe(false);
  });

  test("takes other names of an object's own properties, and refuses what is no object", () => {
    const names = { constructor: "x", toString: "y" };
    expect(envInput.parse(names)).toEqual(names);
    for (const input of [null, [], "A=x", 1]) expect(envInput.safeParse(input).success).toBe(false);
  });
});

describe("a name, and the title of a routine", () => {
  test.each([
    ["a mark that turns around what follows", "gone \u202Etxt.exe"],
    ["an isolate that is left open", "gone \u2066"],
    ["a line break", "one\ntwo"],
    ["a line separator", "one\u2028two"],
    ["an escape", "\u001b[31mred"],
    ["half a character", "half \ud800"],
    ["nothing that can be seen", "\u200b\u200d"],
  ])("is refused with %s", (_what, text) => {
    expect(name.safeParse(text).success).toBe(false);
    expect(routineInput.safeParse({ title: text }).error?.issues[0]?.path).toEqual(["title"]);
  });

  test.each(["سجل يومي", "בדיקה\u200f (1)", "👩\u200d💻 review", '<b>"&', "می\u200cخواهم"])("takes %s", (text) => {
    expect(name.parse(` ${text} `)).toBe(text);
    expect(routineInput.parse({ title: text }).title).toBe(text);
  });
});
