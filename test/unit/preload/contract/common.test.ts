import { describe, expect, test } from "vitest";
import { envInput } from "../../../../preload/contract/environment.ts";
import { variableValues } from "../../../../preload/contract/routines.ts";

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
