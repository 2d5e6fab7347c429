import fc from "fast-check";
import { expect, test } from "vitest";
import { renderFields, renderTable } from "../../../../main/hosts/cli/table.ts";
import { displayWidth } from "../../../../main/hosts/cli/text.ts";

const columns = [
  { title: "NAME", of: (row: readonly string[]) => row[0] },
  { title: "WHY", of: (row: readonly string[]) => row[1] },
  { title: "N", of: (row: readonly string[]) => row[2], right: true },
];

test("columns are as wide as what they hold, figures stand on the right", () => {
  const rows = [
    ["coder", "ok", "7"],
    ["a", "the process ended", "120"],
  ];
  expect(renderTable(columns, rows, null)).toBe(
    ["NAME   WHY                  N", "coder  ok                   7", "a      the process ended  120", ""].join("\n"),
  );
});

test("the widest column gives way first, and an ellipsis says so", () => {
  const rows = [["coder", "the process ended with exit code 1 after a while", "7"]];
  expect(renderTable(columns, rows, 30)).toBe(
    ["NAME   WHY                   N", "coder  the process ended w…  7", ""].join("\n"),
  );
});

test("no line is wider than the terminal", () => {
  const rows = fc.array(
    fc.tuple(fc.string({ unit: "grapheme", maxLength: 60 }), fc.string({ maxLength: 60 }), fc.string()),
    {
      maxLength: 5,
    },
  );
  fc.assert(
    fc.property(rows, fc.integer({ min: 40, max: 120 }), (table, width) => {
      for (const line of renderTable(columns, table, width).split("\n")) {
        expect(displayWidth(line)).toBeLessThanOrEqual(width);
      }
    }),
  );
});

test("each row is one line, whatever its cells hold", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(renderTable(columns, [[text, "", ""]], null).split("\n")).toHaveLength(3);
    }),
  );
});

test("a missing cell is a dash", () => {
  expect(renderTable([{ title: "A", of: () => null }], [1], null)).toBe("A\n–\n");
});

test("colours do not count as width", () => {
  const red = (text: string) => `\u001B[31m${text}\u001B[39m`;
  const painted = [
    { title: "A", of: () => "x", paint: red },
    { title: "B", of: () => "y" },
  ];
  expect(renderTable(painted, [1], null)).toBe(`A  B\n${red("x")}  y\n`);
});

test("fields stand beside their names; lines of a value stand below each other; what is not there is left out", () => {
  expect(
    renderFields([
      ["name", "coder"],
      ["env", "A = 1\nB = 2"],
      ["description", null],
      ["attempts", 0],
    ]),
  ).toBe("name      coder\nenv       A = 1\n          B = 2\nattempts  0\n");
});

test("what is to be copied is never cut, and what is spare goes before others are hard to read", () => {
  const wide = [
    { title: "ID", of: () => "22e19f01-2b79-4e24-960e-1f674f7c8651", whole: true },
    { title: "BY", of: () => "manual", spare: 1 },
    { title: "WHY", of: () => "the process ended with 1", spare: 2 },
    { title: "TITLE", of: () => "Nightly triage of everything" },
  ];
  const lines = (width: number) => renderTable(wide, [1], width).split("\n");
  expect(lines(120)[0]).toMatch(/^ID +BY +WHY +TITLE$/);
  expect(lines(84)[0]).toMatch(/^ID +WHY +TITLE$/);
  expect(lines(50)).toEqual([
    "ID                                    TITLE",
    "22e19f01-2b79-4e24-960e-1f674f7c8651  Nightly tri…",
    "",
  ]);
});
