import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDotenv } from "../../../main/instance/dotenv.ts";

const read = (text: string) => Object.fromEntries(parseDotenv(text));

describe("a .env file", () => {
  test("gives plain, quoted and exported values", () => {
    const text = `# a comment
PLAIN=one two
export EXPORTED=yes
SPACED =  padded   
SINGLE='a # b \\n $X'
DOUBLE="tab\\tquote\\" back\\\\slash\\nnext"
COMMENTED=value # the rest
HASH=pass#word
EMPTY=
LINES="first
second"
URL=postgres://u:p%40@h:5432/d?sslmode=require
`;
    expect(read(text)).toEqual({
      PLAIN: "one two",
      EXPORTED: "yes",
      SPACED: "padded",
      SINGLE: "a # b \\n $X",
      DOUBLE: 'tab\tquote" back\\slash\nnext',
      COMMENTED: "value",
      HASH: "pass#word",
      EMPTY: "",
      LINES: "first\nsecond",
      URL: "postgres://u:p%40@h:5432/d?sslmode=require",
    });
  });

  test("skips what is no assignment, and takes Windows line ends and the last of equal keys", () => {
    expect(read("nonsense\r\n1X=2\r\n=3\r\nA=1\r\nA=2\r\n")).toEqual({ A: "2" });
  });

  test("gives back every value that was written in double quotes", () => {
    const quote = (value: string) =>
      `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n").replaceAll("\r", "\\r")}"`;
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { maxLength: 5 }), (values) => {
        const text = values.map((value, index) => `KEY_${index}=${quote(value)}`).join("\n");
        expect([...parseDotenv(text).values()]).toEqual(values);
      }),
    );
  });

  test("never throws", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseDotenv(text)));
  });
});
