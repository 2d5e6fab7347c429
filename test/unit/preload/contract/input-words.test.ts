import { describe, expect, test } from "vitest";
import { z } from "zod";
import { inputWords } from "../../../../preload/contract/input-words.ts";

const says = (schema: z.ZodType, input: unknown) =>
  schema.safeParse(input, { error: inputWords }).error?.issues.map(({ message }) => message);

describe("what is wrong with an input, where a schema has no words of its own", () => {
  test.each<[z.ZodType, unknown, string]>([
    [z.string().max(500), "x".repeat(501), "must be at most 500 characters"],
    [z.string().min(1), "", "must not be empty"],
    [z.array(z.string()).max(50), Array.from({ length: 51 }, () => "x"), "must be at most 50 entries"],
    [z.int().max(25), 26, "must be at most 25"],
    [z.int().min(1), 0, "must be at least 1"],
    [z.string(), undefined, "must be given"],
    [z.enum(["low", "high"]), "none", "must be one of low, high"],
    [z.literal("low"), "none", "must be low"],
    [z.strictObject({}), { speed: 1 }, "does not know speed"],
  ])("stands at a field: %#", (schema, input, words) => {
    expect(says(schema, input)).toEqual([words]);
  });

  test("leaves a schema its own words, and zod those that are as good", () => {
    expect(says(z.string().max(1, "is too long"), "xx")).toEqual(["is too long"]);
    expect(says(z.string(), 1)).toEqual(["Invalid input: expected string, received number"]);
  });
});
