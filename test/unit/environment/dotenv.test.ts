import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDotenv } from "../../../main/environment/dotenv.ts";

const values = (text: string) => {
  const { entries, problems } = parseDotenv(text);
  expect(problems).toEqual([]);
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
};

describe("a .env file", () => {
  test.each([
    ["A=1\nB=two words\n", { A: "1", B: "two words" }],
    ["export A=1\n  export\tB = 2 \n", { A: "1", B: "2" }],
    ["# comment\n\n   # more\nA=1 # said\nB=1#2\nC=#x\nD=\n", { A: "1", B: "1#2", C: "", D: "" }],
    ['A=\'it # is $X \\n\'\nB="it # is\\n\\"\\\\ \\q\\$X" # said', { A: "it # is $X \\n", B: 'it # is\n"\\ \\q$X' }],
    ["A=\"one\ntwo\"\nB='three\n four'\nC=`5 \"'`\n", { A: "one\ntwo", B: "three\n four", C: "5 \"'" }],
    ['\uFEFFA=1\r\nB="x\r\ny"\r\n', { A: "1", B: "x\ny" }],
    ["A=a=b=c\nB=it's\nC=postgres://u:p@h/d?x=1", { A: "a=b=c", B: "it's", C: "postgres://u:p@h/d?x=1" }],
    ["A=\"\"\nB=''\n_1=x", { A: "", B: "", _1: "x" }],
    ["constructor=x", { constructor: "x" }],
    ["", {}],
  ])("reads %j", (text, expected) => {
    expect(values(text)).toEqual(expected);
  });

  test("knows the lines of its keys, behind values of several lines too", () => {
    expect(parseDotenv("\nA=\"1\n2\n3\"\n\nB=2\nC='\n'\nD=4").entries.map(({ key, line }) => [key, line])).toEqual([
      ["A", 2],
      ["B", 6],
      ["C", 7],
      ["D", 9],
    ]);
  });

  test("takes the last of equal keys, and says so", () => {
    const { entries, notes } = parseDotenv("A=1\nB=2\nA=3\n");
    expect(entries).toEqual([
      { key: "B", value: "2", line: 2 },
      { key: "A", value: "3", line: 3 },
    ]);
    expect(notes).toEqual([{ line: 3, message: expect.stringContaining("line 1") }]);
  });

  test("fills nothing in, and says where other readers would", () => {
    const { entries, notes } = parseDotenv("A=$HOME/x\nB='$HOME'\nC=\"${HOME}\"\nD=5$\n");
    expect(entries.map(({ value }) => value)).toEqual(["$HOME/x", "$HOME", "${HOME}", "5$"]);
    expect(notes.map(({ line }) => line)).toEqual([1, 3]);
  });

  test.each([
    ["A=1\nnonsense hush\nB=2", 2],
    ["export A\n", 1],
    ["1A=hush", 1],
    ["A-B=hush", 1],
    ["=hush", 1],
    ["__proto__=hush", 1],
    ['A=1\nB="hush\nC=3\n', 2],
    ["A='hush' hush\nB=1", 1],
  ])("names the line that it does not understand, and not what stands there: %j", (text, line) => {
    const { problems } = parseDotenv(text);
    expect(problems[0]?.line).toBe(line);
    expect(JSON.stringify(problems)).not.toContain("hush");
  });

  test("goes on behind a line that it does not understand", () => {
    expect(parseDotenv('A=1\n?\nB="x\nC=3').entries.map(({ key }) => key)).toEqual(["A", "C"]);
  });

  const key = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/).filter((name) => name !== "__proto__");
  const value = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\r"));
  const double = (text: string) => `"${text.replaceAll(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;

  test("gives back what was written in quotes", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value, fc.boolean())), (pairs) => {
        const lines = pairs.map(([name, text, single]) =>
          single && !text.includes("'") ? `${name}='${text}'` : `export ${name} = ${double(text)} # "said"`,
        );
        const expected = new Map(pairs.map(([name, text]) => [name, text]));
        const { entries, problems } = parseDotenv(lines.join("\n"));
        expect(problems).toEqual([]);
        expect(new Map(entries.map((entry) => [entry.key, entry.value]))).toEqual(expected);
      }),
    );
  });

  test("of any text is read without a fault, and every line is within it", () => {
    const unit = fc.constantFrom("A", "=", '"', "'", "\n", "\\", "#", " ", "$", "export ", "\r\n", "`");
    fc.assert(
      fc.property(
        fc.array(unit).map((parts) => parts.join("")),
        (text) => {
          const { entries, notes, problems } = parseDotenv(text);
          const last = text.split("\n").length;
          for (const { line } of [...entries, ...notes, ...problems]) {
            expect(line).toBeGreaterThan(0);
            expect(line).toBeLessThanOrEqual(last);
          }
        },
      ),
    );
  });

  // Quadratic reading would take minutes here.
  test("of a mebibyte is read all the same", () => {
    for (const part of ["A=1\n", "A='", 'A="\\', "A=' '", "A", "=", " ", "\n", "export ", 'A="\n', "A=\t#"]) {
      parseDotenv(part.repeat(2 ** 20 / 4));
    }
  });
});
